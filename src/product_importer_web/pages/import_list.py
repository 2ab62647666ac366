"""The page that lists all imports, and the page that asks before one is run again."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from product_importer.errors import FileNotKept
from product_importer.model import Once
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.import_bodies import ImportsFilter
from product_importer_web.declarations import FORM, Place
from product_importer_web.keys import IMPORTER, QUEUES
from product_importer_web.pages.imports import PATH
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route

_PAGE_IMPORTS: Final = 50


class ListQuery(ImportsFilter, frozen=True):
    """Which imports are listed. ``before``: only imports before this one."""

    before: Place = 0


async def show_list(request: web.Request) -> web.Response:
    importer = request.app[IMPORTER]
    given = reading.query(request, ListQuery)
    before, only = given.before or None, given.only()
    imports = await importer.imports.recent(_PAGE_IMPORTS + 1, before=before, only=only)
    wanted = {name: value for name, value in asdict(only).items() if value}
    shown, more = imports[:_PAGE_IMPORTS], len(imports) > _PAGE_IMPORTS
    profiles = [stored.name for stored in await importer.profiles.list()]
    authors = await importer.imports.authors()
    context = {
        "imports": shown,
        "only": only,
        "filtered": bool(wanted),
        "first": f"{PATH}?{urlencode(wanted)}" if before else None,
        "next": f"{PATH}?{urlencode(wanted | {'before': shown[-1].id})}" if more else None,
        "profiles": _choices(profiles, only.profile),
        "authors": _choices(authors, only.author),
    }
    return render(request, "imports.html", context)


async def ask_again(request: web.Request) -> web.Response:
    """Asks before the file is imported again. A new preview needs no question: it begins where imports do."""
    state = await request.app[IMPORTER].imports.state(_id(request))
    if state.options.dry_run and state.ended:
        raise web.HTTPSeeOther(f"/?again={state.id}")
    return render(request, "import/again.html", {"state": state, "once": secrets.token_hex(16)})


async def run_again(request: web.Request) -> web.Response:
    """Imports the file again; a form that is sent twice makes only one import."""
    importer, import_id = request.app[IMPORTER], _id(request)
    given = str((await reading.form(request)).get("once", "")) or secrets.token_hex(16)
    # The tab keeps the key apart from clients' keys (Idempotency-Key), which are printable.
    once = Once(f"\tagain {import_id} {given}", import_id.to_bytes(8))
    try:
        new_id, _ = await importer.imports.again(import_id, once=once, hand_over=True, actor=actor(request))
    except FileNotKept as error:
        state = await importer.imports.state(import_id)
        return render(request, "import/again.html", {"state": state, "fault": error}, HTTPStatus.GONE)
    request.app[QUEUES].wake_soon(importer, "import")
    raise web.HTTPSeeOther(f"{PATH}/{new_id}")


def _choices(values: list[str], chosen: str | None) -> dict[str, str]:
    """Returns the values of a list to choose from, the chosen one among them, each with its words."""
    return {value: value for value in (*values, *([chosen] if chosen else []))}


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


ROUTES = (
    Route("GET", PATH, show_list, Permission.VIEW, "page-imports", query=(ListQuery,)),
    Route("GET", f"{PATH}/{ID}/again", ask_again, Permission.EDIT, "page-imports-one-ask-again"),
    Route(
        "POST", f"{PATH}/{ID}/again", run_again, Permission.EDIT, "page-imports-one-again", body=(FORM,),
        problems=(HTTPStatus.CONFLICT, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)  # fmt: skip
