"""Checks the contract of transforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from product_importer.hookspecs import hookimpl
from product_importer.model import ImportOptions
from product_importer.model.transforms import ByPlugin
from product_importer.pipeline.transforms.preparing import prepare
from product_importer.ports import RawBatch, Transformer
from product_importer.testing.samples import plugin_set


class _Brought:
    def __init__(self, transformer: Transformer) -> None:
        self._transformer = transformer

    @hookimpl
    def product_importer_transforms(self) -> Sequence[Transformer]:
        return [self._transformer]


def check_transform(
    transformer: Transformer,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: Mapping[str, str] | None = None,
) -> None:
    """Checks that the transform makes sound batches of these rows, the same wherever a batch ends."""
    plugins = plugin_set(_Brought(transformer))
    step = ByPlugin(name=transformer.name, options=options or {})
    whole = None
    for size in (len(rows) or 1, 1, 2, 3):
        prepared = prepare(header, ImportOptions(transforms=(step,), shop="none"), plugins)
        found: list[object] = [prepared.header]
        for start in range(0, len(rows), size):
            raw = prepared.apply(_batch(header, rows[start : start + size], start))[0]
            found += zip(
                raw.records.to_pylist(), *(column.to_pylist() for column in raw.cells.columns), strict=True
            )
        whole = whole or found
        if found != whole:
            raise AssertionError(f"batches of {size} rows give {found}, one batch gives {whole}")


def _batch(header: Sequence[str], rows: Sequence[Sequence[str]], start: int) -> RawBatch:
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(header))]
    records = pa.array(range(start + 1, start + 1 + len(rows)), pa.int64())
    cells = pa.RecordBatch.from_arrays(columns, names=list(header))
    return RawBatch(cells, records, records, start + 1, start + len(rows))
