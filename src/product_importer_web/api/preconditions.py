"""The header ``If-Match``, by which nobody overwrites a change unseen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from product_importer_web.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web

    from product_importer_web.etags import Versioned


async def expected_version(
    request: web.Request, thing: str, get: Callable[[int], Awaitable[Versioned]]
) -> int:
    """Returns the version in ``If-Match`` of the thing whose id is in the path; ``*`` is the present one.

    The version is 0 if the tag is of another kind. Raises :class:`Problem` if the header is missing, and the
    errors of ``get``.
    """
    number = int(request.match_info["id"])
    if request.if_match is None:
        raise Problem(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_required",
            f"Say which state of the {thing} is meant: send its ETag as If-Match, so that nobody's change is "
            "overwritten unseen.",
        )
    for tag in request.if_match:
        named, _, version = tag.value.partition("-")
        if named == str(number) and version.isascii() and version.isdigit() and len(version) < 10:
            return int(version)
    present = await get(number)
    return present.version if any(tag.value == "*" for tag in request.if_match) else 0
