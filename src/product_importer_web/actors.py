"""Who causes a change, as events tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer_web.keys import PRINCIPAL

if TYPE_CHECKING:
    from aiohttp import web

    from product_importer.model import Actor


def actor(request: web.Request) -> Actor:
    """The actor of whoever the request comes from. A public route has none, and changes nothing."""
    return request[PRINCIPAL].actor
