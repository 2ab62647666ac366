"""What every step does with a batch of rows, and the steps that look at one row at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted
from product_importer.pipeline.text import any_true, is_blank
from product_importer.ports import Finding

if TYPE_CHECKING:
    from product_importer.pipeline.transforms.columns import Columns

_VIEWS: Final = 100
"""Maximum views named for one batch; the findings on further ones don't name the view."""


class Step(Protocol):
    """One step at work on one file. ``apply`` gets the batches in the file's order.

    It changes ``columns`` in place, and yields findings about rows. The rows of findings that aren't warnings
    are left out. ``rewrites``: the places of the columns in which it may put another text for a filled cell;
    what it writes there depends on the row only.
    """

    @property
    def rewrites(self) -> Sequence[int]: ...

    def apply(self, columns: Columns) -> Iterator[Finding]: ...


def filled(cells: pa.StringArray, given: pa.StringArray) -> pa.StringArray:
    """The cells, with the blank ones taken from ``given``, where that isn't null."""
    taken = pc.and_(is_blank(cells), pc.is_valid(given))
    return pc.if_else(taken, given, cells) if any_true(taken) else cells


@dataclass(frozen=True, slots=True)
class Trimming:
    places: Sequence[int]

    @property
    def rewrites(self) -> Sequence[int]:
        return self.places

    def apply(self, columns: Columns) -> Iterator[Finding]:
        for place in self.places:
            columns[place] = pc.utf8_trim_whitespace(columns[place])
        return iter(())


@dataclass(frozen=True, slots=True)
class Replacing:
    places: Sequence[int]
    old: str
    new: str

    @property
    def rewrites(self) -> Sequence[int]:
        return self.places

    def apply(self, columns: Columns) -> Iterator[Finding]:
        for place in self.places:
            columns[place] = pc.replace_substring(columns[place], self.old, self.new)
        return iter(())


@dataclass(frozen=True, slots=True)
class Recoding:
    places: Sequence[int]
    words: Mapping[str, str]

    @property
    def rewrites(self) -> Sequence[int]:
        return self.places

    def apply(self, columns: Columns) -> Iterator[Finding]:
        old = pa.array([word.lower() for word in self.words], pa.string())
        new = pa.array(self.words.values(), pa.string())
        for place in self.places:
            text = pc.utf8_lower(pc.utf8_trim_whitespace(columns[place]))
            columns[place] = pc.coalesce(new.take(pc.index_in(text, old)), columns[place])
        return iter(())


@dataclass(frozen=True, slots=True)
class Moving:
    place: int
    into: int
    starts: Sequence[str]

    @property
    def rewrites(self) -> Sequence[int]:
        return (self.place, self.into)

    def apply(self, columns: Columns) -> Iterator[Finding]:
        cells = columns[self.place]
        found = reduce(pc.or_, (pc.starts_with(cells, start) for start in self.starts))
        if any_true(found):
            columns[self.into] = pc.if_else(found, cells, columns[self.into])
            columns[self.place] = pc.if_else(found, "", cells)
        return iter(())


@dataclass(frozen=True, slots=True)
class Splitting:
    place: int
    separator: str
    into: Sequence[int]

    @property
    def rewrites(self) -> Sequence[int]:
        return self.into

    def apply(self, columns: Columns) -> Iterator[Finding]:
        parts = pc.split_pattern(columns[self.place], self.separator, max_splits=len(self.into) - 1)
        counts = pc.list_value_length(parts)
        for number, place in enumerate(self.into):
            has = pc.greater(counts, number)
            found = pc.list_element(parts.filter(has), number)
            part = pc.utf8_trim_whitespace(found)
            columns[place] = pc.replace_with_mask(
                pa.array([""] * len(counts), pa.string()), has, part.cast(pa.string())
            )
        return iter(())


@dataclass(frozen=True, slots=True)
class Joining:
    into: int
    places: Sequence[int]
    separator: str
    without: Sequence[str]
    rewrites: ClassVar[Sequence[int]] = ()

    def apply(self, columns: Columns) -> Iterator[Finding]:
        if any_true(is_blank(columns[self.into])):
            columns[self.into] = filled(columns[self.into], self.joined(columns))
        return iter(())

    def joined(self, columns: Columns) -> pa.StringArray:
        """The filled cells of each row, joined; an empty text where all are blank."""
        parts = [pc.utf8_trim_whitespace(columns[place]) for place in self.places]
        nothing = pa.array(["", *self.without], pa.string())
        said = [pc.if_else(pc.is_in(part, nothing), None, part) for part in parts]
        nowhere = reduce(pc.and_, (pc.is_null(part) for part in said))
        said[0] = pc.if_else(nowhere, "", said[0])  # Arrow drops a row that has nothing to join
        return pc.binary_join_element_wise(*said, self.separator, null_handling="skip")


@dataclass(frozen=True, slots=True)
class Setting:
    into: int
    value: str
    rewrites: ClassVar[Sequence[int]] = ()

    def apply(self, columns: Columns) -> Iterator[Finding]:
        cells = columns[self.into]
        columns[self.into] = filled(cells, pa.array([self.value] * len(cells), pa.string()))
        return iter(())


@dataclass(frozen=True, slots=True)
class LeavingOut:
    """``blank``, ``filled`` and ``holds`` are conditions; see :class:`~product_importer.model.LeaveOut`."""

    code: str
    message: str
    blank: Sequence[int]
    filled: Sequence[int]
    holds: Sequence[tuple[int, Sequence[str]]]
    rewrites: ClassVar[Sequence[int]] = ()

    def apply(self, columns: Columns) -> Iterator[Finding]:
        rows = pa.repeat(True, len(columns[0]))
        for place, words in self.holds:
            text = pc.utf8_lower(pc.utf8_trim_whitespace(columns[place]))
            lowered = pa.array([word.lower() for word in words], pa.string())
            rows = pc.and_(rows, pc.is_in(text, lowered))
        for place in self.blank:
            if not any_true(rows):
                return
            rows = pc.and_(rows, is_blank(columns[place]))
        if self.filled and any_true(rows):
            one = pa.repeat(False, len(rows))
            for place in self.filled:
                one = pc.or_(one, pc.invert(is_blank(columns[place])))
            rows = pc.and_(rows, one)
        if any_true(rows):
            yield Finding(None, self.code, self.message, rows)


class KeepingOneView:
    """Keeps the rows of the view that the first row names, and rows that name none.

    ``code`` and ``holds``: see :class:`~product_importer.model.transforms.OneView`.
    """

    rewrites: ClassVar[Sequence[int]] = ()

    def __init__(self, place: int, header: str, code: str, holds: str) -> None:
        self._place = place
        self._header = header
        self._code = code
        self._holds = holds
        self._view: str | None = None

    def apply(self, columns: Columns) -> Iterator[Finding]:
        cells = pc.utf8_trim_whitespace(columns[self._place])
        if self._view is None and len(cells):
            self._view = cells[0].as_py()
        others = pc.invert(pc.is_in(cells, pa.array(["", self._view or ""], pa.string())))
        if not any_true(others):
            return
        views = pc.unique(cells.filter(others))
        for view in views[:_VIEWS]:
            yield self._found(quoted(view.as_py()), pc.equal(cells, view))
        if len(views) > _VIEWS:
            yield self._found("of another name", pc.is_in(cells, views[_VIEWS:]))

    def _found(self, view: str, rows: pa.BooleanArray) -> Finding:
        product = f"{self._holds} {quoted(self._view)}" if self._view else "the product's own"
        message = f"The row holds {self._holds} {view}, not {product}; it was left out."
        return Finding(None, self._code, message, rows, column=self._header)
