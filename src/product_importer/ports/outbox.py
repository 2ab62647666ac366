"""What a relay needs of the store: the events that sinks still have to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from product_importer.ports.events import EventBatch


@dataclass(frozen=True, slots=True)
class QueuedBatch:
    """All events of one outbox row on their way to one sink.

    ``attempts``: how often the sink has failed since it last took some of them. ``taken``: how many events,
    from the batch's first one, the sink has taken. ``most``: how many it is given at once, where it turned
    out to be too slow for more.
    """

    batch: EventBatch
    attempts: int
    taken: int = 0
    most: int | None = None


class SinkQueue(Protocol):
    """What one sink is to get, the longest due first or in order. Whoever holds it is alone with it."""

    async def next(self) -> QueuedBatch | None:
        """A batch that is due; the same one again until it is settled."""

    async def delivered(self, batch_id: str) -> None: ...

    async def taken(self, batch_id: str, events: int) -> None:
        """Notes that the sink has taken the batch's first ``events`` events: they aren't sent again."""

    async def failed(
        self, batch_id: str, error: str, retry_seconds: float | None, most: int | None = None
    ) -> None:
        """To be tried again after so many seconds; None: only when somebody says so.

        ``most``: how many events the sink is to be given at once from now on; None leaves that as it is.
        """


class Outbox(Protocol):
    """The events that were committed and that not all sinks have got.

    All methods raise :class:`~product_importer.errors.DatabaseError`.
    """

    async def register(self, sinks: Sequence[str]) -> None:
        """Notes that these sinks are served. What is fanned out from now on is for them too."""

    async def fan_out(self, seconds: float) -> int:
        """Puts what was committed into each known sink's queue, up to a limit; says how many batches.

        None, unless the oldest of them has waited so long.
        """

    def listening(self, wake: Callable[[], None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Calls ``wake`` when there is something to be fanned out that somebody waits for. What nobody does,
        such as the middle of an import, is not told. Gives a function that says whether it still listens.
        """

    async def tell(self, sink: str, error: str | None) -> None:
        """Notes why the sink can't be served, or that it can."""

    async def tidy(self) -> None:
        """Forgets sinks that nobody has served for long, batches given up long ago, and what nobody needs."""

    def queue(
        self, sink: str, *, wait: bool, in_order: bool
    ) -> AbstractAsyncContextManager[SinkQueue | None]:
        """The sink's queue. Where another relay has it: once that has gone, or None.

        ``in_order``: batches of which one changed a product before another come in that order.
        """
