"""Runs the imports that were handed over to the workers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from product_importer import Importer
from product_importer.errors import (
    DatabaseError,
    ImportBusy,
    ImportEnded,
    ImportInterrupted,
    ImportNotFound,
    ImportWaiting,
    LeaseLost,
)
from product_importer.support.logs import import_id
from product_importer_web.jobs.company import Company
from product_importer_web.jobs.kinds import Task

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ImportJobs:
    """A :class:`~product_importer_web.jobs.kinds.JobKind`.

    An import whose process died before any progress is run alone: if it kills this process, too, no other
    import is suspected or has to start again.
    """

    name: str = "import"
    concurrency: int = 2
    company: Company = field(default_factory=Company)

    async def due(self, importer: Importer) -> Sequence[Task]:
        return [
            Task(f"import:{number}:{attempt}", number) for number, attempt in await importer.imports.due()
        ]

    async def run(self, importer: Importer, task: Task, stop: asyncio.Event) -> None:
        token = import_id.set(task.id)
        try:
            alone = await importer.imports.suspected(task.id)
            async with self.company.joined(stop, alone=alone) as entered:
                if not entered:
                    return
                report = await importer.imports.start(task.id, stop=stop)
        except (ImportBusy, ImportEnded, ImportNotFound, ImportWaiting) as nothing_to_do:
            _logger.debug("%s", nothing_to_do)
        except (ImportInterrupted, LeaseLost) as ours_no_more:
            _logger.info("%s", ours_no_more)
        except DatabaseError as error:
            _logger.warning("Import %d will be tried again: %s", task.id, error)
        else:
            _logger.info("Import %d: %s. %s", task.id, report.status, report.state.message)
        finally:
            import_id.reset(token)
