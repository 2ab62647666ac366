"""The API at ``/api/v1/imports/{id}``: shows what an import would change or has changed, and has its plan
applied.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Meta

from product_importer import Importer
from product_importer.imports.changes_files import changes_file
from product_importer.model import (
    ChangeKind,
    ChangePage,
    ChangeSort,
    ImportState,
    ListedChange,
    Notable,
    PlaceWord,
    Status,
)
from product_importer.wire import field_value
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.import_bodies import ImportShown
from product_importer_web.api.imports import PATH, named_after, shown_import
from product_importer_web.api.outgoing import CSV, FORMAT, begun, media_type_of, send_pieces
from product_importer_web.declarations import Answer, Place, Query, Shown
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.routing import ID, Permission, Route

_MOST: Final = 500


class WantedQuery(Query, frozen=True):
    """``kind``: only changes of this kind; ``field``: only products that stay and in which this field
    changes; ``sku``: only SKUs that contain this text; ``notable``: only what stands out in this way.
    """

    kind: ChangeKind | None = None
    field: str | None = None
    sku: str | None = None
    notable: Notable | None = None

    @property
    def wanted(self) -> dict[str, Any]:
        """The filters, as the library takes them."""
        return {name: getattr(self, name) for name in ("kind", "field", "sku", "notable")}


class ChangesQuery(WantedQuery, frozen=True):
    """``sort``: ``line`` for the order of the file, ``sku`` for that of SKUs, ``-size`` for the largest
    changes first. ``after``: the number of changes that were shown before; ``limit``: maximum number.
    """

    sort: ChangeSort = "line"
    after: Place = 0
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 50


class ValueChangeShown(Shown, frozen=True):
    """A field's value before and after; null: the product has none."""

    before: str | bool | int | dict[str, Any] | None
    after: str | bool | int | dict[str, Any] | None


class ChangeShown(Shown, frozen=True):
    """The change of one product. ``line`` is null for a product that the file lacks, and for all changes of
    an import that has ended. ``after_known`` is false if another program has deleted the product since, so
    that its values after the change aren't known.
    """

    kind: ChangeKind
    product_id: int | None
    sku: str
    line: int | None
    changes: dict[str, ValueChangeShown]
    after_known: bool


class SummaryShown(Shown, frozen=True):
    """The numbers of all changes of an import: by kind, by field that changes, by field whose value is lost,
    and by what stands out.
    """

    kinds: dict[str, int]
    fields: dict[str, int]
    lost: dict[str, int]
    notable: dict[str, int]


class ChangesShown(Shown, frozen=True):
    """A page of changes. ``total``: how many match; ``next``: the address of the next page. ``place`` is the
    word for what ``line`` counts.
    """

    place: PlaceWord
    summary: SummaryShown
    total: int
    changes: list[ChangeShown]
    next: str | None


class ApplyQuery(Query, frozen=True):
    """``atomic``: all changes in one transaction. ``confirm_missing``: the number of products that the file
    lacks, if the import says that it has to be confirmed.
    """

    atomic: bool = False
    confirm_missing: int | None = None


async def changes_page(importer: Importer, state: ImportState, **wanted: Any) -> ChangePage:
    """Returns a page of the import's plan or, once it has ended, of the changes in the log."""
    page = importer.imports.plan if _is_planned(state) else importer.changes.page
    return await page(state.id, **wanted)


def _is_planned(state: ImportState) -> bool:
    return state.status is Status.PLANNED


async def list_changes(request: web.Request) -> web.Response:
    """Returns a page of the changes that a planned import would make, or that an ended one has made."""
    importer = request.app[IMPORTER]
    given = reading.query(request, ChangesQuery)
    state = await importer.imports.state(_id(request))
    page = await changes_page(
        importer, state, **given.wanted, sort=given.sort, after=given.after, limit=given.limit
    )
    following = None
    if page.next is not None:
        filters = {name: value for name, value in given.wanted.items() if value}
        parameters = {**filters, "sort": given.sort, "limit": given.limit, "after": page.next}
        following = f"{PATH}/{state.id}/changes?{urlencode(parameters)}"
    return web.json_response(
        {
            "place": state.place,
            "summary": {
                name: dict(getattr(page.summary, name)) for name in ("kinds", "fields", "lost", "notable")
            },
            "total": page.total,
            "changes": [_shown(change) for change in page.changes],
            "next": following,
        }
    )


async def changes_as_file(request: web.Request) -> web.StreamResponse:
    """Returns all changes that match, as a file: CSV, or a plugin's format."""
    name = request.match_info.get("format", CSV)
    importer = request.app[IMPORTER]
    given = reading.query(request, WantedQuery)
    state = await importer.imports.state(_id(request))
    media_type = media_type_of(importer, name)
    await changes_page(importer, state, **given.wanted, limit=1)  # refuses before the file begins
    every = importer.imports.plan_changes if _is_planned(state) else importer.changes.of_import
    changes: AsyncIterator[ListedChange] = every(state.id, **given.wanted)
    pieces = changes_file(importer.plugins, changes, state.place, name)
    response = web.StreamResponse(
        headers={"Content-Type": media_type, **named_after(state, f"changes.{name}")}
    )
    async with aclosing(pieces):
        await send_pieces(request, response, await begun(pieces))
    return response


async def apply(request: web.Request) -> web.Response:
    """Has the plan of an import applied by the workers."""
    importer = request.app[IMPORTER]
    given = reading.query(request, ApplyQuery)
    await importer.imports.apply(
        _id(request),
        atomic=given.atomic,
        confirm_missing=given.confirm_missing,
        hand_over=True,
        actor=actor(request),
    )
    request.app[QUEUES].wake_soon(importer, "import")
    return web.json_response(
        shown_import(await importer.imports.state(_id(request))), status=HTTPStatus.ACCEPTED
    )


def _shown(change: ListedChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "product_id": change.product_id,
        "sku": change.sku,
        "line": change.line,
        "changes": {
            name: {"before": field_value(values.before), "after": field_value(values.after)}
            for name, values in change.changes.items()
        },
        "after_known": change.after_known,
    }


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_ONE: Final = f"{PATH}/{ID}"
_CONFLICT: Final = (HTTPStatus.CONFLICT,)
_CSV: Final = Answer(HTTPStatus.OK, media_type="text/csv", headers=("Content-Disposition",))

ROUTES = (
    Route(
        "GET", f"{_ONE}/changes", list_changes, Permission.VIEW, "api-imports-changes",
        query=(ChangesQuery,), answers=(Answer(HTTPStatus.OK, ChangesShown),), problems=_CONFLICT,
    ),
    Route(
        "GET", f"{_ONE}/changes.csv", changes_as_file, Permission.VIEW, "api-imports-changes-csv",
        query=(WantedQuery,), answers=(_CSV,), problems=_CONFLICT,
    ),
    Route(
        "GET", f"{_ONE}/changes.{FORMAT}", changes_as_file, Permission.VIEW, "api-imports-changes-file",
        query=(WantedQuery,), problems=_CONFLICT,
        answers=(
            Answer(
                HTTPStatus.OK, media_type="application/octet-stream", headers=("Content-Disposition",)
            ),
        ),
    ),
    Route(
        "POST", f"{_ONE}/apply", apply, Permission.EDIT, "api-imports-apply",
        query=(ApplyQuery,), answers=(Answer(HTTPStatus.ACCEPTED, ImportShown),), problems=_CONFLICT,
    ),
)  # fmt: skip
