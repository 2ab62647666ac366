"""Finds where the records of a CSV text begin and end, in blocks of bytes instead of row by row.

A line end closes a record unless it is inside a quoted cell. If all quotes follow RFC 4180, a line end is
inside a quoted cell if the number of quotes before it is odd. If some don't (``3/4" pipe``), counting would
be wrong, and one regular expression finds the quoted cells as the standard library's :mod:`csv` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from product_importer.errors import ParserDeclined

Offsets = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LF, CR, QUOTE = b'\n\r"'


@dataclass(frozen=True, slots=True)
class Records:
    """The complete records at the front of a text.

    ``starts`` and ``lines`` hold the offset and the line (both from 0) at which each record begins; they have
    one element more than there are records, for the text after the last one. ``stops`` holds the offsets at
    which the last cells of the records end, before the line end.
    """

    starts: Offsets
    stops: Offsets
    lines: Offsets

    def __len__(self) -> int:
        return len(self.stops)

    @property
    def start(self) -> int:
        """The offset at which the first record begins."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """The offset at which the complete records end."""
        return int(self.starts[-1])

    @property
    def sizes(self) -> Offsets:
        return self.stops - self.starts[:-1]

    def between(self, first: int, last: int) -> Records:
        """Returns the records from number ``first`` up to, but without, number ``last``."""
        return Records(self.starts[first : last + 1], self.stops[first:last], self.lines[first : last + 1])


def find_records(text: bytes, delimiter: bytes, *, complete: bool) -> Records:
    """Finds the records of ``text``, which starts at the start of a record.

    ``complete`` says that the file ends with ``text``, so that its last record needs no line end. A record
    whose quote is still open at the end is never part of the result.
    """
    view = np.frombuffer(text, np.uint8)
    ends = _line_ends(text, view, complete=complete)
    closes = ~_inside_quotes(text, view, ends, delimiter)
    ordinals = np.flatnonzero(closes)
    ends = ends[ordinals]
    starts = np.minimum(np.concatenate(([0], ends + 1)), len(text))
    return Records(starts, ends - _follows_cr(view, ends), np.concatenate(([0], ordinals + 1)))


def _line_ends(text: bytes, view: Bytes, *, complete: bool) -> Offsets:
    """Returns the offsets of line ends: LF, CR LF's LF, a bare CR, and the end of an unended last line."""
    ends = np.flatnonzero(view == LF)
    if b"\r" in text:
        returns = np.flatnonzero(view[:-1] == CR)
        bare = returns[view[returns + 1] != LF]
        if complete and view[-1] == CR:  # if not complete, the next byte, not read yet, may be its LF
            bare = np.append(bare, len(text) - 1)
        if bare.size:
            ends = np.sort(np.concatenate((ends, bare)))
    if complete and text and text[-1] not in (LF, CR):
        ends = np.append(ends, len(text))
    return ends


def _follows_cr(view: Bytes, ends: Offsets) -> Mask:
    """Returns which line ends are the LF of a CR LF."""
    inner = np.minimum(ends, len(view) - 1)
    follows: Mask = (view[inner] == LF) & (ends > 0) & (view[inner - 1] == CR)
    return follows


def _inside_quotes(text: bytes, view: Bytes, positions: Offsets, delimiter: bytes) -> Mask:
    quotes = np.flatnonzero(view == QUOTE)
    if _regular(view, quotes, delimiter):
        odd: Mask = np.searchsorted(quotes, positions) % 2 == 1
        return odd
    starts, stops = _quoted_cells(text, delimiter)
    if _text_follows(text, stops, delimiter):
        raise ParserDeclined("Text follows the closing quote of a cell.")
    return positions < stops[np.searchsorted(starts, positions) - 1]


def _text_follows(text: bytes, stops: Offsets, delimiter: bytes) -> bool:
    """Returns whether anything but blanks follows a quoted cell before its delimiter or line end."""
    ends = b"\r\n" + delimiter
    blanks = re.compile(b"[%b]*" % b" \t".replace(delimiter, b""))
    for stop in stops.tolist():
        after = text[stop : stop + 1]
        if after and after not in ends:
            following = blanks.match(text, stop)
            after = text[following.end() : following.end() + 1] if following else b""
            if after and after not in ends:
                return True
    return False


def _regular(view: Bytes, quotes: Offsets, delimiter: bytes) -> bool:
    """Returns whether all quotes are around whole cells or, doubled, within them."""
    neighbour = np.zeros(256, np.bool_)
    neighbour[[LF, CR, QUOTE, delimiter[0]]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = opening[1:] if opening.size and opening[0] == 0 else opening
    after = closing[:-1] if closing.size and closing[-1] == len(view) - 1 else closing
    return bool(neighbour[view[before - 1]].all() and neighbour[view[after + 1]].all())


def _quoted_cells(text: bytes, delimiter: bytes) -> tuple[Offsets, Offsets]:
    """Returns the starts and stops of quoted cells, after an empty cell before the text. An open cell stops
    behind the end of the text.
    """
    # A quote opens a cell at the start of the text, or after a delimiter or a line end. The cell goes up to
    # the next quote that isn't doubled; quotes between that one and the end of the cell have no meaning.
    pattern = rb'"(?<![^\r\n%b]")(?:[^"]++|"")*+("?)' % re.escape(delimiter)
    cells = [(cell.start(), cell.end() + (not cell[1])) for cell in re.finditer(pattern, text)]
    starts, stops = np.array([(-1, -1), *cells], np.int64).T
    return starts, stops
