"""Finds the records in which text follows the closing quote of a cell.

Parsers of CSV take such text as part of the cell and go on, so that a quote too many or too few makes one
cell of several rows, and says nothing. Here the quotes are followed once more, beside the parser.

Where all quotes stand as they should, counting them is enough: every second one opens a cell, or is doubled.
That is looked at for a whole piece of text at once. Only pieces in which it is not so are gone through quote
by quote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np

from product_importer.delimited.textfile import count_line_ends

_QUOTE: Final = ord('"')
_QUOTES: Final = re.compile('"')
_LINE_END: Final = re.compile("[\r\n]")


class QuoteWatch:
    """Follows the quotes of a text that is given piece by piece.

    ``skip_blanks``: blanks before an opening quote don't count.
    """

    def __init__(self, delimiter: str, *, skip_blanks: bool) -> None:
        self._delimiter = delimiter
        self._blanks = " \t".replace(delimiter, "")
        self._skip_blanks = skip_blanks and delimiter != " "
        self._skipped = " " if self._skip_blanks else ""
        self._neighbours = _neighbours(delimiter)
        self._quoted = False  # at the end of what was judged
        self._before = "\n"  # the character before what is yet to be judged
        self._tail = ""  # quotes and blanks that what follows them will judge
        self._after_cr = False
        self._open_is_damaged = False

    def damaged(self, text: str, records: Sequence[Sequence[str]], utf8: bytes | None = None) -> list[int]:
        """Which of the records that end within ``text`` are damaged.

        The text follows what was given before; the records are numbered from 0. ``utf8``: the text in
        UTF-8, where the caller has it, since encoding it takes longer than following its quotes.
        """
        piece, shift = self._tail + text, len(self._tail)
        cut = self._undecided_from(piece)
        start = shift + (self._after_cr and text.startswith("\n"))  # that line end was counted
        ended = self._after_cr and not self._quoted  # the first record ended with what was given before
        quoted, events = self._quoted, list[_Event]()
        if '"' in piece and not self._is_regular(piece, cut, utf8):
            events = list(self._events(piece, cut))
            self._quoted = events[-1].opens if events else quoted
        marks = [
            event.place for event in events if not event.opens and self._text_follows(piece, event.place)
        ]
        self._remember(piece, cut)
        if not marks:
            return self._with_open([], len(records))
        lines = _lines_of(piece, start, marks)
        end = start if ended else _first_end(piece, start, cut, events, quoted=quoted)
        return self._with_open(_records_on(lines, count_line_ends(piece[start:end]), records), len(records))

    def damaged_at_end(self, records: Sequence[Sequence[str]]) -> list[int]:
        """The same of the record that ends with the file."""
        return [0] if self._open_is_damaged and records else []

    def skips_blanks(self, text: str) -> bool:
        """Whether all of a text's cells that open with a quote after blanks end with a closing quote.

        There has to be one. Blanks that are the delimiter are not before a cell, but end one.
        """
        if not self._skip_blanks:
            return False
        found = after_blank = False
        for place, opens in self._events(text, len(text)):
            if opens:
                after_blank = text[place - 1 : place] == " "
            elif after_blank and self._text_follows(text, place):
                return False
            found |= after_blank and not opens
        return found

    def _undecided_from(self, piece: str) -> int:
        """What follows the quotes at the piece's end is not known yet."""
        stripped = piece.rstrip(self._blanks)
        return len(stripped.rstrip('"')) if stripped.endswith('"') else len(piece)

    def _is_regular(self, piece: str, cut: int, utf8: bytes | None) -> bool:
        """Whether counting is enough. Then the quotes before ``cut`` have been followed."""
        if self._neighbours is None:
            return False
        data = piece.encode("utf-8", "surrogatepass") if utf8 is None else self._tail.encode() + utf8
        end = len(data) - len(piece[cut:].encode("utf-8", "surrogatepass"))
        view = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(view == _QUOTE)
        quotes = quotes[quotes < end]
        opening, closing = quotes[self._quoted :: 2], quotes[not self._quoted :: 2]
        if opening.size and opening[0] == 0:
            if self._before not in self._starts:
                return False
            opening = opening[1:]
        regular = self._neighbours[view[opening - 1]].all() and self._neighbours[view[closing + 1]].all()
        if regular:
            self._quoted ^= bool(quotes.size % 2)
        return bool(regular)

    @property
    def _starts(self) -> str:
        return f"{self._delimiter}\r\n"

    def _events(self, piece: str, cut: int) -> Iterator[_Event]:
        """The quotes that open or close a cell, and none that is doubled or within a cell without quotes."""
        quotes = [found.start() for found in _QUOTES.finditer(piece, 0, cut)]
        quoted, number = self._quoted, 0
        while number < len(quotes):
            place = quotes[number]
            number += 1
            if not quoted:
                quoted = self._opens(piece, place)
                if quoted:
                    yield _Event(place, opens=True)
            elif number < len(quotes) and quotes[number] == place + 1:
                number += 1
            else:
                quoted = False
                yield _Event(place, opens=False)

    def _opens(self, piece: str, place: int) -> bool:
        before = place - 1
        while before >= 0 and piece[before] == self._skipped:
            before -= 1
        return (piece[before] if before >= 0 else self._before) in self._starts

    def _text_follows(self, piece: str, place: int) -> bool:
        after = place + 1
        while piece[after : after + 1] and piece[after] in self._blanks:
            after += 1
        return piece[after : after + 1] not in self._starts  # "" is in it

    def _remember(self, piece: str, cut: int) -> None:
        judged = piece[max(cut - 4_096, 0) : cut]
        self._before = judged.rstrip(self._skipped)[-1:] or self._before
        self._tail = piece[cut:]
        self._after_cr = piece.endswith("\r")

    def _with_open(self, found: list[int], records: int) -> list[int]:
        """The damaged records that have ended; whether the one after them is damaged is kept for later."""
        damaged = {0, *found} if self._open_is_damaged else set(found)
        self._open_is_damaged = records in damaged
        return sorted(damaged - {records})


class BlankRemover(QuoteWatch):
    """Removes the blanks before opening quotes from a text that is given piece by piece.

    ``longest``: how many blanks or quotes side by side are kept back at most, until what follows them shows
    what they are. Beyond that they are passed on as they are, for the reader to refuse.
    """

    def __init__(self, delimiter: str, longest: int) -> None:
        super().__init__(delimiter, skip_blanks=True)
        self._longest = longest

    def feed(self, text: str) -> str:
        """What can be passed on of ``text`` and of what was kept back before."""
        piece = self._tail + text
        undecided = len(piece.rstrip('"').rstrip(" "))
        return self._pass_on(piece, undecided if len(piece) - undecided <= self._longest else len(piece))

    def finish(self) -> str:
        """The rest."""
        return self._pass_on(self._tail, len(self._tail))

    def _pass_on(self, piece: str, cut: int) -> str:
        parts, passed = [], 0
        for event in self._events(piece, cut):
            self._quoted = event.opens
            if event.opens:
                parts.append(piece[passed : event.place].rstrip(self._skipped))
                passed = event.place
        parts.append(piece[passed:cut])
        self._remember(piece, cut)
        return "".join(parts)


def _lines_of(piece: str, start: int, places: Sequence[int]) -> list[int]:
    """How many lines end between ``start`` and each of the places, which ascend and part no CRLF."""
    bounds = [max(place, start) for place in (start, *places)]
    return list(accumulate(count_line_ends(piece[one:other]) for one, other in pairwise(bounds)))


class _Event(NamedTuple):
    """A quote that opens or closes a cell."""

    place: int
    opens: bool


def _first_end(piece: str, start: int, cut: int, events: Sequence[_Event], *, quoted: bool) -> int:
    """Where the record ends with which the piece begins: after the first line end outside quoted cells."""
    bounds = [0, *(event.place for event in events), cut]
    for gap, following in pairwise(bounds):
        if not quoted and (found := _LINE_END.search(piece, max(gap, start), following)):
            return found.end() + (found[0] == "\r" and piece[found.end() : found.end() + 1] == "\n")
        quoted = not quoted
    return len(piece)


def _records_on(lines: Sequence[int], first_line: int, records: Sequence[Sequence[str]]) -> list[int]:
    """The records on these lines, counted from 0 where the text starts.

    ``first_line``: the line on which the second record starts. What follows the last record counts as one
    more.
    """
    if not records:
        return [0]
    spans = [1 + count_line_ends("\0".join(record)) for record in records[1:]]
    starts = list(accumulate(spans, initial=first_line))
    return [bisect_right(starts, line) for line in lines]


def _neighbours(delimiter: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]] | None:
    """The bytes that may stand beside a quote that opens or closes a cell."""
    if not delimiter.isascii():
        return None
    table = np.zeros(256, np.bool_)
    table[[*b'\r\n"', ord(delimiter)]] = True
    return table
