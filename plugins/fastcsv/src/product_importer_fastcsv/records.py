"""Finds where the records of a CSV text begin and end, a block of bytes at a time instead of a row at a time.

A line end closes a record unless it stands inside a quoted cell. Where all quotes are as RFC 4180 wants them,
that is where the number of quotes before it is odd. Where some are not (``3/4" pipe``), counting would go
wrong, and one regular expression finds the quoted cells as the standard library's :mod:`csv` does.
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

    ``starts`` and ``lines`` say at which byte and on which line (both from 0) each record begins; they have
    one element more than there are records, for what follows the last. ``stops`` is where each record's last
    cell ends, before the line end.
    """

    starts: Offsets
    stops: Offsets
    lines: Offsets

    def __len__(self) -> int:
        return len(self.stops)

    @property
    def start(self) -> int:
        """Where the first record begins."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """Where the records end, and what is not yet complete begins."""
        return int(self.starts[-1])

    @property
    def sizes(self) -> Offsets:
        return self.stops - self.starts[:-1]

    def between(self, first: int, last: int) -> Records:
        """The records from number ``first`` up to, without, number ``last``."""
        return Records(self.starts[first : last + 1], self.stops[first:last], self.lines[first : last + 1])


def find_records(text: bytes, delimiter: bytes, *, complete: bool) -> Records:
    """Find the records of ``text``, which starts where a record starts.

    ``complete`` says that the file ends with ``text``, so that its last record needs no line end. A record
    whose quote is still open at the end is never among the result.
    """
    view = np.frombuffer(text, np.uint8)
    ends = _line_ends(text, view, complete=complete)
    closes = ~_inside_quotes(text, view, ends, delimiter)
    ordinals = np.flatnonzero(closes)
    ends = ends[ordinals]
    starts = np.minimum(np.concatenate(([0], ends + 1)), len(text))
    return Records(starts, ends - _follows_cr(view, ends), np.concatenate(([0], ordinals + 1)))


def _line_ends(text: bytes, view: Bytes, *, complete: bool) -> Offsets:
    """Offsets of the line ends: of LF, of CR LF's LF, of a bare CR, and the end of an unended last line."""
    ends = np.flatnonzero(view == LF)
    if b"\r" in text:
        returns = np.flatnonzero(view[:-1] == CR)
        bare = returns[view[returns + 1] != LF]
        if complete and view[-1] == CR:  # otherwise the next byte, not read yet, may be its LF
            bare = np.append(bare, len(text) - 1)
        if bare.size:
            ends = np.sort(np.concatenate((ends, bare)))
    if complete and text and text[-1] not in (LF, CR):
        ends = np.append(ends, len(text))
    return ends


def _follows_cr(view: Bytes, ends: Offsets) -> Mask:
    """Which line ends are the LF of a CR LF."""
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
    """Whether something else than blanks stands between a quoted cell and what ends it."""
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
    """Whether quotes stand only around whole cells and, doubled, within them."""
    neighbour = np.zeros(256, np.bool_)
    neighbour[[LF, CR, QUOTE, delimiter[0]]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = opening[1:] if opening.size and opening[0] == 0 else opening
    after = closing[:-1] if closing.size and closing[-1] == len(view) - 1 else closing
    return bool(neighbour[view[before - 1]].all() and neighbour[view[after + 1]].all())


def _quoted_cells(text: bytes, delimiter: bytes) -> tuple[Offsets, Offsets]:
    """Where quoted cells start and stop: first an empty one before the text; one left open stops after it."""
    # A quote opens a cell where no other byte than a delimiter or a line end stands before it. Everything up
    # to the next quote that isn't doubled belongs to it; quotes in what follows that quote mean nothing.
    pattern = rb'"(?<![^\r\n%b]")(?:[^"]++|"")*+("?)' % re.escape(delimiter)
    cells = [(cell.start(), cell.end() + (not cell[1])) for cell in re.finditer(pattern, text)]
    starts, stops = np.array([(-1, -1), *cells], np.int64).T
    return starts, stops
