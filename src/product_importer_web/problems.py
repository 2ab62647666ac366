"""Problem documents (RFC 9457): errors in the form for programs.

``code`` is stable and meant for programs, ``detail`` is for users. Faults of single fields, if there are any,
are listed under ``errors`` as objects with ``field``, ``code`` and ``message``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from product_importer import errors
from product_importer.wire import product_object, question_object
from product_importer_web.etags import etag
from product_importer_web.wording import for_api

CONTENT_TYPE: Final = "application/problem+json"

STATUS_OF: Final[Mapping[type[errors.ProductImporterError], HTTPStatus]] = {
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ProductImporterError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status for each family of errors."""

DEVIATIONS: Final[Mapping[type[errors.ProductImporterError], HTTPStatus]] = {
    errors.UsageError: HTTPStatus.BAD_REQUEST,
    errors.FileNotKept: HTTPStatus.GONE,
    errors.ImportEnded: HTTPStatus.CONFLICT,
    errors.ProductChanged: HTTPStatus.PRECONDITION_FAILED,
    errors.ScheduleChanged: HTTPStatus.PRECONDITION_FAILED,
    errors.IdempotencyConflict: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UploadBusy: HTTPStatus.LOCKED,
    errors.TooManyUploads: HTTPStatus.TOO_MANY_REQUESTS,
}
"""Errors for which HTTP has a more specific status than that of their family."""

_STATUSES: Final = {**STATUS_OF, **DEVIATIONS}

_STATUS_OF_CODE: Final = {"disk_full": HTTPStatus.INSUFFICIENT_STORAGE, "file_gone": HTTPStatus.GONE}
"""Codes with a more specific status than that of their class."""

_FOR_STRANGERS: Final = {
    "disk_full": "There is no room left for files on the server. Whoever runs it has to free some space; "
    "then try again.",
    "file_gone": "The file isn't there any more, or not all of it. Hand it over again.",
    "settings": "A setting of the server keeps this from being done. Whoever runs the server finds the "
    "reason in its log.",
    "storage": "Files can't be kept or read for now. Whoever runs the server finds the reason in its log.",
    "database_lost": "The connection to the database was lost. Try again in a moment; if that doesn't help, "
    "whoever runs the server finds the reason in its log.",
    "database": "The database refused a statement. Whoever runs the server finds the reason in its log.",
}
"""Replacements, by code, for messages with paths or other programs' words, which are logged only."""

_RETRY_SECONDS: Final = 5

_IN_PLAIN_WORDS: Final = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not answer to {method}; it answers to {allowed}.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "What was sent is too large.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side. Try again; if it happens again, "
    "tell whoever runs this server the request id.",
}


MOST_FAULTS: Final = 100
"""Maximum number of faults that a problem lists; a body may have far more members than a reader wants."""


class Problem(Exception):
    """An error that becomes the response. ``code`` is stable, ``detail`` is a sentence for users.

    ``close`` closes the connection after the response, since the rest of the request won't be read.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
        **members: Any,
    ) -> None:
        detail = detail.encode(errors="replace").decode()  # it may quote the request
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.close = close
        if "errors" in members:
            members["errors"] = members["errors"][:MOST_FAULTS]
        self.members = members

    def document(self, instance: str, request_id: str) -> dict[str, Any]:
        """Returns the problem document; ``instance`` is the request's path."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "code": self.code,
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
            **self.members,
        }

    def response(self, instance: str, request_id: str) -> web.Response:
        text = json.dumps(self.document(instance, request_id))  # as ASCII: a quoted value may be invalid text
        return web.Response(status=self.status, headers=self.headers, content_type=CONTENT_TYPE, text=text)


def of_error(error: errors.ProductImporterError) -> Problem:
    """Returns the problem for an error of the library."""
    status = _STATUS_OF_CODE.get(error.code) or _status_of(type(error))
    headers = {"Retry-After": str(_RETRY_SECONDS)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    members: dict[str, Any] = {}
    if isinstance(error, errors.InvalidFields):
        members["errors"] = [field_fault(it.column, it.code, it.message) for it in error.problems]
    elif isinstance(error, (errors.ProductChanged, errors.SkuTaken)) and error.product is not None:
        members["product"] = product_object(error.product)
    elif isinstance(error, errors.QuestionsOpen):
        members["questions"] = [question_object(question) for question in error.questions]
    elif isinstance(error, errors.NotConfirmed):
        members["products"] = error.products
    if isinstance(error, errors.ProductChanged):
        headers["ETag"] = etag(error.product)
    detail = _FOR_STRANGERS.get(error.code) or for_api(str(error))
    return Problem(status, error.code, detail, headers=headers, **members)


def _status_of(kind: type[errors.ProductImporterError]) -> HTTPStatus:
    """Returns the status of the class' nearest base with one."""
    return next(_STATUSES[base] for base in kind.__mro__ if base in _STATUSES)


def field_fault(field: str | None, code: str, message: str) -> dict[str, str | None]:
    """Returns an entry for a problem's ``errors``."""
    return {"field": field, "code": code, "message": message}


def of_http(error: web.HTTPException, method: str) -> Problem:
    """Returns the problem for one of aiohttp's own errors: an unknown address, a wrong method,
    and the like.
    """
    status = HTTPStatus(error.status)
    allowed = sorted(error.allowed_methods) if isinstance(error, web.HTTPMethodNotAllowed) else []
    words = _IN_PLAIN_WORDS.get(status, error.text or status.phrase)
    headers = {"Allow": ", ".join(allowed)} if allowed else None
    detail = words.format(method=method, allowed=", ".join(allowed)) if allowed else words
    return Problem(status, status.name.lower(), detail, headers=headers)


def too_large(limit: int) -> Problem:
    """Returns the problem for bodies of more than ``limit`` bytes."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"What was sent is too large; at most {limit:,} bytes are taken here.",
        headers={"Connection": "close"},
    )


def too_slow(detail: str) -> Problem:
    """Returns the problem for bodies that don't arrive in time."""
    return Problem(HTTPStatus.REQUEST_TIMEOUT, "request_timeout", detail, close=True)


def unexpected() -> Problem:
    """Returns the problem for a defect of ours. The log has the details, under the request's id."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(status, "internal_error", _IN_PLAIN_WORDS[status])
