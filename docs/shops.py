"""Writes the gallery of shops.md from the profiles that come with the library: ``python docs/shops.py``.

A test holds the page to what this makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from product_importer.builtin.plugin import product_importer_profiles
from product_importer.model.shops import ShopProfile
from product_importer.support.shop_files import shops_of

PAGE = Path(__file__).parent / "shops.md"
MARK = "<!-- From here on written by docs/shops.py -->\n"


def gallery() -> str:
    """A section for each shop."""
    shops = shops_of(product_importer_profiles()).values()
    return MARK + "\n" + "\n".join(line for shop in shops for line in _section(shop))


def _section(shop: ShopProfile) -> Iterator[str]:
    yield f"## {shop.title}\n"
    yield f"`--shop {shop.name}`. {shop.about}\n"
    ways = [_listed(names) for names in shop.headers]
    yield "A file is recognised if it has the columns " + "; or ".join(ways) + ".\n"
    if shop.sku_from:
        yield f"Where rows have no SKU, it can be made from {_listed(shop.sku_from)}, if you agree.\n"
    yield "| Column | is used as |"
    yield "|---|---|"
    yield from (f"| `{column}` | `{use}` |" for column, use in shop.map.items())
    yield ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(written + gallery(), encoding="utf-8")
