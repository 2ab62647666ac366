"""``product-importer doctor``: examines everything that the program needs, and says what to repair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from redis.exceptions import RedisError

from product_importer import Importer
from product_importer.embedded import EmbeddedValkey
from product_importer.errors import MigrationError, ProductImporterError
from product_importer.hookspecs import WEB
from product_importer.plugins import load_extensions, load_plugins
from product_importer.settings import Settings, load_settings
from product_importer_web.extensions import WebPlugin
from product_importer_web.jobs.queues import connect
from product_importer_web.settings import WebSettings

_REDIS_SECONDS: Final = 5.0
_EMBEDDED: Final = "embedded"
_OWN: Final = "your own"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``text`` describes the state, or what to repair."""

    subject: str
    well: bool
    text: str


async def examine(web: WebSettings) -> AsyncIterator[Finding]:
    """Yields findings one by one; each check runs when its finding is requested. Nothing is changed."""
    settings = load_settings()
    for finding in await asyncio.to_thread(_plugins, settings):
        yield finding
    async for finding in _database(settings):
        yield finding
    yield await _redis(settings, web)


def _plugins(settings: Settings) -> list[Finding]:
    try:
        library = load_plugins(disabled=settings.disabled_plugins)
        pages = load_extensions(WEB, WebPlugin, disabled=settings.disabled_plugins)
    except ProductImporterError as error:
        return [Finding("plugins", well=False, text=str(error))]
    failed = (*library.failed, *pages.failed)
    names = dict.fromkeys(each.name for each in (*library.loaded, *pages.loaded))
    return [
        Finding("plugins", well=True, text=", ".join(names)),
        *(
            Finding("plugins", well=False, text=f"{it.name} ({it.distribution}) is left out: {it.reason}")
            for it in failed
        ),
    ]


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    """Checks the database, and the storage, which the importer knows."""
    try:
        async with Importer.open(settings=settings, update_schema=False) as importer:
            schema = f", schema {settings.schema}" if settings.schema else ""
            yield await _schema(importer, (_OWN if settings.database_url else _EMBEDDED) + schema)
            yield await _of("storage", importer.storage.check(), importer.storage.url)
    except ProductImporterError as error:
        yield Finding("database", well=False, text=str(error))


async def _schema(importer: Importer, whose: str) -> Finding:
    """Checks the schema. Missing migrations are no fault: the next start of the program applies them."""
    try:
        await importer.check()
    except MigrationError as lacking:
        return Finding(
            "database", well=True, text=f"{whose}. {lacking} The next serve, web or worker does, too."
        )
    except ProductImporterError as error:
        return Finding("database", well=False, text=str(error))
    return Finding("database", well=True, text=whose)


async def _of(subject: str, check: Awaitable[None], text: str) -> Finding:
    try:
        await check
    except ProductImporterError as error:
        return Finding(subject, well=False, text=str(error))
    return Finding(subject, well=True, text=text)


async def _redis(settings: Settings, web: WebSettings) -> Finding:
    try:
        async with AsyncExitStack() as stack, asyncio.timeout(_REDIS_SECONDS):
            url = web.redis_url
            if url is None:
                url = (await stack.enter_async_context(EmbeddedValkey.open(settings.data_dir))).url
            await (await stack.enter_async_context(connect(url))).ping()
    except ProductImporterError as error:
        return Finding("redis", well=False, text=str(error))
    except (RedisError, TimeoutError) as error:
        why = str(error) or f"no answer within {_REDIS_SECONDS:g} seconds"
        return Finding("redis", well=False, text=f"{why}. Check REDIS_URL and that the server runs.")
    return Finding("redis", well=True, text=_OWN if web.redis_url else _EMBEDDED)
