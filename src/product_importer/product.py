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
"""The keys by which products are sorted; with ``-`` in front, in descending order."""

SORTS: tuple[Sort, ...] = get_args(Sort)

PAGE_SIZE = 20
MAX_PAGE_SIZE = 200

_CENT = Decimal("0.01")
_FOUR_DECIMALS = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is stored in the database.

    ``version`` grows with every change. ``created_by_import`` and ``updated_by_import`` are the imports that
    created it and changed it last, or None if that was no import. ``attributes`` are texts, unless a program
    stored other values there.
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
    """Returns the price as it is shown and exported: with two decimals, or with four if it has more.

    It never has three decimals, which could be taken for thousands.
    """
    exponent = price.normalize().as_tuple().exponent
    more = isinstance(exponent, int) and exponent < -2
    return format(price.quantize(_FOUR_DECIMALS if more else _CENT), "f")


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product to be created. ``price`` and ``stock`` as text are read as an import reads them."""

    sku: str
    name: str
    description: str | None = None
    price: Decimal | int | str | None = None
    active: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    barcode: str | None = None
    stock: int | str | None = None


@dataclass(frozen=True, slots=True)
class CheckedProduct:
    """A product's values as they are stored. ``attributes`` is a JSON object."""

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
    """The fields to be changed, with their new values; fields that are left out stay.

    ``attributes`` are replaced as a whole.
    """

    sku: str
    name: str
    description: str | None
    price: Decimal | int | str | None
    active: bool
    attributes: Mapping[str, str]
    barcode: str | None
    stock: int | str | None


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Conditions on products; a product has to fulfil all of them.

    ``search``: each of its words is contained in the SKU, name, description, attributes or barcode;
    commas and semicolons at a word's ends are ignored. ``sku``, ``name``, ``description``, ``barcode``: the
    field contains this text. Case is ignored; SKUs are compared by their keys. Blank texts don't filter.

    ``price_from`` and ``price_to``: the price is in this range, ends included. ``attributes``: the product
    has these attributes with exactly these values. ``changed_since``: the product was created or changed
    at this time (with a time zone) or later. ``created_by_import``, ``updated_by_import``: the id of the
    import that created the product, or changed it last.
    """

    search: str = ""
    sku: str = ""
    name: str = ""
    description: str = ""
    active: bool | None = None
    barcode: str = ""
    price_from: Decimal | int | None = None
    price_to: Decimal | int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    changed_since: datetime | None = None
    created_by_import: int | None = None
    updated_by_import: int | None = None

    @property
    def counted(self) -> bool:
        """Whether the number of matching products is known without a search: only ``active`` is set."""
        return self == ProductFilter(active=self.active)


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of the products found, in order. ``page`` counts from 1.

    ``total``: the number of products found. If ``total_is_exact`` is false, there are more, because counting
    on would take too long. It is exact on the last page and beyond it. ``pending``: products whose latest
    change is not indexed yet; they are included all the same, which makes the query slower.
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
        """The number of pages, as far as counted; at least one."""
        met = self.page + self.has_next if self.products else 1
        return max(met, -(-self.total // self.page_size))


@dataclass(frozen=True, slots=True)
class Indexing:
    """How far the tables for sorting and searching are up to date with the products.

    ``done``: changes that were indexed in this step; ``pending``: changes that are left. ``searchable``:
    whether searching is fast; if not, the database lacks the extension pg_trgm. ``importing``: whether an
    import runs, which indexing may let go first.
    """

    done: int
    pending: int
    searchable: bool
    importing: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """The deletion of all products.

    It is one transaction: ``deleted`` shows its progress, but until ``status`` is completed, all products
    still exist for all other transactions, and if it fails they stay. ``total``: the confirmed number of
    products. If products were added or removed before it began, ``message`` says so at its end.
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
        """The progress, 0–100; 100 only when the deletion is completed."""
        if self.status is Status.COMPLETED:
            return 100.0
        return min(99.9, round(100 * self.deleted / self.total, 1)) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Collision:
    """A stored product that has an attribute twice, or shares its SKU with another product, in different
    spellings.

    ``kind`` is ``sku`` or ``attribute``; ``found`` is the product's present value, ``wanted`` what it would
    be if that weren't taken; ``sku`` is the product's SKU.
    """

    kind: str
    found: str
    wanted: str
    product_id: int
    sku: str
