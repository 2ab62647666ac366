"""Event sinks: what receives events, and how they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one type that were caused in one transaction, at most some thousands.

    Each row of ``data`` is one event's data; the batch's *n*-th event (from 0) has the id
    ``f"{id}-{first + n}"``. A transaction with more events is told in several batches of one ``id``, which
    differ in ``first``. All of it is the same on every delivery.
    """

    id: str
    type: str
    timestamp: datetime
    actor: str
    data: pa.RecordBatch
    first: int = 0


@runtime_checkable
class EventSink(Protocol):
    """Receives committed events, at least once, batch by batch. Raising means "try again later".

    Each sink has a thread with an event loop of its own, in which one batch is delivered after the other.
    """

    @property
    def name(self) -> str: ...

    async def deliver(self, batch: EventBatch) -> None:
        """Takes all of the batch's events, or raises."""


@dataclass(frozen=True, slots=True)
class SinkHost:
    """What a sink may need of the program that it is part of.

    ``database_url`` leads to the catalogue's tables, and the plugin's own, by their plain names. ``schema``
    is the PostgreSQL schema that they lie in, where a setting names one: a sink that shares something with
    those of other catalogues, such as Redis, names it after that.
    """

    database_url: str
    schema: str | None = None


@runtime_checkable
class ConnectedSink(EventSink, Protocol):
    """An event sink that keeps something open, or has work of its own to do: connections, background tasks.

    The context is entered before the first delivery and left after the last one, in the sink's event loop.
    Every relay enters it, also those that merely stand by while another one delivers. If entering raises, or
    the context ends by itself, that is tried again later.
    """

    def connected(self, host: SinkHost) -> AbstractAsyncContextManager[object]:
        """What has to be open for :meth:`deliver`, for as long as the context lasts."""


@runtime_checkable
class OrderedSink(EventSink, Protocol):
    """An event sink that needs batches in their order: a later one waits until it has taken the one before.

    What it fails to take holds up the rest until it takes it, or until that is given up.
    """

    @property
    def in_order(self) -> bool: ...


@runtime_checkable
class SubscribedSink(EventSink, Protocol):
    """An event sink that wants events only at times, such as while there is an address to take them to.

    Where no sink wants them, events aren't even written down. One that wants them again hears of what begins
    from then on.
    """

    @property
    def wanted(self) -> str:
        """When it does: an SQL condition, such as ``EXISTS (SELECT FROM acme_addresses)``.

        It becomes part of the transactions that change products, so it has to be quick and must not fail:
        tables that it asks come by the plugin's own migrations.
        """


@runtime_checkable
class LimitedSink(EventSink, Protocol):
    """An event sink that takes at most ``most_events`` events in one call of :meth:`EventSink.deliver`.

    Give it the number that the sink can take within a minute, if that is below 10,000.
    """

    @property
    def most_events(self) -> int: ...
