"""Actors, who cause changes, and the actions that they asked for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class ActorKind(enum.StrEnum):
    """The kinds of actors."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    IMPORT = "import"
    SCHEDULE = "schedule"
    SYSTEM = "system"
    COMMAND_LINE = "command line"


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
