"""Finds rows of a shop's export that hold the texts of one store view instead of the product's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.shortening import quoted, shortened
from product_importer.pipeline.text import is_blank
from product_importer.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_VIEWS: Final = 100
"""Maximum store views named for one batch; the findings on further ones don't name the view."""


def store_view_rows(cells: pa.RecordBatch, columns: Sequence[int]) -> Iterator[Finding]:
    """Yields a finding for each store view, on its rows. ``columns``: the places of columns that name it."""
    for place in columns:
        column = cells.column(place)
        filled = pc.invert(is_blank(column))
        if not pc.any(filled).as_py():
            continue
        header = cells.schema.names[place]
        views = pc.unique(column.filter(filled))
        for view in views[:_VIEWS]:
            yield _found(header, f"store view {quoted(view.as_py().strip())}", pc.equal(column, view))
        if len(views) > _VIEWS:
            others = pc.is_in(column, views[_VIEWS:])
            yield _found(header, "one store view", others)


def _found(header: str, view: str, rows: pa.BooleanArray) -> Finding:
    shown = shortened(header)
    message = (
        f"The row holds the texts of {view}, not the product's own. Leave such rows out of the export, or, "
        f'if column {shown!r} means something else, say so with --map "{shown}=attribute" or '
        f'--map "{shown}=ignore".'
    )
    return Finding(None, "store_view_row", message, rows, column=header)
