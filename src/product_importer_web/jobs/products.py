"""Deletes all products after a confirmation, and indexes changed products."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from product_importer import Importer
from product_importer.errors import DatabaseError, DeletionBusy
from product_importer_web.jobs.kinds import Task

_logger = logging.getLogger(__name__)

_FINISHING_SECONDS: Final = 3.0
"""How long a deletion may go on when the worker stops; after that it is undone, and another
worker runs it.
"""

_INDEXING: Final = Task("index", 1)


@dataclass(frozen=True, slots=True)
class DeletionJobs:
    """A :class:`~product_importer_web.jobs.kinds.JobKind`."""

    name: str = "deletion"
    concurrency: int = 1

    async def due(self, importer: Importer) -> Sequence[Task]:
        due = await importer.deletions.due()
        return [Task(f"deletion:{number}:{attempt}", number) for number, attempt in due]

    async def run(self, importer: Importer, task: Task, stop: asyncio.Event) -> None:
        deleting = asyncio.create_task(importer.deletions.run(task.id))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({deleting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            done, _ = await asyncio.wait({deleting}, timeout=_FINISHING_SECONDS)
            if not done:
                _logger.info("Deletion %d is left to another worker", task.id)
                return
            ended = await deleting
            _logger.info(
                "Deletion %d: %s, %d products. %s", task.id, ended.status, ended.deleted, ended.message
            )
        except DeletionBusy as nothing_to_do:
            _logger.debug("%s", nothing_to_do)
        except DatabaseError as error:
            _logger.warning("Deletion %d will be tried again: %s", task.id, error)
        finally:
            deleting.cancel()
            stopping.cancel()
            await asyncio.wait({deleting, stopping})


@dataclass(frozen=True, slots=True)
class IndexJobs:
    """A :class:`~product_importer_web.jobs.kinds.JobKind`."""

    name: str = "index"
    concurrency: int = 1

    async def due(self, importer: Importer) -> Sequence[Task]:
        return [_INDEXING] if await importer.catalogue.pending() else []

    async def run(self, importer: Importer, task: Task, stop: asyncio.Event) -> None:  # noqa: ARG002
        try:
            ended = await importer.catalogue.index_all(stop)
        except DatabaseError as error:
            _logger.warning("Products will be indexed later: %s", error)
        else:
            _logger.info("%d changes of products indexed, %d to go", ended.done, ended.pending)
            if not ended.searchable:
                _logger.warning(
                    "Searching is slow: the database lacks the extension pg_trgm. Ask whoever runs the "
                    "server for CREATE EXTENSION pg_trgm."
                )
