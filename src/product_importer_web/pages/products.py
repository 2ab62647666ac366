"""The list of products, and the page of each product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from product_importer import Importer
from product_importer.fields import FILTERS
from product_importer.model import Status
from product_importer.product import MAX_PAGE_SIZE, PAGE_SIZE, ProductPage
from product_importer_web.api import products as api
from product_importer_web.api import reading
from product_importer_web.api.history import ComparisonQuery, HistoryQuery, compared
from product_importer_web.api.outgoing import CSV
from product_importer_web.api.product_bodies import FilterQuery, ListQuery, filter_of
from product_importer_web.etags import etag
from product_importer_web.keys import IMPORTER
from product_importer_web.pages import words
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route

PATH: Final = "/products"

PAGE_SIZES: Final = (PAGE_SIZE, 50, 100, MAX_PAGE_SIZE)

_FRESH: Final = timedelta(days=1)
"""How long after its end the list offers to undo a deletion of all products."""

_FILTERS: Final = FilterQuery.__struct_fields__
_FURTHER: Final = tuple(name for name in _FILTERS if name not in {"search", "active", *FILTERS})
_STATE: Final = (*_FILTERS, "sort", "page", "page_size")
"""The parameters of the page's address; those with their default values are left out."""

_USUAL: Final = {"sort": "sku", "page": "1", "page_size": str(PAGE_SIZES[0])}


@dataclass(frozen=True, slots=True)
class State:
    """The state of the list in the page's address."""

    given: Mapping[str, str]

    @property
    def sort(self) -> str:
        return self.given.get("sort") or _USUAL["sort"]

    @property
    def filtered(self) -> bool:
        return any(self.given.get(name) for name in _FILTERS)

    @property
    def further(self) -> list[tuple[str, str]]:
        """The filters for which the page has no input, and their values, as they stand in the address."""
        return [(name, value) for name in _FURTHER if (value := self.given.get(name))]

    def value(self, name: str) -> str:
        return self.given.get(name, "")

    def address(self, **changed: object) -> str:
        """Returns the address of the same page with other parameters."""
        values = {name: self.given.get(name, "") for name in _STATE}
        values |= {name: str(value) for name, value in changed.items()}
        return self._address(PATH, values)

    def sorted_by(self, column: str) -> str:
        """Returns the address for a click on a column's head: sorted by the column, or in reverse order."""
        return self.address(sort=f"-{column}" if self.sort == column else column, page=1)

    def export(self) -> str:
        return self._address(f"{api.PATH}.csv", {name: self.given.get(name, "") for name in _FILTERS})

    @staticmethod
    def _address(path: str, values: Mapping[str, str]) -> str:
        said = {name: value for name, value in values.items() if value and value != _USUAL.get(name)}
        return f"{path}?{urlencode(said)}" if said else path


async def show_list(request: web.Request) -> web.Response:
    given = reading.query(request, ListQuery)
    importer = request.app[IMPORTER]
    state = State(request.query)
    page = await importer.catalogue.list(
        filter_of(given), sort=given.sort, page=given.page, page_size=given.page_size
    )
    if _is_beyond(page):
        raise web.HTTPSeeOther(state.address(page=page.pages))
    context = {
        "state": state,
        "page": page,
        "sizes": sorted({*PAGE_SIZES, page.page_size}),
        "usual_size": PAGE_SIZE,
        "pages": around(page),
        **await _deletions(importer),
        "etag": etag,
        "export_formats": words.exports(importer, (CSV, *importer.plugins.exporters)),
        "delimiters": words.DELIMITERS,
    }
    return render(request, "products.html", context)


async def show_product(request: web.Request) -> web.Response:
    given = reading.query(request, HistoryQuery)
    moments = reading.query(request, ComparisonQuery)
    importer = request.app[IMPORTER]
    product = await importer.catalogue.get(int(request.match_info["id"]))
    history = await importer.changes.history(
        product.id, field=given.field, before=given.before, limit=given.limit
    )
    origins = await importer.changes.origins(product.id)
    context = {
        "product": product,
        "etag": etag,
        "history": history,
        "only": given.field,
        "before": given.before,
        "origins": origins,
        "changed_by": max(origins.fields.values(), key=attrgetter("at"), default=None),
        "moments": moments,
        "compared": None if moments.earlier is None else await compared(request, moments),
    }
    return render(request, "product.html", context)


async def _deletions(importer: Importer) -> dict[str, object]:
    """Returns the deletion of all products that goes on, or else the last one, if it is fresh and wasn't
    undone, with an undo of it that is planned.
    """
    latest = next(iter(await importer.deletions.recent(1)), None)
    if latest is None or not latest.ended:
        return {"deletion": latest, "deleted": None}
    if not latest.deleted or latest.finished_at is None or datetime.now(UTC) - latest.finished_at > _FRESH:
        return {"deletion": None, "deleted": None}
    undos = await importer.imports.undos_of_deletion(latest.id)
    undone = any(each.status is Status.COMPLETED for each in undos)
    planned = next((each.id for each in undos if each.status is Status.PLANNED), None)
    return {"deletion": None, "deleted": None if undone else latest, "undo": planned}


def around(page: ProductPage) -> list[int | None]:
    """Returns the pages to link to: first, last if known, and those around this one; None for a gap."""
    last = page.pages
    near = {number for number in range(page.page - 1, page.page + 2) if 1 <= number <= last}
    numbers: list[int | None] = []
    before = 0
    for number in sorted({1, *near, *((last,) if page.total_is_exact else ())}):
        if number - before == 2:
            numbers.append(number - 1)
        elif number - before > 2:
            numbers.append(None)
        numbers.append(number)
        before = number
    return numbers


def _is_beyond(page: ProductPage) -> bool:
    return not page.products and page.page > 1 and page.total_is_exact


ROUTES = (
    Route("GET", PATH, show_list, Permission.VIEW, "page-products", query=(ListQuery,)),
    Route(
        "GET",
        f"{PATH}/{ID}",
        show_product,
        Permission.VIEW,
        "page-product",
        query=(HistoryQuery, ComparisonQuery),
    ),
)
