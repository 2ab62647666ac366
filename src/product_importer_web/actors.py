"""The actors of changes, for events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer_web.keys import PRINCIPAL

if TYPE_CHECKING:
    from aiohttp import web

    from product_importer.model import Actor


def actor(request: web.Request) -> Actor:
    """Returns the actor of the request. A request to a public route has none, and changes nothing."""
    return request[PRINCIPAL].actor
