"""Who causes a change, and what somebody asked for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class ActorKind(enum.StrEnum):
    """What an actor is."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    IMPORT = "import"
    SYSTEM = "system"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who causes a change. ``name`` is an id or a name; only a command line may have none.

    As a text, which is how events, imports and deletions tell of it, it is ``user:3`` or ``import:5``. What
    the system does is told by its name alone: ``web``.
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
    """As an import and an upload keep their author; None where it wasn't told."""
    return None if actor is None else str(actor)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that somebody asked for.

    ``actor`` is the text of an :class:`Actor`. ``action`` names what was done, such as ``import.cancelled``,
    and ``subject`` what it was done to, such as ``import:5``.
    """

    id: int
    occurred_at: datetime
    actor: str
    action: str
    subject: str
