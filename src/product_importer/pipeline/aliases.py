"""The words by which files name the product fields: those of shops' own exports and of hand-made lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "sku": (
        "sku",
        "variant sku",
        "product sku",
        "item sku",
        "sku code",
        "sku number",
        "stock keeping unit",
        "item number",
        "item no",
        "item code",
        "article number",
        "article no",
        "article code",
        "product number",
        "product code",
        "part number",
    ),
    "name": (
        "name",
        "title",
        "product name",
        "product title",
        "item name",
        "item title",
        "article name",
        "post title",
    ),
    "description": (
        "description",
        "body (html)",
        "body",
        "product description",
        "item description",
        "article description",
        "long description",
        "full description",
        "post content",
    ),
    "price": (
        "price",
        "variant price",
        "regular price",
        "product price",
        "item price",
        "unit price",
        "list price",
        "retail price",
        "selling price",
    ),
    "active": (
        "active",
        "is active",
        "enabled",
        "is enabled",
        "status",
        "product status",
        "published",
        "is published",
    ),
}
"""Field → header words, compared by letters and digits only. When several columns fit one field, the word
that stands first wins. Left out on purpose: words that name other things as often ("code", "id", "handle"),
and prices in one of several currencies."""

CANDIDATES: Final[Mapping[str, tuple[str, ...]]] = {
    "sku": (
        "code",
        "reference",
        "mpn",
        "variant id",
        "product id",
        "id",
        "handle",
        "slug",
        "ean",
        "gtin",
        "upc",
    ),
    "name": ("label", "product", "article", "item", "variant title", "variant name", "designation"),
}
"""Required field → columns that may well hold it, fit to be suggested but not to be taken without asking."""
