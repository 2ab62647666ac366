"""In whose name a request comes, and what that one is allowed to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from product_importer.model import Actor, ActorKind
from product_importer_web.routing import PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """``actor`` is how events tell of what this one changes."""

    name: str
    role: Role
    permissions: frozenset[Permission]
    actor: Actor


Authenticator = Callable[[web.Request], Awaitable[Principal]]
"""Finds out in whose name a request comes. It is not asked for public routes, and has no body to read."""

OWNER: Final = Principal("owner", Role.OWNER, PERMISSIONS[Role.OWNER], Actor(ActorKind.SYSTEM, "web"))


async def as_owner(_: web.Request) -> Principal:
    """There are no accounts yet: whoever comes over HTTP is the owner."""
    return OWNER
