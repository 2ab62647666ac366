"""A line of the route table, and its conversion to aiohttp's routes."""

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
"""An id in a path; a path without a valid id is unknown."""

MAX_BODY: Final = 1 << 20
"""Maximum size of the body of an ordinary request, in bytes."""


class Permission(enum.StrEnum):
    """The permission that a principal needs for a route."""

    PUBLIC = "public"
    VIEW = "view"
    EDIT = "edit"
    ADMINISTER = "administer"


class Role(enum.StrEnum):
    """The role of a principal."""

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
"""The permissions of each role."""


@dataclass(frozen=True, slots=True)
class Route:
    """A line of the route table. ``handler`` answers ``method`` on ``path``; ``name`` is for links to it.

    The body is read before the handler runs, within a time limit and up to :data:`MAX_BODY` bytes. A handler
    with ``streams_body`` reads the body itself, and enforces both limits. Requests to a ``quiet`` route are
    logged only if they fail.

    The rest declares requests and responses, for checks and for ``/api/v1/openapi.json``: ``query`` the
    parameters of the address, ``body`` the kinds of bodies, ``headers`` the headers that the route reads,
    ``answers`` the responses on success, and ``problems`` the statuses of refusals that don't follow from the
    others.
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
    """Adds the routes in their order. Every GET route also answers HEAD."""
    added: dict[web.AbstractRoute, Route] = {}
    for route in routes:
        resource = app.router.add_resource(route.path, name=route.name)
        added[resource.add_route(route.method, route.handler)] = route
        if route.method == "GET":
            added[resource.add_route("HEAD", route.handler)] = route
    return MappingProxyType(added)
