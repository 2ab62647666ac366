"""The protocols of event sinks, and the batches that they receive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    import pyarrow as pa

EventValues = Literal["none", "changed", "full"]
"""The values that a sink gets with the events of products; see :class:`DetailedSink`."""

JSON_TEXT: Final = b"json"
"""The key in the metadata of a column of an :class:`EventBatch` whose texts are JSON."""


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one type that were caused in one transaction, at most some thousand.

    Each row of ``data`` is one event's data; the batch's *n*-th event (from 0) has the id
    ``f"{id}-{first + n}"``. A transaction with more events has several batches with the same ``id``, which
    differ in ``first``. The batches are the same on every delivery. ``values``: what the sink asked for; the
    data have these values where the log of changes knows them.
    """

    id: str
    type: str
    timestamp: datetime
    actor: str
    data: pa.RecordBatch
    first: int = 0
    values: EventValues = "none"


class MoreValuesWanted(Exception):
    """A sink raises it to get a batch again at once, with the values that it names now."""


@runtime_checkable
class EventSink(Protocol):
    """Receives committed events, at least once, batch by batch. An exception means "try again later".

    Each sink has a thread with an event loop of its own, which delivers one batch after the other.
    """

    @property
    def name(self) -> str: ...

    async def deliver(self, batch: EventBatch) -> None:
        """Takes all of the batch's events, or raises."""


@dataclass(frozen=True, slots=True)
class SinkHost:
    """The database and schema that the program provides to a sink.

    ``database_url`` connects to the catalogue's tables, and the plugin's own, by their plain names.
    ``schema`` is the PostgreSQL schema of these tables, if a setting names one. A sink that shares a resource
    such as Redis with sinks of other catalogues uses the schema in its names there.
    """

    database_url: str
    schema: str | None = None


@runtime_checkable
class ConnectedSink(EventSink, Protocol):
    """An event sink with connections or background tasks that have to be open while it delivers.

    The context is entered before the first delivery and left after the last one, in the sink's event loop.
    Every relay enters it, also relays that only stand by while another one delivers. If entering raises, or
    the context ends by itself, the relay tries again later.
    """

    def connected(self, host: SinkHost) -> AbstractAsyncContextManager[object]:
        """Opens what :meth:`deliver` needs, for as long as the context lasts."""


@runtime_checkable
class OrderedSink(EventSink, Protocol):
    """An event sink that needs batches in order: a batch is delivered after the sink has taken the one
    before. A batch that the sink fails to take holds up the later ones until the sink takes it or it is given
    up.
    """

    @property
    def in_order(self) -> bool: ...


@runtime_checkable
class SubscribedSink(EventSink, Protocol):
    """An event sink that wants events only at times, for instance while it has an address to send them to.

    If no sink wants events, they aren't even stored. After a sink wants events again, it gets those of
    transactions that start later.
    """

    @property
    def wanted(self) -> str:
        """An SQL condition that is true while the sink wants events, for example
        ``EXISTS (SELECT FROM acme_addresses)``.

        It becomes part of the transactions that change products, so it has to be fast and must not fail: the
        tables that it reads have to come from the plugin's own migrations.
        """


@runtime_checkable
class LimitedSink(EventSink, Protocol):
    """An event sink that takes at most ``most_events`` events in one call of :meth:`EventSink.deliver`.

    Set it to the number of events that the sink can take within a minute, if that is below 10,000.
    """

    @property
    def most_events(self) -> int: ...


@runtime_checkable
class DetailedSink(EventSink, Protocol):
    """An event sink that gets the values of products beside the names of changed fields.

    With ``"changed"``, an update has ``values``: for each changed field an object with the values ``before``
    and ``after`` the change. With ``"full"``, every event of a product has ``product``, too: all fields as
    they were after the change, or, of a deleted product, as they were last. The values are those of that
    change, whatever has happened since. They are JSON texts in the columns of the batch (:data:`JSON_TEXT`),
    and null if the log of changes doesn't know them.

    The attribute is read before each batch. A sink that finds out by a batch that it needs more values than
    the batch has (:attr:`EventBatch.values`) sets its attribute and raises :class:`MoreValuesWanted`.
    """

    @property
    def values(self) -> EventValues: ...
