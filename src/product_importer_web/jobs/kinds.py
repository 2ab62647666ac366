"""What a kind of background work has to look like."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from product_importer import Importer


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be done. ``key`` is the same as long as it is the same attempt at the same thing."""

    key: str
    id: int


class JobKind(Protocol):
    """A kind of work. ``concurrency``: how many of its tasks one worker takes on at once."""

    @property
    def name(self) -> str: ...

    @property
    def concurrency(self) -> int: ...

    async def due(self, importer: Importer) -> Sequence[Task]:
        """What PostgreSQL says is to be done and nobody does, the oldest first, not more than a hundred."""

    async def run(self, importer: Importer, task: Task, stop: asyncio.Event) -> None:
        """Does it, unless it isn't due any more: one task may be brought twice, also at the same time.

        Once ``stop`` is set, it leaves the rest to another worker within a few seconds.
        """
