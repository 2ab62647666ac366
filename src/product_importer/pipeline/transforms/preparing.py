"""What is done with a file's cells before its columns become fields: by options, and by a shop's profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from product_importer.errors import UsageError
from product_importer.fields import FIELDS, letters
from product_importer.model import ImportOptions, Question, RowWarning, ShopProfile
from product_importer.pipeline.mapping import guess_mapping
from product_importer.pipeline.transforms.chain import Chain, Told
from product_importer.pipeline.transforms.columns import Headers
from product_importer.pipeline.transforms.skus import NONE, PLUS, MakingSku
from product_importer.pipeline.transforms.starting import steps_of
from product_importer.pipeline.warning_codes import WarningCode

if TYPE_CHECKING:
    from product_importer.pipeline.transforms.steps import Step
    from product_importer.ports import RawBatch

AUTO: Final = "auto"
_NEW_SKU: Final = "SKU"


@dataclass(frozen=True, slots=True)
class Preparation:
    """How the cells of one file are prepared. ``header`` and ``options`` are those for the mapping.

    It takes the file's batches in order, once; another reading needs another preparation.
    """

    header: tuple[str, ...]
    options: ImportOptions
    shop: ShopProfile | None
    _chain: Chain | None
    _skus: MakingSku | None
    _sku_names: tuple[str, ...]

    def apply(self, raw: RawBatch) -> tuple[RawBatch, Sequence[Told]]:
        return (raw, ()) if self._chain is None else self._chain.apply(raw)

    def question(self) -> Question | None:
        """What has to be asked; known after the last batch."""
        if self._skus is None or self.shop is None:
            return None
        return self._skus.question(self.header, self._sku_names, self.shop.title)

    def warnings(self) -> tuple[RowWarning, ...]:
        """What the user has to know about the file as a whole."""
        if self.shop is None:
            return ()
        message = (
            f"The file was read as a {self.shop.title} export. {self.shop.about} "
            "If it is no such file, import it with --shop none."
        )
        return (RowWarning(WarningCode.READ_AS_SHOP, message),)


def prepare(header: Sequence[str], options: ImportOptions, shops: Mapping[str, ShopProfile]) -> Preparation:
    """Returns the preparation of a file with this header. Raises :class:`UsageError` for an unknown shop, and
    for columns that the options name and the file lacks.
    """
    shop = _shop(header, options, shops)
    if shop is None and not options.transforms and options.sku_from in (None, NONE):
        return Preparation(tuple(header), options, None, None, None, ())
    own = Headers(header, strict=True)
    steps: list[Step] = list(steps_of(options.transforms, own))
    headers = own
    if shop is not None:
        headers = Headers(own.names, strict=False)
        steps += steps_of(shop.transforms, headers)
        options = replace(options, map={**_map(headers.names, options, shop), **options.map})
    skus, names = _skus(headers, options, shop)
    if skus is not None:
        steps.append(skus)
    return Preparation(headers.names, options, shop, Chain(steps, headers.names), skus, names)


def recognised(header: Sequence[str], shops: Mapping[str, ShopProfile]) -> ShopProfile | None:
    """The shop whose files have such a header; of several, the one of which the most columns are there."""
    known = {letters(name) for name in header}
    found = [
        (len(names), shop)
        for shop in shops.values()
        for names in shop.headers
        if known.issuperset(map(letters, names))
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _shop(
    header: Sequence[str], options: ImportOptions, shops: Mapping[str, ShopProfile]
) -> ShopProfile | None:
    if options.shop == AUTO:
        return recognised(header, shops)
    if options.shop == NONE:
        return None
    if options.shop not in shops:
        known = ", ".join((AUTO, NONE, *shops))
        raise UsageError(f"There is no profile for the shop {options.shop!r}. Known: {known}.")
    return shops[options.shop]


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
    if given == NONE or (given is None and (shop is None or not shop.sku_from)):
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
