"""A sink that adds events to a stream in Redis or Valkey."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer.environment import Environment, whole_number
from product_importer_redis_stream.sink import RedisStreamSink

if TYPE_CHECKING:
    from product_importer.ports import EventSink

__all__ = ["RedisStreamSink"]


@hookimpl
def product_importer_event_sinks() -> Iterable[EventSink]:
    """Registers the sink ``redis-stream`` if ``PRODUCT_IMPORTER_STREAM_URL`` is set.

    Raises SettingsError if a setting can't be used.
    """
    environment = Environment.read()
    url = environment.own("STREAM_URL", _redis_url, "a redis:// or rediss:// URL")
    if url is None:
        return []
    sink = environment.fill(
        RedisStreamSink,
        url=url,
        stream=environment.own("STREAM_NAME", str, "the name of a stream"),
        length=environment.own("STREAM_LENGTH", whole_number(1, 10**12), "a whole number above 0"),
    )
    return [sink]


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError
    return text
