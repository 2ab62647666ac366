"""The products as files: ``/api/v1/products.csv``, and the formats of plugins beside it."""

from __future__ import annotations

from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from product_importer.model import ExportOptions
from product_importer_web.api import reading
from product_importer_web.api.outgoing import CSV_TYPE, FORMAT, a_turn, begun, media_type_of, send_pieces
from product_importer_web.api.product_bodies import CsvQuery, ExportQuery, filter_of
from product_importer_web.declarations import Answer
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import Permission, Route

if TYPE_CHECKING:
    from product_importer.product import ProductFilter

PATH: Final = "/api/v1/products"


async def export_csv(request: web.Request) -> web.StreamResponse:
    """Returns the products as a CSV file, from one snapshot, streamed from the database."""
    given = reading.query(request, CsvQuery)
    options = ExportOptions(
        columns=_names(given.columns), delimiter=given.delimiter, bom=given.bom, decimal=given.decimal
    )
    return await _export(request, filter_of(given), options, CSV_TYPE)


async def export_other(request: web.Request) -> web.StreamResponse:
    """Returns the products as a file of a plugin's format."""
    name = request.match_info["format"]
    media_type = media_type_of(request.app[IMPORTER], name)
    given = reading.query(request, ExportQuery)
    options = ExportOptions(format=name, columns=_names(given.columns))
    return await _export(request, filter_of(given), options, media_type)


async def _export(
    request: web.Request, wanted: ProductFilter, options: ExportOptions, media_type: str
) -> web.StreamResponse:
    pieces = request.app[IMPORTER].catalogue.export(wanted, options)
    response = web.StreamResponse(
        headers={
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="products.{options.format}"',
            "Cache-Control": "no-store",
        }
    )
    async with a_turn(request), aclosing(pieces):
        await send_pieces(request, response, await begun(pieces))
    return response


def _names(columns: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in columns.split(",")) if columns else ()


ROUTES = (
    Route(
        "GET", f"{PATH}.csv", export_csv, Permission.VIEW, "api-products-csv",
        query=(CsvQuery,), answers=(Answer(HTTPStatus.OK, media_type="text/csv"),),
    ),
    Route(
        "GET", f"{PATH}.{FORMAT}", export_other, Permission.VIEW, "api-products-file",
        query=(ExportQuery,), answers=(Answer(HTTPStatus.OK, media_type="application/octet-stream"),),
    ),
)  # fmt: skip
