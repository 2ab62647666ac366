"""Commands and other extensions of the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of commands, of the command line, and the name under which it appears there."""

    name: str
    command: click.Command


@runtime_checkable
class Extension(Protocol):
    """What an entry point outside of the hooks' group gives: something for another program than the library.

    ``brings`` names what it brings, by kind, for lists of plugins.
    """

    @property
    def name(self) -> str: ...

    @property
    def brings(self) -> Mapping[str, tuple[str, ...]]: ...
