"""What a format says about itself and about a file: its options, the file's tables, how a table is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

OptionKind = Literal["text", "choice", "flag", "number", "table"]
PlaceWord = Literal["line", "row", "item"]


AUTO_PARSER: Final = "auto"
"""In the place of a parser's name: the parser that recognises the file."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a parser's own, which ``ImportOptions.reading`` sets by its ``name``.

    ``title`` is its label. ``kind`` limits the values, which are texts in any case: ``choice`` to those of
    ``choices``, ``flag`` to ``yes`` and ``no``, ``number`` to whole numbers from 1; ``table`` is the name of
    one of the file's tables. ``help`` says in a sentence what the option does, and what holds without it.
    """

    name: str
    title: str
    kind: OptionKind = "text"
    choices: tuple[str, ...] = ()
    help: str = ""


MEMBER: Final = Option(
    "member", "File in the archive", kind="table", help="The file in an archive. Without it, the only one."
)
"""The option that names a file in an archive, whichever parser reads it."""


HEADER_OPTIONS: Final = ("header_line", "header_row")
"""The names of the options that say where the names of the columns are: on which line, or in which row."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table of a file that may have several, such as a sheet. ``rows`` is None if it isn't known.

    ``likely``: whether the table may be the one with the products. An empty or a hidden sheet isn't.
    """

    name: str
    rows: int | None = None
    likely: bool = True


@dataclass(frozen=True, slots=True)
class ReadAs:
    """How a parser reads a table.

    ``words`` follows "Read as", such as "sheet “Products”". ``values`` are the parser's options as resolved.
    ``place`` is the word for a row's place in the file, which a batch's ``lines`` number.
    """

    words: str
    values: Mapping[str, str] = field(default_factory=dict)
    place: PlaceWord = "line"

    @property
    def header_line(self) -> int | None:
        """The line or row with the names of the columns; None if the parser tells no number."""
        found = (self.values.get(name, "") for name in HEADER_OPTIONS)
        return next((int(text) for text in found if text.isdecimal()), None)
