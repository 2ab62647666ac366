"""The header words by which files name the product fields, in shops' exports and in hand-made lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from product_importer.fields import PRODUCT

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    field.name: field.aliases for field in PRODUCT if field.aliases
}

LESSER_PRICES: Final = frozenset(("listprice", "retailprice", "sellingprice"))
"""Aliases (letters only) that are taken for the price only where no other column is."""

CANDIDATES: Final[Mapping[str, tuple[str, ...]]] = {
    "sku": (
        "internal reference",
        "default code",
        "reference",
        "product reference",
        "ref",
        "article",
        "article id",
        "artikelnummer",
        "artikelnr",
        "art nr",
        "artikel",
        "bestellnummer",
        "produktnummer",
        "référence",
        "referencia",
        "codice",
        "código",
        "varenummer",
        "artikul",
        "артикул",
        "商品编码",
        "商品番号",
        "品番",
        "model number",
        "model",
        "code",
        "mpn",
        "ean",
        "ean13",
        "gtin",
        "upc",
        "barcode",
        "handle",
        "slug",
        "variant id",
        "product id",
        "item id",
        "id",
    ),
    "name": (
        "label",
        "product",
        "bezeichnung",
        "produktname",
        "artikelbezeichnung",
        "artikelname",
        "designation",
        "nom",
        "nombre",
        "nome",
        "naam",
        "nazwa",
        "название",
        "наименование",
        "商品名称",
        "商品名",
        "article",
        "item",
        "variant title",
        "variant name",
    ),
}
"""Required field → column names that may hold it: they are suggested, but not taken without asking."""
