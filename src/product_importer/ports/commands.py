"""Commands, and extensions of other programs than the library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of commands, of the command line, and its name there."""

    name: str
    command: click.Command


@runtime_checkable
class Extension(Protocol):
    """The object of an entry point in another group than that of the hooks; it extends another program.

    ``brings`` names the extension's objects, by kind, for lists of plugins.
    """

    @property
    def name(self) -> str: ...

    @property
    def brings(self) -> Mapping[str, tuple[str, ...]]: ...
