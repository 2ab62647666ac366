"""Renders pages from Jinja templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import web

from product_importer.fields import FILTERS, PRODUCT
from product_importer.product import price_text
from product_importer_web import formats, wording
from product_importer_web.keys import ASSETS, NAVIGATION, REQUEST_ID
from product_importer_web.problems import Problem

TEMPLATES: Final = Path(__file__).parent / "templates"

FILTERED: Final = tuple(field for field in PRODUCT if field.name in FILTERS)
"""The fields by whose text the list of products can be filtered."""


def set_up_templates(app: web.Application, overriding: Iterable[Path] = ()) -> None:
    """Sets up Jinja. Templates in ``overriding`` directories take precedence, in their order.

    In templates, ``static(name)`` is the address of a static file, and ``url(route, …)`` that of a page;
    ``fields`` are those of a product, from :mod:`product_importer.fields`. An undefined name is an error, not
    an empty text.
    """
    directories = (*overriding, TEMPLATES)
    loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(directory) for directory in directories])
    environment = aiohttp_jinja2.setup(
        app,
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"static": app[ASSETS].url, "fields": PRODUCT, "filtered_fields": FILTERED}
    environment.filters |= {
        "grouped": formats.grouped,
        "moved": formats.moved,
        "size": formats.size,
        "ago": formats.ago,
        "exact": formats.exact,
        "duration": formats.duration,
        "price": price_text,
        "who": wording.who,
        "worded": wording.for_page,
    }


def render(
    request: web.Request, template: str, context: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    """Returns a page: the template with ``context`` and the values that all pages need."""
    common = {"navigation": request.app[NAVIGATION], "path": request.path}
    return aiohttp_jinja2.render_template(template, request, {**common, **context}, status=status)


def error_page(request: web.Request, problem: Problem) -> web.Response:
    """Returns a page about a problem."""
    context = {"problem": problem, "request_id": request[REQUEST_ID]}
    response = render(request, "error.html", context, problem.status)
    response.headers.update(problem.headers)
    return response
