"""The protocols by which a relay uses the store: the events that sinks still have to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from product_importer.ports.events import EventBatch, EventValues


@dataclass(frozen=True, slots=True)
class QueuedBatch:
    """All events of one outbox row on their way to one sink.

    ``attempts``: how often the sink has failed since it last took some of them. ``taken``: how many events,
    from the batch's first one, the sink has taken. ``most``: how many events it is given at once, if it was
    too slow for more.
    """

    batch: EventBatch
    attempts: int
    taken: int = 0
    most: int | None = None


class SinkQueue(Protocol):
    """The queue of one sink: the longest due first, or in order. Only one relay holds it at a time."""

    async def next(self, values: EventValues = "none") -> QueuedBatch | None:
        """Returns a batch that is due; the same one again until it is settled.

        ``values``: what the batch has beside the names of changed fields.
        """

    async def delivered(self, batch_id: str) -> None: ...

    async def taken(self, batch_id: str, events: int) -> None:
        """Notes that the sink has taken the batch's first ``events`` events: they aren't sent again."""

    async def failed(
        self, batch_id: str, error: str, retry_seconds: float | None, most: int | None = None
    ) -> None:
        """Notes a failure, to be retried after this number of seconds; None: only on request.

        ``most``: how many events the sink is given at once from now on; None leaves that unchanged.
        """


class Outbox(Protocol):
    """The committed events that not all sinks have received yet.

    All methods raise :class:`~product_importer.errors.DatabaseError`.
    """

    async def register(self, sinks: Sequence[str]) -> None:
        """Registers these sinks: events that are fanned out from now on are put into their queues, too."""

    async def fan_out(self, seconds: float) -> int:
        """Puts committed events into the queue of each known sink, up to a limit; returns the number of
        batches.

        Puts nothing there unless the oldest event has waited for this number of ``seconds``.
        """

    def listening(self, wake: Callable[[], None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Calls ``wake`` on urgent events, such as an edit or an import's end, which have to be fanned out at
        once. Events in the middle of an import don't wake. Provides a function that returns whether it still
        listens.
        """

    async def tell(self, sink: str, error: str | None) -> None:
        """Notes why the sink can't be served (``error``), or that it can be served (None)."""

    async def tidy(self) -> None:
        """Removes sinks that were long not served, batches given up long ago, and rows no longer needed."""

    def queue(
        self, sink: str, *, wait: bool, in_order: bool
    ) -> AbstractAsyncContextManager[SinkQueue | None]:
        """Provides the sink's queue. If another relay holds it: waits until that has gone (``wait``), or
        gives None.

        ``in_order``: batches that changed the same product come in the order of the changes.
        """
