"""The orders in which products can be listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "sku": ("sku_key", "product_id"),
    "name": ("name_key", "product_id"),
    "price": ("price_key", "product_id"),
    "active": ("active", "sku_key", "product_id"),
    "created": ("created_at", "product_id"),
    "updated": ("updated_at", "product_id"),
}
"""The columns of ``product_sorting``'s index for each; no two products are alike in them."""
