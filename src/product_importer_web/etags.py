"""Entity tags of products: what keeps two people from overwriting each other's changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.product import Product


def etag(product: Product) -> str:
    """It changes with every change of the product, and no other product ever has it."""
    return f'"{product.id}-{product.version}"'
