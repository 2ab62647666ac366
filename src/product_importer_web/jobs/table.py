"""Every kind of background work."""

from __future__ import annotations

from product_importer_web.jobs.imports import ImportJobs
from product_importer_web.jobs.kinds import JobKind

KINDS: tuple[JobKind, ...] = (ImportJobs(),)
