"""Headers that restrict what browsers do with our responses."""

from __future__ import annotations

from typing import Final

from aiohttp import web

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # Bootstrap's style sheet contains its small images
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS: Final = {
    "Content-Security-Policy": "; ".join(f"{name} {allowed}" for name, allowed in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "private, no-cache",
}
"""Sent with every response, unless its handler has set the header itself."""


_ONLY_ENCRYPTED: Final = "max-age=31536000"


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds the headers. Called when a response's head is about to be sent."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https":
        response.headers.setdefault("Strict-Transport-Security", _ONLY_ENCRYPTED)
    response.headers.popall("Server", None)  # it would tell the versions of our software
