"""Reads the profiles of shops from their TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from product_importer.errors import PluginError
from product_importer.model import ShopProfile, ShopProfiles
from product_importer.support.records import InvalidRecord, record


def shops_of(sets: Iterable[ShopProfiles]) -> Mapping[str, ShopProfile]:
    """Returns the profiles by the names of their files. Raises :class:`PluginError` for a file that can't be
    read, and for two files of one name.
    """
    return _shops_in(tuple((each.name, each.folder) for each in sets))


@cache
def _shops_in(folders: tuple[tuple[str, Path], ...]) -> Mapping[str, ShopProfile]:
    shops: dict[str, ShopProfile] = {}
    for plugin, folder in folders:
        for path in sorted(folder.glob("*.toml")):
            if path.stem in shops:
                raise PluginError(
                    f"{path} is a second profile for the shop {path.stem!r}. Rename it, or disable a plugin.",
                    plugin=plugin,
                )
            shops[path.stem] = _read(plugin, path)
    return MappingProxyType(shops)


def _read(plugin: str, path: Path) -> ShopProfile:
    try:
        return record(ShopProfile, {"name": path.stem, **tomllib.loads(path.read_text("utf-8"))})
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, InvalidRecord) as error:
        raise PluginError(f"The profile {path} can't be used: {error}", plugin=plugin) from error
