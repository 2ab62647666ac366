"""The keys of the application for handlers: ``request.app[IMPORTER]`` and so on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from product_importer import Importer
from product_importer_web.assets import Assets
from product_importer_web.extensions import Figures, Panel
from product_importer_web.jobs.queues import Queues
from product_importer_web.measuring import Metrics
from product_importer_web.navigation import NavigationItem
from product_importer_web.principals import Authenticator, Principal
from product_importer_web.progress import Hub
from product_importer_web.readiness import Readiness
from product_importer_web.routing import Route
from product_importer_web.settings import WebSettings

IMPORTER = web.AppKey("IMPORTER", Importer)
"""The library."""

SETTINGS = web.AppKey("SETTINGS", WebSettings)

QUEUES = web.AppKey("QUEUES", Queues)
"""Wakes workers for background work."""

HUB = web.AppKey("HUB", Hub)
"""Sends progress to watchers."""

PANELS: web.AppKey[Sequence[Panel]] = web.AppKey("PANELS")
"""The panels of plugins on the dashboard."""

FIGURES: web.AppKey[Sequence[Figures]] = web.AppKey("FIGURES")
"""The figures that plugins add to ``/metrics``."""

EXPORTS = web.AppKey("EXPORTS", asyncio.Semaphore)
"""The turns for concurrent exports."""

METRICS = web.AppKey("METRICS", Metrics)
"""The metrics of this process."""

READINESS = web.AppKey("READINESS", Readiness)
"""Checks whether everything that is needed works."""

ROUTE_OF = web.AppKey("ROUTE_OF", Mapping[web.AbstractRoute, Route])
"""The line of the route table behind each of aiohttp's routes."""

AUTHENTICATOR: web.AppKey[Authenticator] = web.AppKey("AUTHENTICATOR")
"""Finds the principal of a request."""

ASSETS = web.AppKey("ASSETS", Assets)
"""Static files; templates get their addresses by ``static(name)``."""

NAVIGATION = web.AppKey("NAVIGATION", tuple[NavigationItem, ...])
"""The links at the top of every page."""

REQUEST_ID = web.RequestKey("REQUEST_ID", str)
"""The id of the request in logs, in the response's header and in problem documents."""

PRINCIPAL = web.RequestKey("PRINCIPAL", Principal)
"""The principal in whose name the request comes; there is none on public routes."""

STARTED = web.RequestKey("STARTED", bool)
"""Whether the response's head was sent, so that no other response is possible."""
