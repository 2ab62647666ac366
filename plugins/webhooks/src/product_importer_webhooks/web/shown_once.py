"""Notices that the page after a form shows once.

Every form that changes something is answered with a redirect, so that a page can be reloaded without
repeating the change. The notice for that page travels in a cookie: encrypted with the vault's key, for this
webhook alone, inaccessible to scripts, short-lived, and deleted by the response that shows it. A secret is
never put into a URL, since histories and logs keep URLs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from product_importer.errors import SettingsError

if TYPE_CHECKING:
    from product_importer_webhooks.vault import Vault

COOKIE: Final = "webhook-notice"
_SECONDS: Final = 120
_PURPOSE: Final = "notice"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice for the next page. ``tried``: the id of a test that was sent."""

    news: str | None = None
    secret: str | None = None
    tried: str | None = None


def redirect(request: web.Request, path: str, vault: Vault, notice: Notice) -> web.Response:
    """Returns the response to a form; the page at the path shows the notice once."""
    sealed = vault.close_in(json.dumps({"for": [_PURPOSE, path], **asdict(notice)}).encode())
    response = web.Response(
        status=HTTPStatus.SEE_OTHER, headers={"Location": path, "Cache-Control": "no-store"}
    )
    response.set_cookie(
        COOKIE,
        sealed.decode(),
        path=path,
        max_age=_SECONDS,
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )
    return response


def notice_of(request: web.Request, vault: Vault) -> Notice:
    """Returns the notice; an empty one if there is none, or it is old, altered, or for another page."""
    sent = request.cookies.get(COOKIE)
    if sent is None or request.method != "GET":
        return Notice()
    try:
        values = json.loads(vault.take_out(sent.encode(), seconds=_SECONDS))
    except (SettingsError, ValueError):
        return Notice()
    if not isinstance(values, dict) or values.pop("for", None) != [_PURPOSE, request.path]:
        return Notice()
    return Notice(**values)


def shown(request: web.Request, response: web.Response) -> web.Response:
    """Makes the browser delete the notice, and keep no copy of the page that shows it."""
    if COOKIE in request.cookies and request.method == "GET":
        response.del_cookie(COOKIE, path=request.path, httponly=True, samesite="Strict")
        response.headers["Cache-Control"] = "no-store"
    return response
