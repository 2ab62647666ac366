"""The errors and warnings of rows, and rejected rows."""

from __future__ import annotations

from dataclasses import dataclass

VALUE_CHARS = 200
"""Maximum characters of a wrong cell that are shown."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One error in a row.

    ``column``: the file's header; ``value``: the cell, cut to ``VALUE_CHARS`` characters.
    """

    code: str
    message: str
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A part of the file that looks damaged, or was left out, although no row was rejected for it.

    ``line`` and ``record`` give its place, like those of :class:`RejectedRow`; both are None if the
    warning concerns a whole column or the whole file. ``column``: the file's header; ``value``: the cell, cut
    to ``VALUE_CHARS`` characters.
    """

    code: str
    message: str
    line: int | None = None
    record: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A record that was not imported, with its original cells and all errors.

    ``line`` is the 1-based line of the file on which the record starts; ``record`` counts records after the
    header from 1, blank lines included. ``absent``: the places, from 0, of the cells that aren't there, as
    some formats tell; ``cells`` has an empty text for each.
    """

    line: int
    record: int
    cells: tuple[str, ...]
    errors: tuple[RowError, ...]
    absent: frozenset[int] = frozenset()

    @property
    def code(self) -> str:
        return self.errors[0].code

    @property
    def column(self) -> str | None:
        return self.errors[0].column

    @property
    def message(self) -> str:
        return " ".join(error.message for error in self.errors)
