"""Who causes a change, as events tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web


def actor(_: web.Request) -> str:
    """There are no accounts yet: whoever comes over HTTP is ``web``."""
    return "web"
