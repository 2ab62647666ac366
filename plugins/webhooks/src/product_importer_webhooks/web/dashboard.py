"""The panel on the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from product_importer_webhooks.model import Backlog
from product_importer_webhooks.web.common import health, webhooks_of

if TYPE_CHECKING:
    from aiohttp import web


async def panel(request: web.Request) -> Mapping[str, Any]:
    """Each endpoint's backlog and health, and how the last day's attempts ended."""
    hooks = await webhooks_of(request)
    backlogs = await hooks.endpoints.backlogs()
    endpoints = [(each, backlogs.get(each.id, Backlog())) for each in await hooks.endpoints.all()]
    return {"endpoints": endpoints, "health": health, "classes": await hooks.classes()}
