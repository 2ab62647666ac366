"""The pages of profiles. All of them are plain forms: none needs a script."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from aiohttp import web

from product_importer.errors import InvalidProfile, ProfileTaken
from product_importer.support.profile_texts import profile_of_toml, profile_toml
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.declarations import FORM
from product_importer_web.keys import IMPORTER
from product_importer_web.rendering import render
from product_importer_web.routing import Permission, Route

PATH: Final = "/profiles"
_NEW: Final = 'version = 1\nduplicates = "last"\n\n[map]\n"Article number" = "sku"\n'


async def show_list(request: web.Request) -> web.Response:
    return await _list(request, "", _NEW)


async def add(request: web.Request) -> web.Response:
    """Stores the form's profile under the form's name, which no other profile may have."""
    importer = request.app[IMPORTER]
    sent = await reading.form(request)
    name, toml = str(sent.get("name", "")).strip(), str(sent.get("toml", ""))
    try:
        await importer.profiles.check_new(name)
    except (InvalidProfile, ProfileTaken) as error:
        return await _list(request, name, toml, name_fault=error)
    try:
        profile = await asyncio.to_thread(profile_of_toml, toml)
        await importer.profiles.save(name, profile, new=True, actor=actor(request))
    except InvalidProfile as error:
        return await _list(request, name, toml, fault=error)
    except ProfileTaken as error:  # since the check
        return await _list(request, name, toml, name_fault=error)
    raise web.HTTPSeeOther(_page(name))


async def _list(
    request: web.Request,
    name: str,
    toml: str,
    *,
    fault: InvalidProfile | None = None,
    name_fault: InvalidProfile | ProfileTaken | None = None,
) -> web.Response:
    context = {
        "profiles": await request.app[IMPORTER].profiles.list(),
        "name": name,
        "toml": toml,
        "fault": fault or "",
        "name_fault": name_fault or "",
    }
    return render(request, "profiles/list.html", context, _status(fault or name_fault))


def _status(fault: Exception | None) -> HTTPStatus:
    if fault is None:
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if isinstance(fault, ProfileTaken) else HTTPStatus.UNPROCESSABLE_ENTITY


async def show_one(request: web.Request) -> web.Response:
    stored = await request.app[IMPORTER].profiles.get(_name(request))
    context = {
        "stored": stored,
        "toml": profile_toml(stored.profile),
        "fault": "",
        "page": _page(stored.name),
    }
    return render(request, "profiles/detail.html", context)


async def change(request: web.Request) -> web.Response:
    """Stores the form's profile in place of the present one."""
    importer = request.app[IMPORTER]
    stored = await importer.profiles.get(_name(request))
    toml = str((await reading.form(request)).get("toml", ""))
    try:
        await importer.profiles.save(
            stored.name, await asyncio.to_thread(profile_of_toml, toml), actor=actor(request)
        )
    except InvalidProfile as error:
        context = {"stored": stored, "toml": toml, "fault": error, "page": _page(stored.name)}
        return render(request, "profiles/detail.html", context, HTTPStatus.UNPROCESSABLE_ENTITY)
    raise web.HTTPSeeOther(_page(stored.name))


async def delete(request: web.Request) -> web.Response:
    await request.app[IMPORTER].profiles.delete(_name(request), actor=actor(request))
    raise web.HTTPSeeOther(PATH)


def _page(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"


def _name(request: web.Request) -> str:
    return request.match_info["name"]


_ONE: Final = PATH + "/{name:[^/]{1,100}}"
_UNFIT: Final = (HTTPStatus.UNPROCESSABLE_ENTITY,)

ROUTES = (
    Route("GET", PATH, show_list, Permission.VIEW, "page-profiles"),
    Route(
        "POST", PATH, add, Permission.EDIT, "page-profiles-add", body=(FORM,),
        problems=(HTTPStatus.CONFLICT, *_UNFIT),
    ),
    Route("GET", _ONE, show_one, Permission.VIEW, "page-profiles-one"),
    Route("POST", _ONE, change, Permission.EDIT, "page-profiles-one-change", body=(FORM,), problems=_UNFIT),
    Route("POST", f"{_ONE}/delete", delete, Permission.EDIT, "page-profiles-one-delete"),
)  # fmt: skip
