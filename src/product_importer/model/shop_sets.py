"""The folders in which plugins keep the profiles of shops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ShopProfiles:
    """A plugin's profiles of shops: the TOML files in ``folder``, each named after its shop."""

    name: str
    folder: Path
