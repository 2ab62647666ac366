"""Finds the records in which text follows the closing quote of a cell.

CSV parsers take such text as part of the cell and go on, so one quote too many or too few silently makes one
cell of several rows. Therefore the quotes are followed once more here, beside the parser.

If all quotes are in regular places, counting them is enough: every second one opens a cell, or is doubled.
That is tested for a whole piece of text at once. Only other pieces are followed quote by quote.
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

    ``skip_blanks``: whether blanks before an opening quote are ignored.
    """

    def __init__(self, delimiter: str, *, skip_blanks: bool) -> None:
        self._delimiter = delimiter
        self._blanks = " \t".replace(delimiter, "")
        self._skip_blanks = skip_blanks and delimiter != " "
        self._skipped = " " if self._skip_blanks else ""
        self._neighbours = _neighbours(delimiter)
        self._quoted = False  # at the end of the judged text
        self._before = "\n"  # the character before the text that is not judged yet
        self._tail = ""  # quotes and blanks that only the next piece can judge
        self._after_cr = False
        self._open_is_damaged = False

    def damaged(self, text: str, records: Sequence[Sequence[str]], utf8: bytes | None = None) -> list[int]:
        """Returns which of the records that end within ``text`` are damaged, numbered from 0.

        The text follows the text given before. ``utf8``: the text in UTF-8, if the caller has it, because
        encoding takes longer than following the quotes.
        """
        piece, shift = self._tail + text, len(self._tail)
        cut = self._undecided_from(piece)
        start = shift + (self._after_cr and text.startswith("\n"))  # that line end is counted already
        ended = self._after_cr and not self._quoted  # the first record ended with the text given before
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
        """Like :meth:`damaged`, for the record that ends with the file."""
        return [0] if self._open_is_damaged and records else []

    def skips_blanks(self, text: str) -> bool:
        """Whether all cells of a text that open with a quote after blanks end with a closing quote.

        False if there is no such cell. Blanks that are the delimiter are not before a cell, but end one.
        """
        if not self._skip_blanks or ' "' not in text:
            return False
        found = after_blank = False
        for place, opens in self._events(text, len(text)):
            if opens:
                after_blank = text[place - 1 : place] == " "
            elif after_blank and self._text_follows(text, place):
                return False
            found |= after_blank and not opens
        return found

    def quoted(self, text: str) -> Iterator[tuple[int, int]]:
        """Yields the places of the quotes around each cell in a text that stands by itself.

        A cell that is never closed ends with the text.
        """
        opening = None
        for event in self._events(text, len(text)):
            if event.opens:
                opening = event.place
            elif opening is not None:
                yield opening, event.place
                opening = None
        if opening is not None:
            yield opening, len(text)

    def _undecided_from(self, piece: str) -> int:
        """The place in the piece from which quotes can't be judged yet, because the next text isn't known."""
        stripped = piece.rstrip(self._blanks)
        return len(stripped.rstrip('"')) if stripped.endswith('"') else len(piece)

    def _is_regular(self, piece: str, cut: int, utf8: bytes | None) -> bool:
        """Whether counting the quotes is enough. If so, the quotes before ``cut`` have been followed."""
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
        """The quotes that open or close a cell, without doubled ones and those in cells without quotes."""
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
        return piece[after : after + 1] not in self._starts  # also true for the end of the piece

    def _remember(self, piece: str, cut: int) -> None:
        judged = piece[max(cut - 4_096, 0) : cut]
        self._before = judged.rstrip(self._skipped)[-1:] or self._before
        self._tail = piece[cut:]
        self._after_cr = piece.endswith("\r")

    def _with_open(self, found: list[int], records: int) -> list[int]:
        """Returns the damaged records that have ended; remembers whether the unfinished one is damaged."""
        damaged = {0, *found} if self._open_is_damaged else set(found)
        self._open_is_damaged = records in damaged
        return sorted(damaged - {records})


class BlankRemover(QuoteWatch):
    """Removes the blanks before opening quotes from a text that is given piece by piece.

    ``longest``: maximum number of adjacent blanks or quotes that are kept back until the text after them
    shows what they are. Longer sequences are passed on unchanged, for the reader to refuse.
    """

    def __init__(self, delimiter: str, longest: int) -> None:
        super().__init__(delimiter, skip_blanks=True)
        self._longest = longest

    def feed(self, text: str) -> str:
        """Returns as much of ``text``, and of the text kept back before, as can be passed on."""
        piece = self._tail + text
        undecided = len(piece.rstrip('"').rstrip(" "))
        return self._pass_on(piece, undecided if len(piece) - undecided <= self._longest else len(piece))

    def finish(self) -> str:
        """Returns the rest of the text."""
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
    """The number of lines that end between ``start`` and each place; the places ascend and split no CRLF."""
    bounds = [max(place, start) for place in (start, *places)]
    return list(accumulate(count_line_ends(piece[one:other]) for one, other in pairwise(bounds)))


class _Event(NamedTuple):
    """A quote that opens or closes a cell."""

    place: int
    opens: bool


def _first_end(piece: str, start: int, cut: int, events: Sequence[_Event], *, quoted: bool) -> int:
    """The end of the record that begins the piece: after the first line end outside quoted cells."""
    bounds = [0, *(event.place for event in events), cut]
    for gap, following in pairwise(bounds):
        if not quoted and (found := _LINE_END.search(piece, max(gap, start), following)):
            return found.end() + (found[0] == "\r" and piece[found.end() : found.end() + 1] == "\n")
        quoted = not quoted
    return len(piece)


def _records_on(lines: Sequence[int], first_line: int, records: Sequence[Sequence[str]]) -> list[int]:
    """Returns the records on these lines, counted from 0 at the start of the text.

    ``first_line``: the line on which the second record starts. The text after the last record counts as one
    more record.
    """
    if not records:
        return [0]
    spans = [1 + count_line_ends("\0".join(record)) for record in records[1:]]
    starts = list(accumulate(spans, initial=first_line))
    return [bisect_right(starts, line) for line in lines]


def _neighbours(delimiter: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]] | None:
    """Marks the bytes that may be beside an opening or closing quote; None if the delimiter isn't ASCII."""
    if not delimiter.isascii():
        return None
    table = np.zeros(256, np.bool_)
    table[[*b'\r\n"', ord(delimiter)]] = True
    return table
