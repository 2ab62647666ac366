"""The assumptions of an import, as far as the first part of its file shows them."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from product_importer.errors import UsageError
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.convert import convert
from product_importer.pipeline.evidence import Evidence
from product_importer.pipeline.mapping import guess_mapping
from product_importer.pipeline.rejected_again import rejected_again
from product_importer.pipeline.ruled_columns import ruled_mapping
from product_importer.pipeline.typed_numbers import TypedNumbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from product_importer.model import ImportOptions
    from product_importer.pipeline.cell_notes import CellNotes
    from product_importer.pipeline.column_uses import FieldMapping
    from product_importer.pipeline.transforms.preparing import Preparation
    from product_importer.pipeline.typed_numbers import TypedBatch
    from product_importer.ports import RawBatch


def assumptions_of(
    header: Sequence[str],
    shown: TypedBatch,
    part: Callable[[], Iterator[TypedBatch]],
    options: ImportOptions,
) -> Assumptions:
    """The import's assumptions as far as the part shows, if the rows shown leave a question open."""
    assumed = Assumptions()
    if not _evidence(assumed, header, [shown], options).is_open:
        return assumed
    rows = list(part()) or [shown]
    while (better := _evidence(assumed, header, rows, options).at_once()) is not None:
        assumed = better
    while (better := _evidence(assumed, header, rows, options).after_all()) is not None:
        assumed = better
    return assumed


def _evidence(
    assumed: Assumptions, header: Sequence[str], batches: Sequence[TypedBatch], options: ImportOptions
) -> Evidence:
    mapping = ruled_mapping(header, options, assumed)
    evidence = Evidence(assumed, mapping)
    for batch in batches:
        raw = mapping.rules.blanked(batch.certain(mapping, assumed))
        evidence.add(convert(raw, mapping, assumed, batch.typed).signs)
    return evidence


def behind_transforms(prepared: Preparation, raw: RawBatch, notes: Iterable[CellNotes]) -> TypedBatch:
    """The batch behind the transforms."""
    numbers = TypedNumbers(lenient_mapping(prepared.header, prepared.options))
    return numbers.unmarked(prepared.apply(rejected_again(reduce(numbers.marked, notes, raw)))[0])


def lenient_mapping(header: Sequence[str], options: ImportOptions) -> FieldMapping:
    try:
        return guess_mapping(header, options)
    except UsageError:  # the map is for another header
        return guess_mapping(header, replace(options, map={}))
