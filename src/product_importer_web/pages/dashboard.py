"""The dashboard: our panels and those of plugins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp_jinja2 import render_string
from markupsafe import Markup
from redis.exceptions import RedisError

from product_importer_web.extensions import Panel
from product_importer_web.keys import HUB, IMPORTER, PANELS, QUEUES
from product_importer_web.rendering import render
from product_importer_web.routing import Permission, Route

_logger = logging.getLogger(__name__)

_REDIS_SECONDS: Final = 0.5


async def show_dashboard(request: web.Request) -> web.Response:
    panels = (WORK, *request.app[PANELS])
    shown = await asyncio.gather(*(_shown(request, panel) for panel in panels))
    return render(request, "dashboard.html", {"panels": list(zip(panels, shown, strict=True))})


async def _shown(request: web.Request, panel: Panel) -> Markup | None:
    """Returns the panel's part of the page; None if the panel fails, so that the others are still shown."""
    try:
        context = await panel.context(request)
        return Markup(render_string(panel.template, request, {"context": context}))  # noqa: S704 - escaped
    except Exception:
        _logger.exception("The panel %r of the dashboard fails", panel.name)
        return None


async def _work(request: web.Request) -> Mapping[str, Any]:
    """Returns running and waiting work; ``depths`` is None while Redis can't be reached."""
    importer = request.app[IMPORTER]
    try:
        async with asyncio.timeout(_REDIS_SECONDS):
            depths = await request.app[QUEUES].depths()
    except (RedisError, TimeoutError):
        depths = None
    unfinished = [state for state in await importer.imports.recent(100) if not state.ended]
    return {"depths": depths, "unfinished": unfinished, "watchers": request.app[HUB].watchers}


WORK: Final = Panel("work", "Background work", "dashboard/work.html", _work)

ROUTES = (Route("GET", "/dashboard", show_dashboard, Permission.VIEW, "dashboard"),)
