"""The options that a user chooses on a page."""

from __future__ import annotations

from product_importer import Importer
from product_importer.support.shop_files import shops_of
from product_importer_web.pages import words


def choices(importer: Importer) -> dict[str, tuple[str, dict[str, str]]]:
    """Returns the choices of options, with plugins' policies for duplicates, and with the shops."""
    title, values = words.CHOICES["duplicates"]
    brought = {name: name for name in sorted(importer.plugins.dedupe_policies) if name not in values}
    shop, no_shop = words.CHOICES["shop"]
    shops = {name: each.title for name, each in shops_of(importer.plugins.profiles.values()).items()}
    return words.CHOICES | {"duplicates": (title, values | brought), "shop": (shop, no_shop | shops)}
