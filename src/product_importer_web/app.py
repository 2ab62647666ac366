"""The shell's composition root: one aiohttp application over one importer."""

from __future__ import annotations

from aiohttp import web

from product_importer import Importer
from product_importer_web.assets import Assets
from product_importer_web.jobs.queues import Queues
from product_importer_web.keys import ASSETS, HUB, IMPORTER, NAVIGATION, QUEUES, ROUTE_OF, SETTINGS
from product_importer_web.middleware import MIDDLEWARES
from product_importer_web.middleware.headers import add_headers
from product_importer_web.middleware.requests import head_is_sent
from product_importer_web.navigation import NAVIGATION as ITEMS
from product_importer_web.progress import Hub
from product_importer_web.rendering import set_up_templates
from product_importer_web.routes import ROUTES
from product_importer_web.routing import MAX_BODY, add_routes
from product_importer_web.settings import WebSettings


def create_app(importer: Importer, settings: WebSettings, queues: Queues) -> web.Application:
    """Importer and queues stay their caller's to close, after the application has been cleaned up."""
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MAX_BODY)
    app[IMPORTER] = importer
    app[SETTINGS] = settings
    app[QUEUES] = queues
    app[HUB] = Hub()
    app[ASSETS] = Assets.load()
    app[NAVIGATION] = ITEMS
    app[ROUTE_OF] = add_routes(app, ROUTES)
    set_up_templates(app)
    app.on_response_prepare.append(add_headers)
    app.on_response_prepare.append(head_is_sent)
    app.on_shutdown.append(_close_websockets)
    return app


async def _close_websockets(app: web.Application) -> None:
    await app[HUB].close()
