"""Pages and API of the webhooks, loaded by the entry-point group ``product_importer.web``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from product_importer_web.extensions import Figures, Panel, WebPlugin
from product_importer_web.navigation import NavigationItem
from product_importer_webhooks.web import api, dashboard, figures, pages

plugin = WebPlugin(
    name="webhooks",
    routes=(*api.ROUTES, *pages.ROUTES),
    navigation=(NavigationItem("Webhooks", "/webhooks", below=("/webhooks",)),),
    templates=Path(str(resources.files("product_importer_webhooks"))) / "templates",
    panels=(Panel("webhooks", "Webhooks", "webhooks/panel.html", dashboard.panel),),
    figures=(Figures("webhooks", figures.figures),),
)
