"""How numbers are written: with a decimal point or comma, and with or without separators of thousands.

``1.299`` and ``1,299`` may be a little more than one or more than a thousand; any other number shows how it
is meant when seen alone. :class:`NumberSigns` counts what the cells of a column show.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.text import any_true

if TYPE_CHECKING:
    from product_importer.model import DecimalSign

# The patterns are RE2's, thus linear in time.
_SHOWS_POINT: Final = (
    r"^[^0-9.,]{0,4}(?:[0-9]*\.(?:[0-9]{1,2}|[0-9]{4,})|(?:0[0-9]*|[0-9]{4,})?\.[0-9]{3}"
    r"|[0-9]{1,3}(?:,[0-9]{2,3})+\.[0-9]*|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{2,3},[0-9]{3})[^0-9.,]{0,4}$"
)
_AMBIGUOUS: Final = r"^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$"
_SPACED: Final = (
    r"^[+-]?[1-9][0-9]{0,2}(?:(?:\p{Zs}[0-9]{3})+|(?:'[0-9]{3})+|(?:’[0-9]{3})+|(?:[‘´`][0-9]{3})+)"
    r"(?:[.,][0-9]*)?$"
)
_SPACES: Final = r"[\p{Zs}'’‘´`]"
INDIAN: Final = r"^\+?[1-9][0-9]?(?:,[0-9]{2}){1,5},[0-9]{3}(?:\.[0-9]{0,4}0{0,6})?$"
"""Numbers in the grouping of India, such as ``1,23,456.50``: only a decimal point goes with it."""

_SWAPPED: Final = np.arange(256, dtype=np.uint8)
_SWAPPED[[ord("."), ord(",")]] = _SWAPPED[[ord(","), ord(".")]]

_EXAMPLES: Final = 3

NULL_WORDS: Final = pa.array(
    [
        "null", "(null)", "[null]", "<null>", r"\n", "n/a", "na", "nan", "none", "nil", "undefined",
        "-", 2 * "-", "–", "—",
    ]
)  # fmt: skip
"""Words, in lower case, that stand in a column of numbers where there is no number."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How the numbers of a column are written, as far as it is known.

    ``decimal``: the sign before the decimals; None for a single value without a file: then separators between
    thousands, currencies and null words are refused. ``sure``: whether ``1.299`` and ``1,299`` are read by
    that sign, too. ``currencies``: whether numbers may carry a currency; ``currency``: the only one that they
    may carry. ``nothing``: whether null words are read as blank cells. ``told``: whether an option or a rule
    gives ``decimal``; if not, messages may name the option.
    """

    decimal: DecimalSign | None = None
    sure: bool = False
    currencies: bool = False
    currency: str | None = None
    nothing: bool = False
    told: bool = False


NO_FILE: Final = Notation()


@dataclass(frozen=True, slots=True)
class NumberSigns:
    """What a column's cells show.

    Counts of cells: those that aren't blank (``cells``), those of them that may be numbers in any notation
    (``fitting``), show a decimal point, show a decimal comma, have three digits behind a point or behind a
    comma and may be read in either way (``three_point``, ``three_comma``), have separators between thousands
    (``grouped``), are null words (``nothing``), and are no texts but numbers (``typed``).

    ``words``: the null words; ``currencies``: the currencies; ``examples``: the first cells that may be read
    in either way, each with its place among the cells or, in a file, its line.
    """

    cells: int = 0
    fitting: int = 0
    point: int = 0
    comma: int = 0
    three_point: int = 0
    three_comma: int = 0
    grouped: int = 0
    nothing: int = 0
    typed: int = 0
    words: frozenset[str] = frozenset()
    currencies: frozenset[str] = frozenset()
    examples: tuple[tuple[int, str], ...] = ()

    @property
    def ambiguous(self) -> int:
        return self.three_point + self.three_comma

    @property
    def plain(self) -> int:
        """The number of cells that show nothing, such as ``15``."""
        return self.fitting - self.point - self.comma - self.ambiguous - self.typed

    def __add__(self, other: NumberSigns) -> NumberSigns:
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return replace(
            self,
            **counts,
            words=self.words | other.words,
            currencies=self.currencies | other.currencies,
            examples=(self.examples + other.examples)[:_EXAMPLES],
        )

    def at(self, places: npt.NDArray[np.int64]) -> NumberSigns:
        """Returns the signs of cells that are taken from a larger column, or have lines, at ``places``."""
        if not self.examples:
            return self
        return replace(self, examples=tuple((int(places[place]), cell) for place, cell in self.examples))


_COUNTS: Final = tuple(field.name for field in fields(NumberSigns) if field.type == "int")


def without_spaces(numbers: pa.StringArray) -> tuple[pa.StringArray, pa.BooleanArray]:
    """Removes the spaces and apostrophes between thousands; also returns which cells had some."""
    spaced = pc.match_substring_regex(numbers, _SPACED)
    if not any_true(spaced):
        return numbers, spaced
    return pc.if_else(spaced, pc.replace_substring_regex(numbers, _SPACES, ""), numbers), spaced


def points(numbers: pa.StringArray) -> int:
    """Counts the cells that have a point before their last character, if no cell has two points."""
    if numbers.null_count:
        numbers = numbers.drop_null()
    data, ends = _bytes(numbers)
    found = np.count_nonzero(data == ord("."))
    if found:
        found -= np.count_nonzero(data[ends[ends > 0] - 1] == ord("."))
    return int(found)


def shown(numbers: pa.StringArray) -> NumberSigns:
    """The signs of decimals among numbers without spaces and currencies; only counts of decimals are set."""
    ambiguous = pc.match_substring_regex(numbers, _AMBIGUOUS)
    three_point = three_comma = 0
    examples: tuple[tuple[int, str], ...] = ()
    if any_true(ambiguous):
        three_point = count(pc.and_(ambiguous, pc.match_substring(numbers, ".")))
        three_comma = count(ambiguous) - three_point
        places = np.flatnonzero(pc.fill_null(ambiguous, False).to_numpy(zero_copy_only=False))[:_EXAMPLES]
        examples = tuple((int(place), numbers[int(place)].as_py()) for place in places)
    return NumberSigns(
        point=count(pc.match_substring_regex(numbers, _SHOWS_POINT)),
        comma=count(pc.match_substring_regex(swapped(numbers), _SHOWS_POINT)),
        three_point=three_point,
        three_comma=three_comma,
        examples=examples,
    )


def null_words(cells: pa.StringArray) -> pa.BooleanArray:
    return pc.is_in(pc.utf8_lower(cells), NULL_WORDS)


def swapped(text: pa.StringArray) -> pa.StringArray:
    """Swaps points and commas in the texts; in UTF-8 both are single bytes."""
    validity, offsets, data = text.buffers()
    if data is None:
        return text
    turned = pa.py_buffer(_SWAPPED[np.frombuffer(data, np.uint8)])
    return pa.StringArray.from_buffers(len(text), offsets, turned, validity, text.null_count, text.offset)


def count(mask: pa.BooleanArray) -> int:
    return pc.sum(mask).as_py() or 0


def _bytes(text: pa.StringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The texts' bytes, and where each text ends among them."""
    _, offsets, data = text.buffers()
    if data is None or not len(text):
        return np.empty(0, np.uint8), np.empty(0, np.int32)
    bounds = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]], bounds[1:] - bounds[0]
