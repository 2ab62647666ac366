"""``/metrics``: metrics for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder
from redis.exceptions import RedisError

from product_importer.errors import ProductImporterError
from product_importer.model import Status
from product_importer_web.declarations import Answer
from product_importer_web.figures import Families, families_of_plugins
from product_importer_web.keys import HUB, IMPORTER, METRICS, QUEUES
from product_importer_web.routing import Permission, Route

_SECONDS: Final = 2.0


async def show_metrics(request: web.Request) -> web.Response:
    """Returns the metrics for Prometheus.

    Metrics that can't be read keep their last values; ``dependency_up`` shows it.
    """
    metrics = request.app[METRICS]
    metrics.watchers.set(request.app[HUB].watchers)
    answers = await asyncio.gather(_tried(_read_database(request)), _tried(_read_redis(request)))
    for dependency, up in zip(("database", "redis"), answers, strict=True):
        metrics.up.labels(dependency).set(up)
    encode, content_type = _encoder(request.headers.get("Accept", ""))
    families = await families_of_plugins(request)
    together = Families([*metrics.registry.collect(), *families])
    return web.Response(body=encode(together), headers={"Content-Type": content_type})


def _encoder(accept: str) -> tuple[Callable[[Families], bytes], str]:
    """Returns the encoder for the requested format, or the default one if the header makes no sense."""
    try:
        return choose_encoder(accept)
    except (ValueError, TypeError):  # for example, a version that isn't a number
        return choose_encoder("")


async def _read_database(request: web.Request) -> None:
    importer, metrics = request.app[IMPORTER], request.app[METRICS]
    numbers = await importer.imports.numbers()
    for status in Status:
        metrics.imports.labels(status.value).set(numbers.get(status, 0))
    metrics.events.set(await importer.sinks.fresh())
    now = datetime.now(UTC)
    for sink in await importer.sinks.states():
        metrics.sinks.labels(sink.name, "waiting").set(sink.waiting)
        metrics.sinks.labels(sink.name, "given_up").set(sink.given_up)
        age = 0.0 if sink.oldest_at is None else (now - sink.oldest_at).total_seconds()
        metrics.oldest.labels(sink.name).set(age)


async def _read_redis(request: web.Request) -> None:
    for kind, depth in (await request.app[QUEUES].depths()).items():
        request.app[METRICS].jobs.labels(kind).set(depth)


async def _tried(reading: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            await reading
    except (ProductImporterError, RedisError, TimeoutError):
        return False
    return True


ROUTES = (
    Route(
        "GET", "/metrics", show_metrics, Permission.VIEW, "metrics", quiet=True,
        answers=(Answer(HTTPStatus.OK, media_type="text/plain"),),
    ),
)  # fmt: skip
