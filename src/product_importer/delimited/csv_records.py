"""Turns aiocsv into a push parser: text is pushed in, the records that end within it come out.

aiocsv reads from an asynchronous file. The file here has no text of its own: its ``read`` suspends until
:meth:`RecordReader.feed` brings text. So the coroutine that collects records is resumed by direct calls,
without an event loop, and the caller always knows which text has been used up.

aiocsv's parser only works in the thread that made it, and so does a :class:`RecordReader`.
"""

from __future__ import annotations

import contextlib
import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from product_importer.errors import FileError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from product_importer.model import Limits

Record: TypeAlias = list[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no further record can be read. The caller counts lines, so the line is filled in later."""

    code: str
    message: str

    def at(self, line: int) -> FileError:
        """Returns the error to raise; ``line`` is the line on which the refused record starts."""
        return FileError(self.message.format(line=f"{line:,}"), code=self.code, line=line)


class RecordReader:
    """Splits text into records exactly as ``csv.reader`` does, within the limits.

    After ``refusal`` is set, no more records can be read.
    """

    def __init__(self, delimiter: str, limits: Limits) -> None:
        import aiocsv  # noqa: PLC0415 - the other parsers don't need it

        self.refusal: Refusal | None = None
        self._limits = limits
        self._text: str | None = None
        self._records: list[Record] = []
        self._ended = True  # nothing was fed, or it ended with LF
        self._open_at_most = 0  # characters of the unfinished record, at most and at least
        self._open_at_least = 0
        with _field_size_limit(limits.field_chars) as enforced:
            reader = aiocsv.AsyncReader(self, delimiter=delimiter)
        self._unchecked = limits.row_chars if enforced else min(limits.field_chars, limits.row_chars)
        # The parser inside AsyncReader is an asynchronous iterator itself. Going through AsyncReader costs
        # one more coroutine per record, a sixth of all the time.
        self._collecting = self._collect(getattr(reader, "_parser", reader))
        self._collecting.send(None)

    def feed(self, text: str) -> list[Record]:
        """Returns the records that end within ``text`` (not empty), which follows the text fed before."""
        records = self._push(text)
        if self._open_at_most + len(text) > self._unchecked:
            for number, record in enumerate(records):
                if not self._fits(record):
                    return records[:number]
        self._ended = text.endswith("\n")
        if records:
            self._open_at_most, self._open_at_least = len(text), 0
        else:
            self._open_at_most += len(text)
            self._open_at_least += len(text) - text.count('"')  # quotes may be syntax, not text
            if self._open_at_least > self._limits.row_chars and not self.refusal:
                self.finish()  # the record won't fit, so don't wait for its end
        return records

    def finish(self) -> list[Record]:
        """Returns the last record, if it lacks a line end."""
        # The added LF ends the record. It also ends a record that aiocsv would lose: one after which a bare
        # CR is the last character. Only an open quote is still open after an LF.
        added = "" if self._ended else "\n"
        records = self._push(added) if added else []
        if self.refusal:  # the LF was one character too many for an open cell
            too_long = self._open_at_least > self._limits.row_chars
            self.refusal = _row_too_long(self._limits) if too_long else _UNTERMINATED
        elif all(map(self._fits, records)):
            for *cells, last in self._push(""):
                if self._fits([*cells, last.removesuffix(added)]):
                    self.refusal = _UNTERMINATED
            return records
        return []

    async def read(self, size: int, /) -> str:  # noqa: ARG002 - aiocsv takes a text of any size
        """Called by aiocsv when it has used up its text."""
        while self._text is None:
            await _Pause()
        text, self._text = self._text, None
        return text

    async def _collect(self, reader: AsyncIterator[Record]) -> None:
        append = self._records.append
        async for record in reader:
            append(record)

    def _push(self, text: str) -> list[Record]:
        """Feeds text to aiocsv; an empty text means the end and returns the unfinished record."""
        self._text = text
        try:
            self._collecting.send(None)
        except StopIteration:
            pass
        except csv.Error:  # of all its errors, only the limit on cells is possible here
            self.refusal = _field_too_long(self._limits)
        records = self._records[:]
        self._records.clear()
        return records

    def _fits(self, record: Record) -> bool:
        if max(map(len, record), default=0) > self._limits.field_chars:
            self.refusal = _field_too_long(self._limits)
        elif size_of(record) > self._limits.row_chars:
            self.refusal = _row_too_long(self._limits)
        else:
            return True
        return False


def size_of(record: Record) -> int:
    """The characters of a record's cells, plus one per cell for the delimiter or line end."""
    return sum(map(len, record)) + len(record)


class _Pause:
    def __await__(self) -> Generator[None]:
        yield


@contextlib.contextmanager
def _field_size_limit(wanted: int) -> Iterator[bool]:
    """Raises csv's process-wide limit, which aiocsv copies, to at least ``wanted`` for the block.

    The limit is only raised, and restored after the block, so no other reader can fail by it. Yields
    whether the limit is exactly ``wanted``.
    """
    current = csv.field_size_limit()
    if current < wanted:
        csv.field_size_limit(wanted)
    try:
        yield current <= wanted
    finally:
        if current < wanted:
            csv.field_size_limit(current)


_UNTERMINATED = Refusal(
    "unterminated_quote",
    "The record that starts on line {line} has a quoted cell that never ends: its closing quote is missing.",
)


def _field_too_long(limits: Limits) -> Refusal:
    return Refusal(
        "field_too_long",
        f"The record that starts on line {{line}} has a cell of more than {limits.field_chars:,} characters. "
        "Usually the quote that should close a quoted cell is missing.",
    )


def _row_too_long(limits: Limits) -> Refusal:
    return Refusal(
        "row_too_long",
        f"The record that starts on line {{line}} has more than {limits.row_chars:,} characters. "
        "Usually a quote or a line end is missing.",
    )
