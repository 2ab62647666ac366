"""Refuses addresses that contain characters which no stored text can have."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from product_importer.cells.shortening import quoted
from product_importer.cells.storable import text_flaw
from product_importer.errors import UsageError


@web.middleware
async def check_address(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Checks the path and the parameters, before a handler gets them."""
    for name, text in (("path", request.path), *request.query.items()):
        if (flaw := text_flaw(name) or text_flaw(text)) is not None:
            raise UsageError(f"{quoted(name)} can't be used as it stands in the address. {flaw.message}")
    return await handler(request)
