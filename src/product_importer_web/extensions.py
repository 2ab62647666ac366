"""Loads plugins for the web pages, by the entry-point group ``product_importer.web``.

An entry point names a :class:`WebPlugin`. This is separate from the library's hooks, so that workers and
users of the library don't need the packages of the pages.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web
from prometheus_client import Metric

from product_importer.errors import PluginError
from product_importer.hookspecs import WEB
from product_importer.plugins import load_extensions
from product_importer_web.assets import Source
from product_importer_web.navigation import NavigationItem
from product_importer_web.routing import Route

_PATTERN: Final = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})+)?\}")
"""The pattern of a part of a path, which is left out where paths are listed."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the dashboard: ``template`` is rendered there with the result of ``context``.

    A panel that fails is left out of the page, and logged.
    """

    name: str
    title: str
    template: str
    context: Callable[[web.Request], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures for ``/metrics``: ``read`` is called for each request.

    It returns families of ``prometheus_client.core``, such as ``GaugeMetricFamily``. Their names begin with
    ``product_importer_`` and the plugin's name; the number of their labels must not grow with the catalogue.
    Figures that fail, take more than two seconds or have duplicate names are left out, and logged;
    ``product_importer_figures_up`` shows it.
    """

    name: str
    read: Callable[[web.Request], Awaitable[Iterable[Metric]]]


@dataclass(frozen=True, slots=True)
class WebPlugin:
    """Everything that a plugin may add; it is an :class:`~product_importer.ports.Extension`.

    ``templates``: a directory whose templates take precedence over ours. ``static``: a directory whose files
    pages find as ``static("<plugin's name>/<file>")``.
    """

    name: str
    routes: tuple[Route, ...] = ()
    navigation: tuple[NavigationItem, ...] = ()
    templates: Path | None = None
    static: Path | None = None
    panels: tuple[Panel, ...] = ()
    figures: tuple[Figures, ...] = ()

    @property
    def brings(self) -> Mapping[str, tuple[str, ...]]:
        return MappingProxyType(
            {
                "route": tuple(f"{route.method} {_readable(route.path)}" for route in self.routes),
                "page": tuple(item.title for item in self.navigation),
                "templates": (str(self.templates),) if self.templates else (),
                "static files": (str(self.static),) if self.static else (),
                "dashboard panel": tuple(panel.name for panel in self.panels),
                "figures": tuple(figures.name for figures in self.figures),
            }
        )


def _readable(path: str) -> str:
    return _PATTERN.sub(r"{\1}", path)


def load_web_plugins(disabled: Iterable[str]) -> tuple[WebPlugin, ...]:
    """Returns the installed plugins. A plugin that can't be used is logged and left out.

    Raises :class:`~product_importer.errors.PluginError` if two have the same name.
    """
    return tuple(load_extensions(WEB, WebPlugin, disabled=frozenset(disabled)).objects.values())


def routes_with(own: Iterable[Route], plugins: Iterable[WebPlugin]) -> tuple[Route, ...]:
    """Returns the route table with the plugins' routes at its end. No route may occur twice.

    Raises :class:`~product_importer.errors.PluginError`, which names both owners.
    """
    table = list(own)
    owners: dict[tuple[str, ...], str] = {}
    for route in table:
        owners |= dict.fromkeys(_claims(route), "Product Importer itself")
    for plugin in plugins:
        for route in plugin.routes:
            for claim in _claims(route):
                if claim in owners:
                    raise PluginError(
                        f"The plugin {plugin.name!r} brings the route {' '.join(claim)!r}, which "
                        f"{owners[claim]} has already. Uninstall or disable one of them.",
                        plugin=plugin.name,
                    )
                owners[claim] = f"the plugin {plugin.name!r}"
            table.append(route)
    return tuple(table)


def sources_with(own: Iterable[Source], plugins: Iterable[WebPlugin]) -> tuple[Source, ...]:
    """Returns the static files with those of plugins, each under its plugin's name."""
    return (*own, *(Source(f"{it.name}/", it.static) for it in plugins if it.static is not None))


def _claims(route: Route) -> tuple[tuple[str, ...], ...]:
    return (route.method, route.path), (route.name,)
