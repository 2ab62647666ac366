"""The API at ``/api/v1/profiles``: lists, shows, saves and deletes profiles."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from product_importer.support.profile_texts import profile_of_object, profile_toml
from product_importer.wire import stored_profile_object
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.api.import_bodies import ProfileBody, ProfilesShown, StoredProfileShown
from product_importer_web.declarations import Answer, Header, json_of
from product_importer_web.keys import IMPORTER
from product_importer_web.routing import Permission, Route

PATH: Final = "/api/v1/profiles"


async def list_profiles(request: web.Request) -> web.Response:
    """Returns all profiles, by name."""
    stored = await request.app[IMPORTER].profiles.list()
    return web.json_response({"profiles": [stored_profile_object(each) for each in stored]})


async def get_profile(request: web.Request) -> web.Response:
    """Returns one profile."""
    stored = await request.app[IMPORTER].profiles.get(_name(request))
    return web.json_response(stored_profile_object(stored))


async def get_toml(request: web.Request) -> web.Response:
    """Returns one profile as a TOML file."""
    stored = await request.app[IMPORTER].profiles.get(_name(request))
    filename = quote(f"{stored.name}.toml", safe="")
    return web.Response(
        text=profile_toml(stored.profile),
        content_type="application/toml",
        charset="utf-8",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{filename}"},
    )


async def save_profile(request: web.Request) -> web.Response:
    """Stores a profile under the name in the address, in place of an earlier one; with ``If-None-Match: *``,
    only if no profile has the name.
    """
    new = any(tag.value == "*" for tag in request.if_none_match or ())
    given = await reading.body(request, ProfileBody)
    stored = await request.app[IMPORTER].profiles.save(
        _name(request),
        profile_of_object(given.profile),
        header=given.header,
        new=new,
        actor=actor(request),
    )
    return web.json_response(stored_profile_object(stored))


async def delete_profile(request: web.Request) -> web.Response:
    """Deletes a profile."""
    await request.app[IMPORTER].profiles.delete(_name(request), actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _name(request: web.Request) -> str:
    name: str = request.match_info["name"]
    return name


_ONE: Final = PATH + "/{name:[^/]{1,100}}"
_SHOWN: Final[Any] = (Answer(HTTPStatus.OK, StoredProfileShown),)

ROUTES = (
    Route(
        "GET", PATH, list_profiles, Permission.VIEW, "api-profiles",
        answers=(Answer(HTTPStatus.OK, ProfilesShown),),
    ),
    Route("GET", _ONE, get_profile, Permission.VIEW, "api-profile", answers=_SHOWN),
    Route(
        "GET", f"{_ONE}/toml", get_toml, Permission.VIEW, "api-profile-toml",
        answers=(
            Answer(HTTPStatus.OK, media_type="application/toml", headers=("Content-Disposition",)),
        ),
    ),
    Route(
        "PUT", _ONE, save_profile, Permission.EDIT, "api-profile-save",
        body=json_of(ProfileBody), answers=_SHOWN, problems=(HTTPStatus.CONFLICT,),
        headers=(Header("If-None-Match", "`*`: a profile that has the name already isn't replaced."),),
    ),
    Route(
        "DELETE", _ONE, delete_profile, Permission.EDIT, "api-profile-delete",
        answers=(Answer(HTTPStatus.NO_CONTENT, media_type=None),),
    ),
)  # fmt: skip
