"""The shapes of a column's cells: how they are written, with digits and letters left open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.model import ColumnInspection, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SHAPES: Final = 24
"""Beyond this number of shapes, a column holds texts whose shapes tell nothing."""

SHOWN_SHAPES: Final = 6
EXAMPLE_CHARS: Final = 40


def columns_of(
    header: Sequence[str], uses: Mapping[str, str], batches: Sequence[pa.RecordBatch]
) -> tuple[ColumnInspection, ...]:
    """Returns what the cells of the batches, all texts, tell about their columns."""
    table = pa.Table.from_batches(batches)
    return tuple(
        _column(name, uses.get(name, "attribute"), table.column(place).combine_chunks())
        for place, name in enumerate(header)
        if place < table.num_columns
    )


def uncounted(header: Sequence[str], uses: Mapping[str, str]) -> tuple[ColumnInspection, ...]:
    """Returns the columns of which no cells were looked at."""
    return tuple(ColumnInspection(name, uses.get(name, "attribute"), 0, 0, ()) for name in header)


def _column(name: str, use: str, cells: pa.Array) -> ColumnInspection:
    texts = pc.utf8_trim_whitespace(cells)
    texts = texts.filter(pc.fill_null(pc.not_equal(texts, ""), False))
    return ColumnInspection(name, use, len(texts), len(cells) - len(texts), _shapes(texts))


def _shapes(texts: pa.Array) -> tuple[Shape, ...]:
    short = texts.filter(pc.less_equal(pc.utf8_length(texts), EXAMPLE_CHARS))
    if 2 * len(short) <= len(texts):
        return ()
    shapes = pc.replace_substring_regex(short, r"\p{L}+", "a")
    shapes = pc.replace_substring_regex(shapes, r"[0-9]+", "9")
    counts = pc.value_counts(shapes)
    if len(counts) > MOST_SHAPES:
        return ()
    found = sorted(counts.to_pylist(), key=lambda each: -each["counts"])[:SHOWN_SHAPES]
    return tuple(
        Shape(each["values"], each["counts"], short[pc.index(shapes, each["values"]).as_py()].as_py())
        for each in found
    )
