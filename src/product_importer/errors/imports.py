"""Errors of imports."""

from __future__ import annotations

from datetime import datetime

from product_importer.errors.families import ConflictError, NotFoundError, ProductImporterError, UsageError


class ImportNotFound(NotFoundError):
    """There is no import with this id."""

    code = "import_not_found"


class ImportEnded(UsageError):
    """The import has ended for good and can't be resumed."""

    code = "import_ended"


class ImportBusy(ConflictError):
    """Another process is running this import."""

    code = "import_busy"


class ImportWaiting(ConflictError):
    """The import waits for the answers to its questions, and can't be run without them."""

    code = "import_waiting"


class FileNotKept(ConflictError):
    """The file of the import isn't kept: it lies outside the storage, or the time of keeping it is over."""

    code = "file_not_kept"


class LeaseLost(ConflictError):
    """Another process has taken this import over; this process's writes are refused."""

    code = "lease_lost"


class ImportCancelled(ConflictError):
    """The import was cancelled; saved rows stay saved."""

    code = "cancelled"


class ImportInterrupted(ProductImporterError):
    """The process that runs the import has to stop. Another process continues after the last saved chunk."""

    code = "interrupted"


class ImportStuck(ProductImporterError):
    """The import was started several times without progress; its process died each time."""

    code = "import_stuck"


class PlanStale(ConflictError):
    """Products were changed since a plan was made, so it can't be applied; a new plan is needed."""

    code = "plan_stale"


class HistoryGone(ConflictError):
    """The log of changes doesn't go back so far. ``since``: the time since when it is complete."""

    code = "history_gone"

    def __init__(self, message: str, *, since: datetime | None = None) -> None:
        super().__init__(message)
        self.since = since


class LedgerError(ProductImporterError):
    """The import can't be completed: its counts don't add up to the rows that were read."""

    code = "ledger"
