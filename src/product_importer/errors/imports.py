"""Errors of imports."""

from __future__ import annotations

from product_importer.errors.families import ConflictError, NotFoundError, ProductImporterError, UsageError


class ImportNotFound(NotFoundError):
    """There is no import of that id."""

    code = "import_not_found"


class ImportEnded(UsageError):
    """The import has ended for good: there is nothing to resume."""

    code = "import_ended"


class ImportBusy(ConflictError):
    """Another process is running this import."""

    code = "import_busy"


class LeaseLost(ConflictError):
    """Another process has taken this import over; what this one was about to write is refused."""

    code = "lease_lost"


class ImportCancelled(ConflictError):
    """Somebody asked for the import to stop; what was saved stays saved."""

    code = "cancelled"


class ImportInterrupted(ProductImporterError):
    """The process that runs the import is to stop. Another goes on from the last saved chunk."""

    code = "interrupted"


class ImportStuck(ProductImporterError):
    """The import was begun again and again without getting on; each time its process died."""

    code = "import_stuck"


class LedgerError(ProductImporterError):
    """read ≠ created + updated + unchanged + duplicate + invalid + skipped: the import is not completed."""

    code = "ledger"
