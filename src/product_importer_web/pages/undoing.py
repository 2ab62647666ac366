"""The pages on which undos are begun: what is to be undone is chosen here, and planned as an import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from aiohttp import web
from multidict import MultiMapping

from product_importer.errors import ConflictError, UsageError
from product_importer.fields import NAMES, PRODUCT
from product_importer.model import ChangeKind, ChangePage
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.declarations import FORM, Place, Query
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.pages.imports import PATH
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route

RESTORE: Final = "/restore"

_AN_ID: Final = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_KINDS: Final[Mapping[ChangeKind, str]] = {
    "created": "created",
    "updated": "changed",
    "deactivated": "deactivated",
    "deleted": "deleted",
}
"""What an import has done to a product, in words."""

_TITLES: Final = {field.name: field.title for field in PRODUCT}


class UndoQuery(Query, frozen=True):
    """``after``: how many of the import's products were shown before."""

    after: Place = 0


class RestoreQuery(Query, frozen=True):
    """``to``: the moment, as a clock in the time zone ``zone`` shows it."""

    to: str = ""
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form about an import says. ``part``: whether only the ``fields`` are meant; ``some``: whether
    only the products with these ids or SKUs are.
    """

    part: bool = False
    fields: tuple[str, ...] = ()
    some: bool = False
    products: tuple[int, ...] = ()
    skus: tuple[str, ...] = ()

    @classmethod
    def of(cls, sent: MultiMapping[Any]) -> Choice:
        """Reads the form. SKUs stand in lines of their own."""
        ids = (str(each) for each in sent.getall("product", []))
        lines = (line.strip() for line in str(sent.get("skus", "")).splitlines())
        return cls(
            part=sent.get("part") == "some",
            fields=tuple(name for name in NAMES if name in sent.getall("field", [])),
            some=sent.get("which") == "some",
            products=tuple(int(each) for each in ids if _AN_ID.fullmatch(each)),
            skus=tuple(line for line in lines if line),
        )

    @property
    def faults(self) -> dict[str, str]:
        """What has to be decided first, by the part of the form."""
        faults = {}
        if self.part and not self.fields:
            faults["part"] = "Choose at least one field."
        elif self.fields and not self.part:
            faults["part"] = "Fields are chosen below: say whether only these are meant."
        if self.some and not (self.products or self.skus):
            faults["which"] = "Choose products, or enter their SKUs."
        elif (self.products or self.skus) and not self.some:
            faults["which"] = "Products are chosen below: say whether only these are meant."
        return faults


async def ask(request: web.Request) -> web.Response:
    """Shows what the import has changed, and asks how much of that is to be undone."""
    return await _asked(request, Choice(), {})


async def begin(request: web.Request) -> web.Response:
    """Has the undo planned that the form describes, and shows it."""
    choice = Choice.of(await reading.form(request))
    if choice.faults:
        return await _asked(request, choice, choice.faults)
    try:
        number = await request.app[IMPORTER].imports.undo(
            _id(request),
            products=choice.products or None,
            skus=choice.skus or None,
            fields=choice.fields or None,
            hand_over=True,
            actor=actor(request),
        )
    except ConflictError:
        return await _asked(request, choice, {})
    raise _planned(request, number)


async def _asked(request: web.Request, choice: Choice, faults: dict[str, str]) -> web.Response:
    importer = request.app[IMPORTER]
    after = reading.query(request, UndoQuery).after
    state = await importer.imports.state(_id(request))
    found: ChangePage | None = None
    refused = ""
    try:
        await importer.imports.check_undoable(state.id)
        found = await importer.changes.page(state.id, after=after)
    except ConflictError as error:
        refused = str(error)
    context = {
        "state": state,
        "found": found,
        "refused": refused,
        "choice": choice,
        "faults": faults,
        "titles": _TITLES,
        "kinds": _KINDS,
        "after": after,
        "resubmissions": await importer.imports.resubmissions(state.id),
        "undos": await importer.imports.undos(state.id),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return render(request, "undo/import.html", context, HTTPStatus.CONFLICT if refused else status)


async def undo_deletion(request: web.Request) -> web.Response:
    """Has an undo of a deletion of all products planned, and shows it."""
    imports = request.app[IMPORTER].imports
    raise _planned(request, await imports.undo_deletion(_id(request), hand_over=True, actor=actor(request)))


async def undo_change(request: web.Request) -> web.Response:
    """Has an undo of one change by hand planned, and shows it."""
    imports = request.app[IMPORTER].imports
    raise _planned(request, await imports.undo_change(_id(request), hand_over=True, actor=actor(request)))


async def ask_moment(request: web.Request) -> web.Response:
    """Asks for a moment, and tells what has changed since."""
    given = reading.query(request, RestoreQuery)
    if not given.to:
        return _moment(request, given)
    try:
        since = await request.app[IMPORTER].imports.changed_since(_moment_of(given))
    except (ConflictError, UsageError) as error:
        return _moment(request, given, fault=str(error))
    return _moment(request, given, since=since, moment=_moment_of(given))


async def restore(request: web.Request) -> web.Response:
    """Has the way back to the moment planned, and shows it."""
    sent = await reading.form(request)
    given = RestoreQuery(to=str(sent.get("to", "")), zone=str(sent.get("zone", "UTC")))
    try:
        number = await request.app[IMPORTER].imports.restore(
            _moment_of(given), hand_over=True, actor=actor(request)
        )
    except (ConflictError, UsageError) as error:
        return _moment(request, given, fault=str(error))
    raise _planned(request, number)


def _moment(request: web.Request, given: RestoreQuery, fault: str = "", **known: Any) -> web.Response:
    context = {
        "given": given,
        "fault": fault,
        "since": None,
        "moment": None,
        "zones": sorted(available_timezones()),
        "now": datetime.now(UTC),
        **known,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return render(request, "undo/restore.html", context, status)


def _moment_of(given: RestoreQuery) -> datetime:
    """Returns the moment. Raises :class:`UsageError` if the clock never showed it, or showed it twice."""
    try:
        zone = ZoneInfo(given.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError("There is no such time zone. Choose one such as Europe/Berlin.") from None
    try:
        moment = datetime.fromisoformat(given.to)
    except ValueError:
        raise UsageError("That is no moment. Write it like 2026-03-01T12:00.") from None
    if moment.tzinfo is not None:
        return moment
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise UsageError("The clocks were changed then, so the moment isn't clear. Give it in UTC.")
    return first


def _planned(request: web.Request, number: int) -> web.HTTPSeeOther:
    """Has the workers plan the undo; returns the way to its page."""
    request.app[QUEUES].wake_soon(request.app[IMPORTER], "import")
    return web.HTTPSeeOther(f"{PATH}/{number}")


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_CONFLICT: Final = (HTTPStatus.CONFLICT,)
_REFUSED: Final = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)

ROUTES = (
    Route(
        "GET", f"{PATH}/{ID}/undo", ask, Permission.EDIT, "page-imports-one-ask-undo", query=(UndoQuery,),
        problems=_CONFLICT,
    ),
    Route(
        "POST", f"{PATH}/{ID}/undo", begin, Permission.EDIT, "page-imports-one-undo", query=(UndoQuery,),
        body=(FORM,), problems=_REFUSED,
    ),
    Route(
        "POST", f"/deletions/{ID}/undo", undo_deletion, Permission.EDIT, "page-deletion-undo",
        problems=_CONFLICT,
    ),
    Route(
        "POST", f"/changes/{ID}/undo", undo_change, Permission.EDIT, "page-change-undo", problems=_CONFLICT
    ),
    Route(
        "GET", RESTORE, ask_moment, Permission.EDIT, "page-ask-restore", query=(RestoreQuery,),
        problems=(HTTPStatus.UNPROCESSABLE_ENTITY,),
    ),
    Route("POST", RESTORE, restore, Permission.EDIT, "page-restore", body=(FORM,), problems=_REFUSED),
)  # fmt: skip
