"""The protocol of a kind of background work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from product_importer import Importer


@dataclass(frozen=True, slots=True)
class Task:
    """One unit of work. ``key`` identifies the attempt: it is the same for the same attempt at
    the same work.
    """

    key: str
    id: int


class JobKind(Protocol):
    """A kind of work. ``concurrency``: how many of its tasks one worker runs at once."""

    @property
    def name(self) -> str: ...

    @property
    def concurrency(self) -> int: ...

    async def due(self, importer: Importer) -> Sequence[Task]:
        """Returns the due tasks that no worker runs, from PostgreSQL, oldest first, at most a hundred."""

    async def run(self, importer: Importer, task: Task, stop: asyncio.Event) -> None:
        """Runs the task, unless it is no longer due: a task may be given twice, also at the same time.

        When ``stop`` is set, it leaves the rest to another worker within a few seconds.
        """
