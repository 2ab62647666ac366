"""What is done with a file's cells before its columns become fields: by options, and by a shop's profile.

Most files need nothing of this. The modules that do the work are loaded for the others only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from product_importer.errors import UsageError
from product_importer.model import AUTO_SHOP, NO_NEW_SKUS, NO_SHOP, ImportOptions, Question, RowWarning
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.support.shop_files import shops_of

if TYPE_CHECKING:
    import pyarrow as pa

    from product_importer.model.shops import ShopProfile
    from product_importer.pipeline.asked import Asked
    from product_importer.pipeline.transforms.chain import Chain, Told
    from product_importer.pipeline.transforms.skus import MakingSku
    from product_importer.ports import RawBatch
    from product_importer.registry import PluginSet
    from product_importer.support.shop_files import Shops


@dataclass(frozen=True, slots=True)
class Preparation:
    """How the cells of one file are prepared. ``header`` and ``options`` are those for the mapping.

    It takes the file's batches in order, once; another reading needs another preparation. ``skus`` counts the
    rows without a SKU, which can be made from the columns ``sku_names``.
    """

    header: tuple[str, ...]
    options: ImportOptions
    shop: ShopProfile | None = None
    chain: Chain | None = None
    skus: MakingSku | None = None
    sku_names: tuple[str, ...] = ()

    def apply(self, raw: RawBatch) -> tuple[RawBatch, Sequence[Told], Sequence[pa.RecordBatch]]:
        """Returns the batch, what was found in it, and the cells of rows that were left out, if products that
        the file lacks don't stay as they are.
        """
        return (raw, (), ()) if self.chain is None else self.chain.apply(raw)

    def as_written(self, place: int | None) -> int | None:
        """The place of a column, unless steps may put other texts for its filled cells."""
        if place is None or self.chain is None or not self.chain.rewrites(place):
            return place
        return None

    @property
    def asked(self) -> Asked | None:
        """The plugin's transform that is running."""
        return None if self.chain is None else self.chain.asked

    @property
    def shop_name(self) -> str:
        """The value of the option ``shop`` with which the file is read in this way."""
        return NO_SHOP if self.shop is None else self.shop.name

    def question(self) -> Question | None:
        """What has to be asked; known after the last batch."""
        if self.skus is None or self.shop is None:
            return None
        return self.skus.question(self.header, self.sku_names, self.shop.title)

    def warnings(self) -> tuple[RowWarning, ...]:
        """What the user has to know about the file as a whole."""
        if self.shop is None:
            return ()
        message = (
            f"The file was read as an export of {self.shop.title}. {self.shop.about} "
            "If it is no such file, import it with --shop none."
        )
        return (RowWarning(WarningCode.READ_AS_SHOP, message),)


def prepare(header: Sequence[str], options: ImportOptions, plugins: PluginSet) -> Preparation:
    """Returns the preparation of a file with this header. Raises :class:`UsageError` for an unknown shop, and
    for columns that the options name and the file lacks.
    """
    shop = _shop(header, options, shops_of(plugins.profiles.values()))
    if shop is None and not options.transforms and options.sku_from in (None, NO_NEW_SKUS):
        return Preparation(tuple(header), options)
    from product_importer.pipeline.transforms.arranging import arranged  # noqa: PLC0415

    return arranged(header, options, shop, plugins)


def _shop(header: Sequence[str], options: ImportOptions, shops: Shops) -> ShopProfile | None:
    if options.shop == AUTO_SHOP:
        return shops.recognised(header)
    if options.shop == NO_SHOP:
        return None
    if options.shop not in shops:
        known = ", ".join((AUTO_SHOP, NO_SHOP, *shops))
        raise UsageError(f"There is no profile for the shop {options.shop!r}. Known: {known}.")
    return shops[options.shop]
