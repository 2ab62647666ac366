"""The principal in whose name a request comes, with its permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from product_importer.model import Actor, ActorKind
from product_importer_web.routing import PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a program. ``actor`` names the principal in events."""

    name: str
    role: Role
    permissions: frozenset[Permission]
    actor: Actor


Authenticator = Callable[[web.Request], Awaitable[Principal]]
"""Finds the principal of a request. It is not called for public routes, and can't read the body."""

OWNER: Final = Principal("owner", Role.OWNER, PERMISSIONS[Role.OWNER], Actor(ActorKind.SYSTEM, "web"))


async def as_owner(_: web.Request) -> Principal:
    """Returns the owner as the principal of every request, as there are no accounts yet."""
    return OWNER
