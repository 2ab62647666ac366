"""Finds the principal of a request and checks the permission, by the route table, before reading the body."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from product_importer_web.keys import AUTHENTICATOR, PRINCIPAL, ROUTE_OF
from product_importer_web.problems import Problem
from product_importer_web.routing import Permission


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Finds the principal. Public routes have none, so that they work if principals can't be found."""
    route = request.app[ROUTE_OF].get(request.match_info.route)
    if route is not None and route.permission != Permission.PUBLIC:
        request[PRINCIPAL] = await request.app[AUTHENTICATOR](request)
    return await handler(request)


@web.middleware
async def authorize(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers 404 for routes that aren't in the table, and refuses requests without the permission."""
    route = request.app[ROUTE_OF].get(request.match_info.route)
    if route is None:
        raise request.match_info.http_exception or web.HTTPNotFound
    if route.permission != Permission.PUBLIC:
        principal = request[PRINCIPAL]
        if route.permission not in principal.permissions:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "forbidden",
                f"This needs the permission '{route.permission}', which {principal.name} does not have as "
                f"{principal.role}. Ask the owner of this server for it.",
            )
    return await handler(request)
