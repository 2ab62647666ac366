"""The table of all kinds of background work."""

from __future__ import annotations

from product_importer_web.jobs.imports import ImportJobs
from product_importer_web.jobs.kinds import JobKind
from product_importer_web.jobs.products import DeletionJobs, IndexJobs
from product_importer_web.jobs.schedules import ScheduleJobs

KINDS: tuple[JobKind, ...] = (ImportJobs(), DeletionJobs(), IndexJobs(), ScheduleJobs())
