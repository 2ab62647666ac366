"""Keeps the numbers of typed formats from being read like text: a typed 1.125 is never 1125.

Before the transforms, numbers with decimals in columns of numbers get so many zeros that they can be told
from text wherever the transforms copy them. Behind the transforms the zeros are taken off again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.pipeline.column_rules import NUMBERS
from product_importer.pipeline.text import any_true

if TYPE_CHECKING:
    from product_importer.pipeline.assumptions import Assumptions
    from product_importer.pipeline.cell_notes import CellNotes
    from product_importer.pipeline.column_uses import FieldMapping
    from product_importer.ports import RawBatch

TypedCells = dict[int, pa.BooleanArray]
"""The place of a column → which of its cells were numbers with decimals."""

_DECIMALS: Final = 10
_PLAIN: Final = r"^-?[0-9]+\.[0-9]+$"
_MARKED: Final = rf"^-?[0-9]+\.[0-9]{{{_DECIMALS},}}$"
_ZEROS: Final = r"0+$"
_THREE_DECIMALS: Final = r"(\.[0-9]{3})$"


class TypedBatch(NamedTuple):
    """A batch behind the transforms, and which of its cells are typed numbers with decimals."""

    raw: RawBatch
    typed: TypedCells

    def certain(self, mapping: FieldMapping, assumed: Assumptions) -> RawBatch:
        """Returns the batch with typed numbers in a form that can't be read in another way, as far as the
        file is read under ``assumed``.
        """
        columns = list(self.raw.cells.columns)
        for name in NUMBERS:
            place = mapping.index_of(name)
            if place is None or place not in self.typed:
                continue
            written = pc.replace_substring_regex(columns[place], _THREE_DECIMALS, r"\10")  # not thousands
            if name == "price" and mapping.rules.numbers(name, assumed).decimal == "comma":
                written = pc.replace_substring(written, ".", ",")
            columns[place] = pc.if_else(self.typed[place], written, columns[place])
        return _with(self.raw, columns) if self.typed else self.raw


class TypedNumbers:
    """The typed numbers in one reading of a file, before and behind its transforms."""

    def __init__(self, mapping: FieldMapping) -> None:
        self._places = [place for name in NUMBERS if (place := mapping.index_of(name)) is not None]
        self._marks = False

    def marked(self, raw: RawBatch, notes: CellNotes) -> RawBatch:
        """Returns the batch with zeros behind its numbers with decimals, which ``notes`` tell."""
        columns = list(raw.cells.columns)
        places = [place for place in self._places if place in notes.fractions]
        for place in places:
            cells = columns[place]
            numbers = pc.is_in(raw.records, notes.fractions[place])
            numbers = pc.and_(numbers, pc.match_substring_regex(cells, _PLAIN))
            wanted = pc.add(pc.find_substring(cells, "."), 1 + _DECIMALS)
            missing = pc.max_element_wise(pc.subtract(wanted, pc.utf8_length(cells)), 0)
            zeros = pc.binary_repeat("0", pc.if_else(numbers, missing, 0))
            columns[place] = pc.binary_join_element_wise(cells, zeros, "")
        self._marks |= bool(places)
        return _with(raw, columns) if places else raw

    def unmarked(self, raw: RawBatch) -> TypedBatch:
        """Returns the batch without those zeros. Files of text only are left as they are."""
        columns, typed = list(raw.cells.columns), TypedCells()
        for place in self._places if self._marks else ():
            numbers = pc.match_substring_regex(columns[place], _MARKED)
            if any_true(numbers):
                typed[place] = numbers
                columns[place] = pc.if_else(numbers, without_zeros(columns[place]), columns[place])
        return TypedBatch(_with(raw, columns) if typed else raw, typed)


def without_zeros(numbers: pa.StringArray) -> pa.StringArray:
    """Numbers with decimals, of which not all are zeros, without the zeros at their ends."""
    return pc.replace_substring_regex(numbers, _ZEROS, "")


def _with(raw: RawBatch, columns: list[pa.StringArray]) -> RawBatch:
    return replace(raw, cells=pa.RecordBatch.from_arrays(columns, schema=raw.cells.schema))
