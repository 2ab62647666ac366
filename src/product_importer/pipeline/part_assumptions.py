"""The assumptions of an import, as far as the first part of its file shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.convert import convert
from product_importer.pipeline.evidence import Evidence
from product_importer.pipeline.ruled_columns import ruled_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from product_importer.model import ImportOptions
    from product_importer.ports import RawBatch


def assumptions_of(
    header: Sequence[str],
    shown: RawBatch,
    part: Callable[[], Iterator[RawBatch]],
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
    assumed: Assumptions, header: Sequence[str], batches: Sequence[RawBatch], options: ImportOptions
) -> Evidence:
    mapping = ruled_mapping(header, options, assumed)
    evidence = Evidence(assumed, mapping)
    for raw in batches:
        evidence.add(convert(mapping.rules.blanked(raw), mapping, assumed).signs)
    return evidence
