"""One line of the route table, and how lines become aiohttp's routes."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiohttp import web

from product_importer_web.declarations import Answer, Content, Header, Query

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ID: Final = r"{id:[1-9][0-9]{0,17}}"
"""An id in a path: what isn't one is an unknown path."""

MAX_BODY: Final = 1 << 20
"""Bytes that the body of an ordinary request may have."""


class Permission(enum.StrEnum):
    """What somebody has to be allowed to do, to be let in."""

    PUBLIC = "public"
    VIEW = "view"
    EDIT = "edit"
    ADMINISTER = "administer"


class Role(enum.StrEnum):
    """What somebody is to the program."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"


PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Permission.PUBLIC, Permission.VIEW}),
        Role.EDITOR: frozenset({Permission.PUBLIC, Permission.VIEW, Permission.EDIT}),
        Role.OWNER: frozenset(Permission),
    }
)
"""What each role is allowed to do."""


@dataclass(frozen=True, slots=True)
class Route:
    """``handler`` answers ``method`` on ``path``; ``name`` is for links to it.

    The body is read beforehand, within a time limit and up to :data:`MAX_BODY` bytes. A handler with
    ``streams_body`` reads it itself, and sees to both. What is ``quiet`` is logged only where it fails.

    The rest declares what the route takes and gives, for checks and for ``/api/v1/openapi.json``: ``query``
    the address's parameters, ``body`` the kinds of bodies, ``headers`` those that it reads, ``answers`` what
    it answers when all is well, and ``problems`` the statuses of refusals that don't follow from the others.
    """

    method: str
    path: str
    handler: Handler
    permission: Permission
    name: str
    streams_body: bool = False
    quiet: bool = False
    query: tuple[type[Query], ...] = ()
    body: tuple[Content, ...] = ()
    headers: tuple[Header, ...] = ()
    answers: tuple[Answer, ...] = ()
    problems: tuple[int, ...] = ()


def add_routes(app: web.Application, routes: Iterable[Route]) -> Mapping[web.AbstractRoute, Route]:
    """Adds them in their order. What can be got can also be asked for with HEAD."""
    added: dict[web.AbstractRoute, Route] = {}
    for route in routes:
        resource = app.router.add_resource(route.path, name=route.name)
        added[resource.add_route(route.method, route.handler)] = route
        if route.method == "GET":
            added[resource.add_route("HEAD", route.handler)] = route
    return MappingProxyType(added)
