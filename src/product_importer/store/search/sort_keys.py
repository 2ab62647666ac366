"""The orders in which products can be listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from product_importer.fields import FLAG, SORTABLE
from product_importer.store.columns import KEYS as COLUMNS

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        field.name: (COLUMNS[field.name], *(("sku_key",) if field.kind is FLAG else ()), "product_id")
        for field in SORTABLE
    },
    "created": ("created_at", "product_id"),
    "updated": ("updated_at", "product_id"),
}
"""For each order, the columns of an index of ``product_sorting``; no two products are equal in them."""
