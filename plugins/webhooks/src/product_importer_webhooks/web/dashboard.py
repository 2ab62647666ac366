"""The panel on the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from product_importer_webhooks.web.common import health, webhooks_of

if TYPE_CHECKING:
    from aiohttp import web


async def panel(request: web.Request) -> Mapping[str, Any]:
    """Returns each endpoint's backlog and health, and how the last day's attempts ended."""
    hooks = await webhooks_of(request)
    return {"figures": await hooks.figures(), "health": health, "classes": await hooks.classes()}
