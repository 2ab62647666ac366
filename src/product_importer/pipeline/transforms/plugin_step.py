"""The step that has a plugin's transform change the cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from product_importer.errors import UsageError
from product_importer.guards import guard
from product_importer.ports import RawBatch, TransformRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model.transforms import ByPlugin
    from product_importer.pipeline.transforms.columns import Headers
    from product_importer.registry import PluginSet


@dataclass(frozen=True, slots=True)
class PluginStep:
    """``run`` gets the columns that it knows of; those that later steps add are none of its business."""

    plugins: PluginSet
    name: str
    run: TransformRun
    before: int

    @property
    def rewrites(self) -> Sequence[int]:
        """Any column, as nobody knows what a plugin does."""
        return range(len(self.run.header))

    def batch(self, raw: RawBatch) -> RawBatch:
        """Returns the batch after the transform. Raises PluginError if that fails or makes no sound batch."""
        columns = raw.cells.columns
        names = self.run.header
        own = pa.RecordBatch.from_arrays(columns[: self.before], names=list(names[: self.before]))
        with guard(self.plugins, "transform", self.name, on=f"records {raw.first_record}–{raw.last_record}"):
            given = replace(raw, cells=own)
            found = self.run.apply(given)
            _check(found, given, names)
        return found


def start_plugin(transform: ByPlugin, headers: Headers, plugins: PluginSet) -> PluginStep:
    """Raises UsageError if there is no such transform, and PluginError if it fails."""
    transformer = plugins.transforms.get(transform.name)
    if transformer is None:
        known = ", ".join(plugins.transforms) or "none"
        raise UsageError(f"No plugin brings a transform {transform.name!r}. Known: {known}.")
    before = headers.names
    with guard(plugins, "transform", transform.name, on="the header"):
        run = transformer.start(before, transform.options)
        if not isinstance(run, TransformRun):
            raise TypeError(f"start() gave {run!r}, which is no product_importer.ports.TransformRun.")
        if tuple(run.header[: len(before)]) != before:
            raise ValueError(f"its header is {run.header}; columns may only be added at the end of {before}.")
    for name in run.header[len(before) :]:
        headers.find_or_add(name)
    return PluginStep(plugins, transform.name, run, len(before))


def _check(found: RawBatch, given: RawBatch, header: tuple[str, ...]) -> None:
    if not isinstance(found, RawBatch):
        raise TypeError(f"apply() gave a {type(found).__name__}; give a product_importer.ports.RawBatch.")
    cells = found.cells
    if tuple(cells.schema.names) != header:
        raise ValueError(f"the batch has the columns {cells.schema.names}, the header {list(header)}.")
    if not all(column.type == pa.string() and not column.null_count for column in cells.columns):
        raise ValueError("a column of the batch isn't of strings without nulls.")
    left = len(found.left_out) - len(given.left_out)
    if not cells.num_rows == len(found.lines) == len(found.records) == given.cells.num_rows - left:
        raise ValueError(
            f"{given.cells.num_rows} rows became {cells.num_rows}, with {left} in left_out. "
            "Each row that is left out has to be named there."
        )
