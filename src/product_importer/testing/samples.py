"""Sample data, and plugins loaded as the program loads them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from product_importer.cells.sku import sku_key
from product_importer.errors import PluginError
from product_importer.pipeline.convert import MAPPED_SCHEMA
from product_importer.pipeline.seen_columns import COLUMN
from product_importer.plugins import load_plugins
from product_importer.ports import (
    EventBatch,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from product_importer.registry import PluginSet

SAMPLE_ROWS: Sequence[Mapping[str, object]] = (
    {"sku": "TEA-1", "name": "Green tea", "description": "Loose leaves", "price": "4.50", "active": True},
    {"sku": "TEA-2", "name": "Schwarzer Tee", "price": "0", "attributes": '{"origin": "Assam"}'},
    {"sku": "CUP-1", "name": "Becher »Groß«", "description": "0,4 l", "price": "12000", "active": False},
    {"sku": "tea-1", "name": "Green tea, new harvest", "price": "5.0001"},
    {"sku": None, "name": None},
)
"""A full product, one with attributes, an expensive one, a duplicate of the first, and a row of blanks."""


def sample_batch(rows: Iterable[Mapping[str, object]] = SAMPLE_ROWS) -> pa.RecordBatch:
    """Returns a mapped batch of these rows, as validators and policies for duplicates get it.

    Values that a row leaves out are null; ``record`` counts from 1, ``line`` from 2 (after the header), and
    ``sku_key`` follows from ``sku``. Prices may be given as numbers or as text. Keys such as ``column:EAN``
    become columns for validators that name such columns.
    """
    full = []
    schema = MAPPED_SCHEMA
    for record, row in enumerate(rows, start=1):
        for name in row:
            if name.startswith(COLUMN) and name not in schema.names:
                schema = schema.append(pa.field(name, pa.string()))
        sku, price = row.get("sku"), row.get("price")
        full.append(
            {
                "line": record + 1,
                "record": record,
                "sku_key": None if sku is None else sku_key(str(sku)),
                **row,
                "price": None if price is None else Decimal(str(price)),
            }
        )
    return pa.RecordBatch.from_pylist(full, schema=schema)


def sample_events(event_type: str = "product.created") -> EventBatch:
    """Returns two events of one transaction that created two products."""
    data = pa.RecordBatch.from_pylist(
        [{"product_id": number, "sku": row["sku"]} for number, row in enumerate(SAMPLE_ROWS[:2], start=1)]
    )
    return EventBatch("sample", event_type, datetime(2026, 1, 2, tzinfo=UTC), "import:1", data)


def plugin_set(*plugins: object) -> PluginSet:
    """Loads the built-in plugin and these (modules or objects with hooks), without the installed plugins.

    Raises PluginError, with the reason, if a plugin would be left out.
    """
    loaded = load_plugins(plugins, entry_points=False)
    for failure in loaded.failed:
        raise PluginError(f"The plugin {failure.name!r} does not load: {failure.reason}", plugin=failure.name)
    return loaded
