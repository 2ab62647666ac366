"""Which of the products that somebody has chosen weren't met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.cells.sku import sku_key, sku_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa


class Unmet:
    """The ids and SKUs that no change set has had so far."""

    def __init__(self, products: Collection[int], skus: Collection[str]) -> None:
        self._ids = set(products)
        self._skus = {sku_key(sku): sku for sku in skus}

    def meet(self, data: pa.RecordBatch) -> None:
        """Takes the products of a set off. ``data``: those of the set."""
        if self._ids:
            self._ids.difference_update(data.column("product_id").to_pylist())
        if self._skus:
            for key in self._skus.keys() & set(sku_keys(data.column("sku")).to_pylist()):
                del self._skus[key]

    def names(self) -> Iterator[str]:
        """Yields what is left: SKUs as they were given, and ids."""
        yield from self._skus.values()
        yield from (f"product {number}" for number in sorted(self._ids))
