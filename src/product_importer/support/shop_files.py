"""Reads the profiles of shops from their TOML files: only what is asked for, because most files need none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from product_importer.errors import PluginError
from product_importer.fields import letters
from product_importer.model import ShopProfiles

if TYPE_CHECKING:
    from product_importer.model.shops import ShopProfile

_HEADERS: Final = re.compile(r"^headers = (\[.*\])$", re.MULTILINE)
"""The line that most profiles have. It is valid JSON, too, which is read much faster than a whole profile."""


class Shops(Mapping[str, "ShopProfile"]):
    """The profiles by the names of their files; each is read when it is needed."""

    def __init__(self, sets: Iterable[ShopProfiles] = ()) -> None:
        self._files: dict[str, tuple[str, Path]] = {}
        for each in sets:
            if not each.folder.is_dir():
                raise PluginError(f"There is no folder {each.folder} with profiles.", plugin=each.name)
            for path in sorted(each.folder.glob("*.toml")):
                if path.stem in self._files:
                    raise PluginError(
                        f"{path} is a second profile for the shop {path.stem!r}. "
                        "Rename it, or disable a plugin.",
                        plugin=each.name,
                    )
                self._files[path.stem] = (each.name, path)

    def __getitem__(self, name: str) -> ShopProfile:
        return _read(*self._files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def recognised(self, header: Sequence[str]) -> ShopProfile | None:
        """The shop whose files have such a header; of several, the one with the most of its columns there."""
        known = {letters(name) for name in header}
        found = [
            (len(names), name)
            for name, (plugin, path) in self._files.items()
            for names in _headers(plugin, path)
            if known.issuperset(names)
        ]
        return self[max(found)[1]] if found else None


def shops_of(sets: Iterable[ShopProfiles]) -> Shops:
    """Returns the profiles. Raises :class:`PluginError` for two files of one name, and for a folder that
    isn't there; a file that can't be read raises it when its shop is looked at.
    """
    return _shops_of(tuple(sets))


@cache
def _shops_of(sets: tuple[ShopProfiles, ...]) -> Shops:
    return Shops(sets)


@cache
def _headers(plugin: str, path: Path) -> tuple[frozenset[str], ...]:
    """The lists of columns by which the shop is recognised, in the form in which columns are compared."""
    found = _HEADERS.search(_text(plugin, path))
    try:
        lists = json.loads(found[1]) if found else _read(plugin, path).headers
    except ValueError:
        lists = _read(plugin, path).headers
    return tuple(frozenset(letters(name) for name in names) for names in lists)


@cache
def _read(plugin: str, path: Path) -> ShopProfile:
    import tomllib  # noqa: PLC0415

    from product_importer.model.shops import ShopProfile  # noqa: PLC0415
    from product_importer.support.records import InvalidRecord, record  # noqa: PLC0415

    try:
        return record(ShopProfile, {"name": path.stem, **tomllib.loads(_text(plugin, path))})
    except (tomllib.TOMLDecodeError, InvalidRecord) as error:
        raise PluginError(f"The profile {path} can't be used: {error}", plugin=plugin) from error


def _text(plugin: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise PluginError(f"The profile {path} can't be used: {error}", plugin=plugin) from error
