"""Arranges the steps for a file that needs some: of the options, of a shop, and the making of SKUs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.fields import FIELDS, letters
from product_importer.model import NO_NEW_SKUS
from product_importer.model.transforms import OneView, Transform
from product_importer.pipeline.mapping import guess_mapping
from product_importer.pipeline.transforms.chain import Chain
from product_importer.pipeline.transforms.columns import Headers
from product_importer.pipeline.transforms.preparing import Preparation
from product_importer.pipeline.transforms.skus import PLUS, MakingSku
from product_importer.pipeline.transforms.starting import steps_of

if TYPE_CHECKING:
    from product_importer.model import ImportOptions
    from product_importer.model.shops import ShopProfile
    from product_importer.pipeline.transforms.plugin_step import PluginStep
    from product_importer.pipeline.transforms.steps import Step
    from product_importer.registry import PluginSet

_NEW_SKU: Final = "SKU"


def arranged(
    header: Sequence[str], options: ImportOptions, shop: ShopProfile | None, plugins: PluginSet
) -> Preparation:
    """Returns the preparation of a file with this header. Raises :class:`UsageError` for columns that the
    options name and the file lacks.
    """
    own = Headers(header, strict=True)
    steps: list[Step | PluginStep] = list(steps_of(options.transforms, own, plugins))
    headers = own
    if shop is not None:
        headers = Headers(own.names, strict=False)
        steps += steps_of(_wanted(shop, options), headers, plugins)
        options = replace(options, shop=shop.name, map={**_map(headers.names, options, shop), **options.map})
    skus, names = _skus(headers, options, shop)
    if skus is not None:
        steps.append(skus)
    chain = Chain(steps, headers.names, keeps_left=options.missing != "keep")
    return Preparation(headers.names, options, shop, chain, skus, names)


def _wanted(shop: ShopProfile, options: ImportOptions) -> Iterator[Transform]:
    """The shop's steps without those about a column that, as the options say, is something else."""
    said = {letters(column) for column in options.map}
    for transform in shop.transforms:
        if not (isinstance(transform, OneView) and letters(transform.column) in said):
            yield transform


def _map(header: Sequence[str], options: ImportOptions, shop: ShopProfile) -> dict[str, str]:
    """The columns that the shop's profile maps, without those that the options map, and without fields for
    which the options or the profile have a column already.
    """
    headers = Headers(header, strict=False)
    said = {letters(column) for column in options.map}
    taken = {target.strip().lower() for target in options.map.values()} & set(FIELDS)
    found: dict[str, str] = {}
    for column, target in shop.map.items():
        places = headers.find_all([column])
        if len(places) != 1:
            continue
        name = header[places[0]]
        if letters(name) in said or name in found or target in taken:
            continue
        found[name] = target
        taken |= {target} & set(FIELDS)
    return found


def _skus(
    headers: Headers, options: ImportOptions, shop: ShopProfile | None
) -> tuple[MakingSku | None, tuple[str, ...]]:
    """The step that makes SKUs or counts the rows without, and the names of the columns that it uses."""
    given = options.sku_from
    if given == NO_NEW_SKUS or (given is None and (shop is None or not shop.sku_from)):
        return None, ()
    if given is not None:
        parts = Headers(headers.names, strict=True).find_all(name.strip() for name in given.split(PLUS))
    else:
        parts = headers.find_all(shop.sku_from if shop is not None else ())
    if not parts:
        return None, ()
    place = guess_mapping(headers.names, options).index_of("sku")
    if place is None:
        place = headers.find_or_add(_NEW_SKU)
    names = tuple(headers.names[part] for part in parts)
    without = shop.sku_without if shop is not None else ()
    return MakingSku(place, parts, without, make=given is not None), names
