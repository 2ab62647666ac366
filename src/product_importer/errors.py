"""The exceptions that the library raises on purpose. Each message says what, where and what to do.

A message is one sentence or two in plain words, fit for a terminal line or a web page as it is.

Nearly every error belongs to one of four families. The family decides the HTTP status and the exit status of
a command, unless ``product_importer_web.problems`` or ``product_importer.cli.exits`` has another one for the
class::

    ProductImporterError
    ├── NotFoundError     UploadNotFound, ImportNotFound, ProductNotFound, DeletionNotFound
    ├── ConflictError     UploadBusy, UploadConflict, UploadIncomplete, IdempotencyConflict, ImportBusy,
    │                     LeaseLost, ImportCancelled, SkuTaken, ProductChanged, NotConfirmed, DeletionBusy
    ├── InvalidError      UsageError (ImportEnded), FileError (EncodingUnclear), InvalidFields
    │                     (InvalidProduct), ChecksumMismatch, RejectedRowsError, WarnedError, DataRefused
    ├── UnavailableError  SettingsError, StorageError, TooManyUploads, ProductsLocked, EmbeddedServerError,
    │                     DatabaseError (TooManyConnections, MigrationError)
    └── of no family      ParserDeclined, PluginError, ImportInterrupted, ImportStuck, LedgerError

Those of no family end an import or are somebody's defect; no request is answered with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.model import RowError
    from product_importer.product import Product


class ProductImporterError(Exception):
    """Base of every error that the library raises on purpose.

    ``code`` is stable and meant for programs; ``str(error)`` is meant for people.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class NotFoundError(ProductImporterError):
    """Nothing has the id that was asked for."""


class ConflictError(ProductImporterError):
    """What was asked for doesn't fit the present state, which somebody else may have changed."""


class InvalidError(ProductImporterError):
    """What was handed over, a file, a value or an option, can't be taken as it is."""


class UnavailableError(ProductImporterError):
    """Something that is needed, such as the database or the storage, doesn't do its work for now."""


class InvalidFields(InvalidError):
    """Fields can't be taken. ``problems`` name each field, in ``column``, and what is wrong."""

    def __init__(self, problems: tuple[RowError, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


class UsageError(InvalidError):
    """What was asked for can't be done as asked: an unknown option, field, parser or policy."""

    code = "usage"


class SettingsError(UnavailableError):
    """A setting is missing or can't be used."""

    code = "settings"


class FileError(InvalidError):
    """The file as a whole can't be read, so nothing of it was imported.

    ``line`` is the 1-based line of the file where reading stopped making sense, where one is known.
    """

    code = "unreadable_file"

    def __init__(self, message: str, *, code: str | None = None, line: int | None = None) -> None:
        super().__init__(message, code=code)
        self.line = line


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoding that a file may be in, and how a part of one of its lines reads then."""

    encoding: str
    text: str


class EncodingUnclear(FileError):
    """The file's encoding can't be told for certain.

    ``choices`` are those that it may be in, the likeliest first, each with how the same part of ``line``
    reads.
    """

    code = "encoding_unclear"

    def __init__(self, choices: tuple[EncodingChoice, ...], line: int) -> None:
        readings = ", or ".join(f"“{choice.text}” in {choice.encoding}" for choice in choices)
        super().__init__(
            f"The file's encoding can't be told for certain. Line {line:,} reads {readings}. "
            f"Name the one that reads right, for example --encoding {choices[0].encoding}.",
            line=line,
        )
        self.choices = choices


class StorageError(UnavailableError):
    """Files can't be kept, or a kept file is gone. Code ``disk_full`` where there is no room."""

    code = "storage"


class UploadNotFound(NotFoundError):
    """There is no such upload: it was imported, given up, or it has expired."""

    code = "upload_not_found"


class TooManyUploads(UnavailableError):
    """As many uploads are open as may be: not complete, or not imported."""

    code = "too_many_uploads"


class UploadBusy(ConflictError):
    """Another request is sending bytes of this upload."""

    code = "upload_busy"


class UploadConflict(ConflictError):
    """What was sent doesn't go on where the upload stands, or doesn't fit its length."""

    code = "upload_conflict"


class UploadIncomplete(ConflictError):
    """The upload can't be imported before all of it is there."""

    code = "upload_incomplete"


class ChecksumMismatch(InvalidError):
    """What arrived isn't what was sent; it was thrown away."""

    code = "checksum_mismatch"


class IdempotencyConflict(ConflictError):
    """The idempotency key was used for another request."""

    code = "idempotency_conflict"


class ParserDeclined(ProductImporterError):
    """A parser meets something that it can't read exactly; the built-in parser takes the file over."""

    code = "parser_declined"


class RejectedRowsError(InvalidError):
    """Rows were rejected and the options forbid going on (``on_error=abort``, ``max_errors``)."""

    code = "rejected_rows"


class WarnedError(InvalidError):
    """Warnings were given and the options forbid going on (``on_warning=abort``)."""

    code = "warned"


class PluginError(ProductImporterError):
    """A plugin failed, or two plugins clash. ``plugin`` names the one to blame."""

    code = "plugin"

    def __init__(self, message: str, *, plugin: str, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.plugin = plugin


class DatabaseError(UnavailableError):
    """The database can't be reached, is too old, or refused what was asked."""

    code = "database"


class TooManyConnections(DatabaseError):
    """The database has no connection to spare."""

    code = "too_many_connections"


class DataRefused(InvalidError):
    """The database can't store a value as it is, such as a character that its encoding lacks."""

    code = "data_refused"


class MigrationError(DatabaseError):
    """The schema can't be brought up to date, for instance because an applied migration was edited."""

    code = "migration"


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


class ProductNotFound(NotFoundError):
    """There is no product of that id."""

    code = "product_not_found"


class InvalidProduct(InvalidFields):
    """A product's values can't be taken."""

    code = "invalid_product"


class SkuTaken(ConflictError):
    """Another product, ``product``, has that SKU."""

    code = "sku_taken"

    def __init__(self, message: str, *, product: Product | None) -> None:
        super().__init__(message)
        self.product = product


class ProductChanged(ConflictError):
    """Somebody changed the product since it was looked at. ``product`` is what it is now."""

    code = "product_changed"

    def __init__(self, message: str, *, product: Product) -> None:
        super().__init__(message)
        self.product = product


class ProductsLocked(UnavailableError):
    """Something that takes long, such as deleting all products, is in the way. Nothing was changed."""

    code = "products_locked"


class NotConfirmed(ConflictError):
    """Not the number of products that there are; ``products`` is."""

    code = "not_confirmed"

    def __init__(self, message: str, *, products: int) -> None:
        super().__init__(message)
        self.products = products


class DeletionNotFound(NotFoundError):
    """There is no deletion of that id."""

    code = "deletion_not_found"


class DeletionBusy(ConflictError):
    """All products are being deleted already."""

    code = "deletion_busy"


class EmbeddedServerError(UnavailableError):
    """The embedded server can't be started or joined."""

    code = "embedded_server"
