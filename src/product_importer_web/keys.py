"""What handlers find in the application: ``request.app[IMPORTER]`` and so on."""

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
"""Wakes workers for what was left to them."""

HUB = web.AppKey("HUB", Hub)
"""Progress, for whoever watches."""

PANELS: web.AppKey[Sequence[Panel]] = web.AppKey("PANELS")
"""What plugins show on the dashboard."""

FIGURES: web.AppKey[Sequence[Figures]] = web.AppKey("FIGURES")
"""What plugins add to the figures."""

EXPORTS = web.AppKey("EXPORTS", asyncio.Semaphore)
"""The exports that may be under way at once."""

METRICS = web.AppKey("METRICS", Metrics)
"""What is counted and measured."""

READINESS = web.AppKey("READINESS", Readiness)
"""Whether all is there that is needed."""

ROUTE_OF = web.AppKey("ROUTE_OF", Mapping[web.AbstractRoute, Route])
"""The line of the route table behind each of aiohttp's routes."""

AUTHENTICATOR: web.AppKey[Authenticator] = web.AppKey("AUTHENTICATOR")
"""Asked in whose name a request comes."""

ASSETS = web.AppKey("ASSETS", Assets)
"""Static files; the application's templates know their addresses by ``static(name)``."""

NAVIGATION = web.AppKey("NAVIGATION", tuple[NavigationItem, ...])
"""The links at the head of every page."""

REQUEST_ID = web.RequestKey("REQUEST_ID", str)
"""Names the request in logs, in the answer's header and in problem documents."""

PRINCIPAL = web.RequestKey("PRINCIPAL", Principal)
"""In whose name the request comes; there is none on public routes."""

STARTED = web.RequestKey("STARTED", bool)
"""The answer's head is on its way, so that no other answer can be given any more."""
