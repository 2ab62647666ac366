"""Begins the runs of schedules that are due: it registers an import, which another kind of work runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from product_importer import Importer
from product_importer.errors import DatabaseError
from product_importer_web.jobs.kinds import Task

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScheduleJobs:
    """A :class:`~product_importer_web.jobs.kinds.JobKind`."""

    name: str = "schedule"
    concurrency: int = 1

    async def due(self, importer: Importer) -> Sequence[Task]:
        due = await importer.schedules.due()
        return [Task(f"schedule:{number}:{slot.timestamp():.0f}", number) for number, slot in due]

    async def run(self, importer: Importer, task: Task, stop: asyncio.Event) -> None:  # noqa: ARG002 - it is quick
        try:
            import_id = await importer.schedules.begin(task.id)
        except DatabaseError as error:
            _logger.warning("Schedule %d will be tried again: %s", task.id, error)
        else:
            if import_id is not None:
                _logger.info("Schedule %d has registered import %d", task.id, import_id)
