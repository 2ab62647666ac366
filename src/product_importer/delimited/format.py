"""What every parser of delimited text says about its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.delimited.dialect import DELIMITER_WORDS, HEAD_BYTES
from product_importer.delimited.header_line import OPTION
from product_importer.delimited.other_formats import is_other_format
from product_importer.model import Dialect, Option, ReadAs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model import TableInfo
    from product_importer.ports import InputFile

_CERTAINTY: Final = 0.5


class DelimitedText:
    """The parts of a :class:`~product_importer.ports.FormatParser` that all delimited text has in common."""

    title = "Delimited text (CSV)"
    suffixes = (".csv", ".tsv", ".tab", ".txt")
    media_types = ("text/csv", "text/tab-separated-values", "text/plain")
    needs_whole_file = False
    options = (
        Option("encoding", "Encoding", help="The encoding of the text. Without it, it is guessed."),
        Option(
            "delimiter",
            "Cells separated by",
            help="The character between cells. Without it, it is guessed.",
        ),
        Option(
            OPTION,
            "Header on line",
            "number",
            help="The line that holds the names of the columns. Without it, it is found.",
        ),
    )

    def recognises(self, head: bytes, filename: str) -> float:  # noqa: ARG002 - a text may have any name
        """Recognises everything that isn't certainly another format."""
        return 0.0 if is_other_format(head[:HEAD_BYTES]) else _CERTAINTY

    def tables(self, file: InputFile) -> Sequence[TableInfo]:  # noqa: ARG002 - it is the same for every file
        """A text is one table."""
        return ()


def read_as(dialect: Dialect) -> ReadAs:
    """How a text of this dialect is read."""
    delimiter = DELIMITER_WORDS.get(dialect.delimiter, dialect.delimiter)
    words = f"{dialect.encoding}, cells separated by {delimiter}"
    values = {"encoding": dialect.encoding, "delimiter": dialect.delimiter}
    if dialect.header_line > 1:
        words += f", from line {dialect.header_line:,} on"
        values[OPTION] = str(dialect.header_line)
    return ReadAs(words, values)
