"""Puts the web shell together: one aiohttp application with one importer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from product_importer import Importer
from product_importer_web.api.outgoing import MOST_EXPORTS
from product_importer_web.assets import SOURCES, Assets
from product_importer_web.extensions import WebPlugin, routes_with, sources_with
from product_importer_web.jobs.queues import Queues
from product_importer_web.keys import (
    ASSETS,
    AUTHENTICATOR,
    EXPORTS,
    FIGURES,
    HUB,
    IMPORTER,
    METRICS,
    NAVIGATION,
    PANELS,
    QUEUES,
    READINESS,
    ROUTE_OF,
    SETTINGS,
)
from product_importer_web.measuring import Metrics
from product_importer_web.middleware import MIDDLEWARES
from product_importer_web.middleware.headers import add_headers
from product_importer_web.middleware.requests import head_is_sent
from product_importer_web.navigation import NAVIGATION as ITEMS
from product_importer_web.principals import Authenticator, as_owner
from product_importer_web.progress import Hub
from product_importer_web.readiness import Readiness
from product_importer_web.rendering import set_up_templates
from product_importer_web.routes import ROUTES
from product_importer_web.routing import MAX_BODY, add_routes
from product_importer_web.settings import WebSettings
from product_importer_web.tidying import tidying


def create_app(
    importer: Importer,
    settings: WebSettings,
    queues: Queues,
    plugins: Sequence[WebPlugin] = (),
    *,
    authenticator: Authenticator = as_owner,
) -> web.Application:
    """Returns the application. The caller closes importer and queues, after the application was cleaned up.

    ``authenticator`` finds the principal of each request.
    Raises :class:`~product_importer.errors.PluginError` if a plugin's route exists already.
    """
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MAX_BODY)
    app[IMPORTER] = importer
    app[SETTINGS] = settings
    app[QUEUES] = queues
    app[HUB] = Hub()
    app[EXPORTS] = asyncio.Semaphore(MOST_EXPORTS)
    app[METRICS] = Metrics()
    app[READINESS] = Readiness(
        {"database": importer.check, "storage": importer.storage.check, "redis": queues.check}
    )
    app[AUTHENTICATOR] = authenticator
    app[ASSETS] = Assets.load(sources_with(SOURCES, plugins))
    app[NAVIGATION] = (*ITEMS, *(item for plugin in plugins for item in plugin.navigation))
    app[PANELS] = tuple(panel for plugin in plugins for panel in plugin.panels)
    app[FIGURES] = tuple(each for plugin in plugins for each in plugin.figures)
    app[ROUTE_OF] = add_routes(app, routes_with(ROUTES, plugins))
    set_up_templates(app, [plugin.templates for plugin in plugins if plugin.templates is not None])
    app.on_response_prepare.append(add_headers)
    app.on_response_prepare.append(head_is_sent)
    app.cleanup_ctx.append(tidying)
    app.on_shutdown.append(_close_websockets)
    app.on_cleanup.append(_stop_checks)
    return app


async def _close_websockets(app: web.Application) -> None:
    await app[HUB].close()


async def _stop_checks(app: web.Application) -> None:
    await app[READINESS].close()
