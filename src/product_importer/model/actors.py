"""Actors, who cause changes, and the actions that they asked for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final


class ActorKind(enum.StrEnum):
    """The kinds of actors."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    IMPORT = "import"
    SCHEDULE = "schedule"
    SYSTEM = "system"
    COMMAND_LINE = "command line"


_WORDS: Final = {"web": "hand", ActorKind.COMMAND_LINE.value: "the command line"}


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor who causes a change. ``name`` is an id or a name; only a command line may have none.

    Events, imports and deletions show an actor as a text: ``user:3`` or ``import:5``. An actor of the kind
    ``system`` is shown by its name alone: ``web``.
    """

    kind: ActorKind
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name and self.kind is not ActorKind.COMMAND_LINE:
            raise ValueError(f"An actor of the kind {self.kind.value!r} needs an id or a name.")

    def __str__(self) -> str:
        if self.kind is ActorKind.SYSTEM:
            return self.name
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value


def actor_words(actor: str) -> str:
    """Returns the words for the text of an actor, or of the subject of an action: ``import 5`` for
    ``import:5``. Whoever works through the web shell without an account works by hand.
    """
    kind, _, name = actor.partition(":")
    return f"{kind} {name}" if name else _WORDS.get(actor, actor)


def author_of(actor: Actor | str | None) -> str | None:
    """Returns the author as an import and an upload store it; None if the author isn't known."""
    return None if actor is None else str(actor)


@dataclass(frozen=True, slots=True)
class Action:
    """A recorded action that somebody asked for.

    ``actor`` is the text of an :class:`Actor`. ``action`` names what was done, such as ``import.cancelled``,
    and ``subject`` the object of the action, such as ``import:5``.
    """

    id: int
    occurred_at: datetime
    actor: str
    action: str
    subject: str
