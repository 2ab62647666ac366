"""Turns the errors of handlers into responses: problem documents for programs, pages for browsers."""

from __future__ import annotations

import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from product_importer.errors import ProductImporterError
from product_importer_web import problems
from product_importer_web.keys import REQUEST_ID, STARTED
from product_importer_web.problems import Problem
from product_importer_web.rendering import error_page

_logger = logging.getLogger(__name__)


@web.middleware
async def tell_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers errors; redirects pass. An error after the response's head was sent aborts the connection."""
    try:
        return await handler(request)
    except ConnectionError:  # the client has gone
        raise
    except Exception as error:
        if isinstance(error, web.HTTPException) and error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _answer(request, _problem(request, error))


def _problem(request: web.Request, error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPException):
        return problems.of_http(error, request.method)
    if isinstance(error, ProductImporterError):
        problem = problems.of_error(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _logger.warning("%s", error)
        return problem
    _logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problems.unexpected()


def _answer(request: web.Request, problem: Problem) -> web.Response:
    if request.get(STARTED):
        _logger.error("The answer breaks off: %s", problem.detail)
        if request.transport is not None:
            request.transport.abort()  # an orderly end would make the partial response look complete
        raise ConnectionResetError(problem.detail)
    response = _told(request, problem)
    if problem.close:
        response.force_close()
    return response


def _told(request: web.Request, problem: Problem) -> web.Response:
    if wants_page(request):
        try:
            return error_page(request, problem)
        except Exception:
            _logger.exception("The page that tells of a failure can't be made")
    return problem.response(request.path, request[REQUEST_ID])


def wants_page(request: web.Request) -> bool:
    """Returns whether the request comes from a browser that wants a page."""
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")
