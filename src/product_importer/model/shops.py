"""The profiles of shops: how the exports of one shop's software are read, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from product_importer.model.transforms import Transform


@dataclass(frozen=True, slots=True)
class ShopProfile:
    """How the files of one shop's software are read.

    ``headers``: lists of columns; a file that has all columns of one list is such a file for certain.
    ``map`` gives COLUMN → FIELD for the columns that a file has. ``sku_from``: the columns from which a SKU
    is made, if the user agrees, for a shop that keeps none; ``sku_without``: their texts that say nothing,
    such as ``Default Title``.
    """

    name: str
    title: str
    about: str
    headers: tuple[tuple[str, ...], ...]
    map: Mapping[str, str] = field(default_factory=dict)
    transforms: tuple[Transform, ...] = ()
    sku_from: tuple[str, ...] = ()
    sku_without: tuple[str, ...] = ()
