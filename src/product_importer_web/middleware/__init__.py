"""The middlewares of every request, the outermost first."""

from __future__ import annotations

from typing import Final

from aiohttp.typedefs import Middleware

from product_importer_web.middleware.addresses import check_address
from product_importer_web.middleware.bodies import check_content, read_bodies
from product_importer_web.middleware.failures import tell_failures
from product_importer_web.middleware.origin import check_host, refuse_foreign_origins
from product_importer_web.middleware.permissions import authenticate, authorize
from product_importer_web.middleware.requests import identify_requests

MIDDLEWARES: Final[tuple[Middleware, ...]] = (
    identify_requests,
    tell_failures,
    check_host,
    refuse_foreign_origins,
    check_address,
    check_content,
    authenticate,
    authorize,
    read_bodies,
)
