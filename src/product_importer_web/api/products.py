"""The API at ``/api/v1/products``: the catalogue, for programs and for the pages' scripts."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, cast

from aiohttp import web

from product_importer.fields import REQUIRED_FIELDS
from product_importer.product import Product, ProductChange, ProductDraft
from product_importer.wire import page_object, product_object
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.preconditions import expected_version
from product_importer_web.api.product_bodies import (
    Activation,
    Changed,
    Deleted,
    ListQuery,
    ProductFields,
    ProductPageShown,
    ProductShown,
    Selection,
    filter_of,
    values_of,
)
from product_importer_web.declarations import Answer, Header, json_of
from product_importer_web.etags import etag
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/api/v1/products"

_STATE: Final = Header(
    "If-Match", "The product's ETag: which state of it is meant. `*` means any.", required=True
)


async def list_products(request: web.Request) -> web.Response:
    """Returns a page of products."""
    given = reading.query(request, ListQuery)
    page = await request.app[IMPORTER].catalogue.list(
        filter_of(given), sort=given.sort, page=given.page, page_size=given.page_size
    )
    return web.json_response(page_object(page))


async def create_product(request: web.Request) -> web.Response:
    """Creates a product."""
    sent = values_of(await reading.body(request, ProductFields))
    draft = ProductDraft(**{"sku": "", "name": "", **sent})
    product = await request.app[IMPORTER].catalogue.create(draft, actor=actor(request))
    return _answer(product, status=HTTPStatus.CREATED, headers={"Location": f"{PATH}/{product.id}"})


async def get_product(request: web.Request) -> web.Response:
    """Returns one product."""
    product = await request.app[IMPORTER].catalogue.get(_id(request))
    if any(f'"{tag.value}"' == etag(product) for tag in request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag(product)})
    return _answer(product)


async def change_product(request: web.Request) -> web.Response:
    """Changes the fields that are sent."""
    version = await _expected_version(request)
    change = cast("ProductChange", values_of(await reading.body(request, ProductFields)))
    catalogue = request.app[IMPORTER].catalogue
    return _answer(await catalogue.change(_id(request), version, change, actor=actor(request)))


async def delete_product(request: web.Request) -> web.Response:
    """Deletes the product."""
    version = await _expected_version(request)
    await request.app[IMPORTER].catalogue.delete(_id(request), version, actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def activate_selected(request: web.Request) -> web.Response:
    """Makes the selected products active, or inactive."""
    sent = await reading.body(request, Activation)
    changed = await request.app[IMPORTER].catalogue.activate(sent.ids, sent.active, actor=actor(request))
    return web.json_response({"changed": changed})


async def delete_selected(request: web.Request) -> web.Response:
    """Deletes the selected products."""
    sent = await reading.body(request, Selection)
    deleted = await request.app[IMPORTER].catalogue.delete_selected(sent.ids, actor=actor(request))
    return web.json_response({"deleted": deleted})


async def _expected_version(request: web.Request) -> int:
    return await expected_version(request, "product", request.app[IMPORTER].catalogue.get)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _answer(
    product: Product, *, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response(
        product_object(product), status=status, headers={"ETag": etag(product), **(headers or {})}
    )


_ONE: Final = f"{PATH}/{ID}"
_CONFLICTS: Final = (
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.PRECONDITION_REQUIRED,
)
_SHOWN: Final = Answer(HTTPStatus.OK, ProductShown, headers=("ETag",))

ROUTES = (
    Route(
        "GET", PATH, list_products, Permission.VIEW, "api-products",
        query=(ListQuery,), answers=(Answer(HTTPStatus.OK, ProductPageShown),),
    ),
    Route(
        "POST", PATH, create_product, Permission.EDIT, "api-product-create",
        body=json_of(ProductFields, needs=REQUIRED_FIELDS),
        answers=(Answer(HTTPStatus.CREATED, ProductShown, headers=("ETag", "Location")),),
        problems=(HTTPStatus.CONFLICT,),
    ),
    Route(
        "POST", f"{PATH}/activate", activate_selected, Permission.EDIT, "api-products-activate",
        body=json_of(Activation), answers=(Answer(HTTPStatus.OK, Changed),),
    ),
    Route(
        "POST", f"{PATH}/delete", delete_selected, Permission.EDIT, "api-products-delete",
        body=json_of(Selection), answers=(Answer(HTTPStatus.OK, Deleted),),
    ),
    Route(
        "GET", _ONE, get_product, Permission.VIEW, "api-product",
        headers=(Header("If-None-Match", "An ETag: the product isn't sent again if it still has that one."),),
        answers=(_SHOWN, Answer(HTTPStatus.NOT_MODIFIED, media_type=None, headers=("ETag",))),
    ),
    Route(
        "PATCH", _ONE, change_product, Permission.EDIT, "api-product-change",
        body=json_of(ProductFields), headers=(_STATE,), answers=(_SHOWN,), problems=_CONFLICTS,
    ),
    Route(
        "DELETE", _ONE, delete_product, Permission.EDIT, "api-product-delete",
        headers=(_STATE,), answers=(Answer(HTTPStatus.NO_CONTENT, media_type=None),), problems=_CONFLICTS,
    ),
)  # fmt: skip
