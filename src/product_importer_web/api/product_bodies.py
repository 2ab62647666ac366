"""The bodies of requests and responses about products; the fields follow from ``product_importer.fields``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import reduce
from http import HTTPStatus
from operator import or_
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_type_hints

from msgspec import UNSET, Meta, UnsetType

from product_importer.fields import PRODUCT
from product_importer.model import DecimalSign
from product_importer.product import MAX_PAGE_SIZE, PAGE_SIZE, Product, ProductFilter, Sort
from product_importer_web.declarations import (
    Body,
    Number,
    NumberOrText,
    Query,
    Refusal,
    Shown,
    struct_of,
)

_LAST_PAGE: Final = ((1 << 63) - 1) // MAX_PAGE_SIZE


def _sent(json: tuple[type, ...], rule: str) -> Any:
    """Returns the type of a field's values in JSON; ``rule`` ends the sentence that refuses other values."""
    types: set[Any] = set(json)
    if Decimal in types:
        number = NumberOrText if str in types else Number
        types = (types - {str, int, Decimal}) | {number}
    parts = [dict[str, str] if each is dict else each for each in types]
    union = reduce(or_, sorted(parts, key=lambda each: each is type(None)))
    return Annotated[union, Meta(extra={"rule": rule})] | UnsetType


class _OfProducts(Body, frozen=True):
    refusal: ClassVar[Refusal] = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_product", thing="field", named="The {name}"
    )


ProductFields = struct_of(
    "ProductFields",
    _OfProducts,
    [(field.name, _sent(field.json, field.rule), UNSET) for field in PRODUCT],
    doc="The fields of a product. What is left out stays as it is, or as it is by default.",
)


def values_of(sent: Body) -> dict[str, Any]:
    """Returns the fields that were sent, in the library's types."""
    values = {name: getattr(sent, name) for name in sent.__struct_fields__}
    return {
        name: value.value if isinstance(value, Number) else value
        for name, value in values.items()
        if value is not UNSET
    }


_Ids = Annotated[list[int], Meta(extra={"rule": "have to be a list of products' ids"})]


class Selection(Body, frozen=True):
    """Products, by their ids."""

    ids: _Ids


class Activation(Selection, frozen=True):
    """Products, and whether they are to be active."""

    active: bool


_IMPORT: Final = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)] | None
_PRICE: Final = Annotated[Decimal, Meta(extra={"rule": "has to be a number such as 4.50"})] | None
TIME: TypeAlias = (
    Annotated[datetime, Meta(tz=True, extra={"rule": "has to be a time such as 2026-01-31T12:00:00Z"})] | None
)
_ATTRIBUTE: Final = (
    Annotated[str, Meta(pattern="^[^=]+=", extra={"rule": "has to be an attribute and a value, NAME=VALUE"})]
    | None
)
_QUERIED: Final[Mapping[str, tuple[str, Any, Any]]] = {
    "attributes": ("attribute", _ATTRIBUTE, None),
    "price_from": ("price_from", _PRICE, None),
    "price_to": ("price_to", _PRICE, None),
    "changed_since": ("changed_since", TIME, None),
    "created_by_import": ("created_by_import", _IMPORT, None),
    "updated_by_import": ("updated_by_import", _IMPORT, None),
}
"""The parameters for fields of a filter that aren't texts, by field: name, type and default value."""


def _filter_fields() -> list[tuple[str, Any, Any]]:
    hints = get_type_hints(ProductFilter)
    return [
        _QUERIED.get(field.name, (field.name, hints[field.name], field.default))
        for field in dataclasses.fields(ProductFilter)
    ]


FilterQuery = struct_of("FilterQuery", Query, _filter_fields(), doc="The parameters that choose products.")


class _ColumnsQuery(Query, frozen=True):
    """``columns``: the names of fields and attributes, separated by commas; empty means all."""

    columns: str = ""


class _CsvQuery(_ColumnsQuery, frozen=True):
    """How a CSV file is written."""

    delimiter: Literal[",", ";", "\t", "|"] = ","
    bom: bool = False
    decimal: DecimalSign = "point"


ExportQuery = struct_of(
    "ExportQuery", _ColumnsQuery, _filter_fields(), doc="The parameters that choose products and columns."
)
CsvQuery = struct_of(
    "CsvQuery",
    _CsvQuery,
    _filter_fields(),
    doc="The parameters that choose products, columns and their form.",
)


class _PageQuery(Query, frozen=True):
    """The order of a list, and the number of a page of it."""

    sort: Sort = "sku"
    page: Annotated[int, Meta(ge=1, le=_LAST_PAGE)] = 1
    page_size: Annotated[int, Meta(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE


ListQuery = struct_of(
    "ListQuery",
    _PageQuery,
    _filter_fields(),
    doc="The parameters that choose products, their order, and the page.",
)


def filter_of(query: Query) -> ProductFilter:
    """Returns the filter that these parameters describe."""
    given = {
        field.name: getattr(query, field.name)
        for field in dataclasses.fields(ProductFilter)
        if field.name != "attributes"
    }
    attribute: str | None = getattr(query, _QUERIED["attributes"][0])
    if attribute is not None:
        name, _, value = attribute.partition("=")
        given["attributes"] = {name: value}
    return ProductFilter(**given)


def _shown_fields() -> list[tuple[str, Any]]:
    """Returns the fields and types that ``product_importer.wire`` shows: decimal numbers are texts."""
    shown: Mapping[Any, Any] = {
        Decimal | None: str | None,
        Mapping[str, object]: dict[str, Any],
        datetime: datetime,
    }
    return [(name, shown.get(hint, hint)) for name, hint in get_type_hints(Product).items()]


ProductShown = struct_of("ProductShown", Shown, _shown_fields(), doc="A product.")


class ProductPageShown(Shown, frozen=True):
    """A page of products, and its place in the list."""

    products: list[ProductShown]  # type: ignore[valid-type]  # made of data
    page: int
    page_size: int
    pages: int
    total: int
    total_is_exact: bool
    has_next: bool
    pending: int


class Changed(Shown, frozen=True):
    """The number of products that were changed."""

    changed: int


class Deleted(Shown, frozen=True):
    """The number of products that were deleted."""

    deleted: int
