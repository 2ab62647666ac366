"""Products as the catalogue shows and changes them. Standard library only; all frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypedDict, get_args

from product_importer.model import Status

Sort = Literal[
    "sku",
    "name",
    "price",
    "active",
    "stock",
    "created",
    "updated",
    "-sku",
    "-name",
    "-price",
    "-active",
    "-stock",
    "-created",
    "-updated",
]
"""By what products are sorted; with ``-`` in front, the other way round."""

SORTS: tuple[Sort, ...] = get_args(Sort)

PAGE_SIZE = 20
MAX_PAGE_SIZE = 200

_CENT = Decimal("0.01")
_FOUR_DECIMALS = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the database has it.

    ``version`` grows with every change. ``created_by_import`` and ``updated_by_import`` are the imports that
    made it and that changed it last, or None where a person did. ``attributes`` are texts, unless a program
    stored something else there.
    """

    id: int
    version: int
    sku: str
    name: str
    description: str | None
    price: Decimal | None
    active: bool
    attributes: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    created_by_import: int | None = None
    updated_by_import: int | None = None
    barcode: str | None = None
    stock: int | None = None


def price_text(price: Decimal) -> str:
    """The price as it is shown and exported: with two decimals, or with four where it has more.

    Never with three, which could be taken for the last digits of thousands.
    """
    exponent = price.normalize().as_tuple().exponent
    more = isinstance(exponent, int) and exponent < -2
    return format(price.quantize(_FOUR_DECIMALS if more else _CENT), "f")


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product that is to be made. ``price`` and ``stock`` as text are read as an import reads them."""

    sku: str
    name: str
    description: str | None = None
    price: Decimal | str | None = None
    active: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    barcode: str | None = None
    stock: int | str | None = None


@dataclass(frozen=True, slots=True)
class CheckedProduct:
    """A product's values as they are to be stored. ``attributes`` is a JSON object."""

    sku_key: str
    sku: str
    name: str
    description: str | None
    price: Decimal | None
    active: bool
    attributes: str
    barcode: str | None
    stock: int | None


class ProductChange(TypedDict, total=False):
    """The fields that are to have other values; what is left out stays.

    ``attributes`` are replaced as a whole.
    """

    sku: str
    name: str
    description: str | None
    price: Decimal | str | None
    active: bool
    attributes: Mapping[str, str]
    barcode: str | None
    stock: int | str | None


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products: those for which all of these hold.

    ``search``: each of its words stands somewhere in the SKU, name, description, attributes or barcode;
    commas and semicolons at a word's ends don't count. ``sku``, ``name``, ``description``, ``barcode``: the
    field holds this text. In any case of letters; SKUs are compared by their keys. Blank texts don't filter.
    """

    search: str = ""
    sku: str = ""
    name: str = ""
    description: str = ""
    active: bool | None = None
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Some of the products that were asked for, in order. ``page`` counts from 1.

    ``total``: how many there are in all; where ``total_is_exact`` is false, more than that, because
    counting on would take too long. It is exact on the last page and beyond it. ``pending``: products whose
    latest change is still to be indexed; they are in the answer all the same, which takes longer meanwhile.
    """

    products: tuple[Product, ...]
    page: int
    page_size: int
    total: int
    total_is_exact: bool
    has_next: bool
    pending: int

    @property
    def pages(self) -> int:
        """How many pages there are, as far as counted; at least one."""
        met = self.page + self.has_next if self.products else 1
        return max(met, -(-self.total // self.page_size))


@dataclass(frozen=True, slots=True)
class Indexing:
    """How far the tables for sorting and searching are up to date with the products.

    ``done``: changes that were indexed in this step; ``pending``: those that are left. ``searchable``:
    whether searching is fast; if not, the database lacks the extension pg_trgm. ``importing``: an import
    runs, which may well be let pass first.
    """

    done: int
    pending: int
    searchable: bool
    importing: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """The deletion of all products.

    It is one transaction: ``deleted`` tells how far it has got, but until ``status`` is completed, all
    products are still there for everybody else, and if it fails they stay. ``total``: how many were
    confirmed. Where others came or went before it began, ``message`` says so at its end.
    """

    id: int
    status: Status
    actor: str
    total: int
    deleted: int
    message: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.status in (Status.COMPLETED, Status.FAILED)

    @property
    def percent(self) -> float:
        """0–100; 100 only when it is completed."""
        if self.status is Status.COMPLETED:
            return 100.0
        return min(99.9, round(100 * self.deleted / self.total, 1)) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Collision:
    """A stored product that has an attribute twice, or whose SKU another product has, in two ways of writing.

    ``kind`` is ``sku`` or ``attribute``; ``found`` is what the product has, ``wanted`` what it would be if
    that weren't taken; ``sku`` is the product's.
    """

    kind: str
    found: str
    wanted: str
    product_id: int
    sku: str
