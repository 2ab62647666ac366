"""``/api/v1/products``: the catalogue, for programs and for the pages' scripts."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, cast

from aiohttp import web

from product_importer import fields
from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.fields import FLAG, PRODUCT
from product_importer.product import (
    PAGE_SIZE,
    SORTS,
    Product,
    ProductChange,
    ProductDraft,
    ProductFilter,
    Sort,
)
from product_importer.wire import page_object, product_object
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.outgoing import a_turn, send_pieces
from product_importer_web.etags import etag
from product_importer_web.keys import IMPORTER
from product_importer_web.problems import Problem, field_fault
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/api/v1/products"

FILTERS: Final = ("search", *fields.FILTERS, "active")
"""The parameters that choose products."""

_FIELDS: Final = {field.name: field for field in PRODUCT}
"""The fields that can be sent."""


async def list_products(request: web.Request) -> web.Response:
    given = reading.query(request, (*FILTERS, "sort", "page", "page_size"))
    page = await request.app[IMPORTER].catalogue.list(
        wanted(given),
        sort=known_sort(given.get("sort") or "sku"),
        page=reading.whole_number(given, "page", 1),
        page_size=reading.whole_number(given, "page_size", PAGE_SIZE),
    )
    return web.json_response(page_object(page))


async def export_products(request: web.Request) -> web.StreamResponse:
    """The products as a file, from one moment, as they come from the database."""
    pieces = request.app[IMPORTER].catalogue.export(wanted(reading.query(request, FILTERS)))
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": 'attachment; filename="products.csv"',
            "Cache-Control": "no-store",
        }
    )
    async with a_turn(request), aclosing(pieces):
        first = await anext(pieces)  # what can't be exported is told before anything is sent
        await send_pieces(request, response, _led_by(first, pieces))
    return response


async def _led_by(first: bytes, others: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in others:
        yield piece


async def create_product(request: web.Request) -> web.Response:
    sent = _fields(await reading.json_object(request))
    draft = ProductDraft(**{"sku": "", "name": "", **sent})
    product = await request.app[IMPORTER].catalogue.create(draft, actor=actor(request))
    return _answer(product, status=HTTPStatus.CREATED, headers={"Location": f"{PATH}/{product.id}"})


async def get_product(request: web.Request) -> web.Response:
    product = await request.app[IMPORTER].catalogue.get(_id(request))
    if any(f'"{tag.value}"' == etag(product) for tag in request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag(product)})
    return _answer(product)


async def change_product(request: web.Request) -> web.Response:
    version = await _expected_version(request)
    change = cast("ProductChange", _fields(await reading.json_object(request)))
    catalogue = request.app[IMPORTER].catalogue
    return _answer(await catalogue.change(_id(request), version, change, actor=actor(request)))


async def delete_product(request: web.Request) -> web.Response:
    version = await _expected_version(request)
    await request.app[IMPORTER].catalogue.delete(_id(request), version, actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def activate_selected(request: web.Request) -> web.Response:
    ids, active = _selection(await reading.json_object(request), "active")
    changed = await request.app[IMPORTER].catalogue.activate(ids, active, actor=actor(request))
    return web.json_response({"changed": changed})


async def delete_selected(request: web.Request) -> web.Response:
    ids, _ = _selection(await reading.json_object(request))
    deleted = await request.app[IMPORTER].catalogue.delete_selected(ids, actor=actor(request))
    return web.json_response({"deleted": deleted})


def wanted(given: Mapping[str, str]) -> ProductFilter:
    """The filter that these parameters say."""
    return ProductFilter(
        search=given.get("search", ""),
        active=reading.flag(given, "active"),
        **{name: given.get(name, "") for name in fields.FILTERS},
    )


def known_sort(text: str) -> Sort:
    """Raises :class:`UsageError`."""
    for sort in SORTS:
        if sort == text:
            return sort
    raise UsageError(f"Products can't be sorted by {quoted(text)}. Known: {', '.join(SORTS)}.")


def _fields(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A product's fields as they were sent, each of a kind that it can be."""
    faults = [_fault(name, value) for name, value in sent.items()]
    if found := [fault for fault in faults if fault is not None]:
        detail = " ".join(str(fault["message"]) for fault in found)
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_product", detail, errors=found)
    return {
        name: Decimal(value) if name == "price" and isinstance(value, int) else value
        for name, value in sent.items()
    }


def _fault(name: str, value: object) -> dict[str, str | None] | None:
    if name not in _FIELDS:
        return field_fault(
            name, "unknown_field", f"A product has no {quoted(name)}. It has {', '.join(_FIELDS)}."
        )
    field = _FIELDS[name]
    texts = name != "attributes" or (isinstance(value, dict) and all(map(_is_text, value.values())))
    if isinstance(value, field.json) and texts and (field.kind is FLAG or not isinstance(value, bool)):
        return None
    return field_fault(name, "wrong_type", f"The {name} {field.rule}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _selection(sent: Mapping[str, Any], *flags: str) -> tuple[list[int], bool]:
    """The ids of the selected products, and the value of the flag, if there is one to be sent."""
    ids = sent.get("ids")
    if sent.keys() != {"ids", *flags} or not isinstance(ids, list):
        raise UsageError(
            f"Send an object with {' and '.join(('ids', *flags))}; ids is a list of products' ids."
        )
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in ids):
        raise UsageError("Every one of the ids has to be a whole number.")
    values = [sent[name] for name in flags]
    if not all(isinstance(value, bool) for value in values):
        raise UsageError(f"{' and '.join(flags)} has to be true or false.")
    return ids, any(values)


async def _expected_version(request: web.Request) -> int:
    """The version of the product that whoever asks has seen. ``If-Match: *`` means: whichever it is."""
    product_id = _id(request)
    if request.if_match is None:
        raise Problem(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_required",
            "Say which state of the product is meant: send its ETag as If-Match, so that nobody's change is "
            "overwritten unseen.",
        )
    for tag in request.if_match:
        named, _, version = tag.value.partition("-")
        if named == str(product_id) and version.isascii() and version.isdigit() and len(version) < 19:
            return int(version)
    present = await request.app[IMPORTER].catalogue.get(product_id)
    return present.version if any(tag.value == "*" for tag in request.if_match) else 0


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _answer(
    product: Product, *, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response(
        product_object(product), status=status, headers={"ETag": etag(product), **(headers or {})}
    )


ROUTES = (
    Route("GET", PATH, list_products, Permission.VIEW, "api-products"),
    Route("GET", f"{PATH}.csv", export_products, Permission.VIEW, "api-products-csv"),
    Route("POST", PATH, create_product, Permission.EDIT, "api-product-create"),
    Route("POST", f"{PATH}/activate", activate_selected, Permission.EDIT, "api-products-activate"),
    Route("POST", f"{PATH}/delete", delete_selected, Permission.EDIT, "api-products-delete"),
    Route("GET", f"{PATH}/{ID}", get_product, Permission.VIEW, "api-product"),
    Route("PATCH", f"{PATH}/{ID}", change_product, Permission.EDIT, "api-product-change"),
    Route("DELETE", f"{PATH}/{ID}", delete_product, Permission.EDIT, "api-product-delete"),
)
