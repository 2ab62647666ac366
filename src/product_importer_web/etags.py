"""Entity tags of products, which prevent lost updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.product import Product


def etag(product: Product) -> str:
    """Returns the product's tag: each change of the product changes it, and no two products share one."""
    return f'"{product.id}-{product.version}"'
