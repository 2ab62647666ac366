"""Checks the profiles of shops that a plugin brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.model import ImportOptions, Status
from product_importer.support.shop_files import shops_of
from product_importer.testing.contracts import require
from product_importer.testing.databases import temporary_importer
from product_importer.testing.samples import plugin_set

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


async def check_profiles(
    plugin: object, files: Mapping[str, Path], options: ImportOptions | None = None
) -> None:
    """Checks the profiles of shops that the plugin brings, by an export of each shop; ``files`` has its path
    by the shop's name.

    Each file has to be recognised as its shop's, also beside the built-in profiles, and to be imported
    without rejected rows; a second import changes nothing. ``options`` answer what the files leave open.
    """
    plugins = plugin_set(plugin)
    own = [
        plugins.profiles[name]
        for loaded in plugins.loaded[1:]
        for name in loaded.registered.get("set of profiles", ())
    ]
    brought, all_shops = shops_of(own), shops_of(plugins.profiles.values())
    require(bool(brought), "the plugin brings no profiles")
    require(
        sorted(brought) == sorted(files),
        f"there are profiles for {sorted(brought)}, files for {sorted(files)}",
    )
    for name, path in files.items():
        shop = brought[name]
        require(bool(shop.title.strip()), f"the profile of {name} has no title")
        async with temporary_importer(plugin) as importer:
            shown = await importer.imports.preview(path, options)
            found = all_shops.recognised(shown.header)
            require(
                found is not None and found.name == name,
                f"the export of {name} is recognised as one of {found and found.name}",
            )
            report = await importer.run(path, options)
            require(report.status is Status.COMPLETED, f"the export of {name} fails: {report.state.message}")
            require(not report.invalid, f"rows of {name}'s export are rejected: {report.rejected[:3]}")
            require(report.created > 0, f"the export of {name} has no products")
            again = await importer.run(path, options)
            changed = again.created + again.updated
            require(not changed, f"the same export of {name} changes {changed} products the second time")
