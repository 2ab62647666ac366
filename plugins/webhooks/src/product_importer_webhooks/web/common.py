"""Functions that the handlers of pages and API share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from product_importer_web.keys import IMPORTER
from product_importer_webhooks.webhooks import Webhooks

if TYPE_CHECKING:
    from aiohttp import web

    from product_importer_webhooks.model import Endpoint

DELIVERY: Final = r"{delivery:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}}"


NOT_KEPT: Final = {"Cache-Control": "no-store"}
"""Headers of a response with a secret: no browser and no proxy may store it."""


async def webhooks_of(request: web.Request) -> Webhooks:
    return await Webhooks.on(request.app[IMPORTER].connection)


def endpoint_id(request: web.Request) -> int:
    return int(request.match_info["id"])


def delivery_id(request: web.Request) -> UUID:
    return UUID(request.match_info["delivery"])


_UNENCRYPTED: Final = (
    "Requests go over the network unencrypted: whoever is on the way can read them, headers with passwords "
    "included. Use https:// where the receiver has it."
)


def warnings(url: str) -> list[str]:
    """Returns warnings about a URL that is allowed but unsafe."""
    return [_UNENCRYPTED] if url.lower().startswith("http:") else []


HEALTH: Final = ("disabled", "paused", "failing", "healthy", "new")


def health(endpoint: Endpoint, arrived: int, failed: int) -> str:
    """Returns the endpoint's health, one of :data:`HEALTH`. ``arrived`` and ``failed`` count tests, too.

    ``paused``: no requests are sent for a while, or none has succeeded since the pause.
    """
    if not endpoint.draft.enabled:
        return "disabled"
    if endpoint.paused_until is not None:
        return "paused"
    if endpoint.failures or (failed and not arrived):
        return "failing"
    return "healthy" if arrived else "new"
