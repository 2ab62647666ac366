"""The exceptions that the library raises on purpose. Each message says what is wrong, where, and what to do.

A message is one sentence or two in plain words, to be shown in a terminal or on a web page as it is.

Nearly every error belongs to one of four families. The family decides the HTTP status, unless
``product_importer_web.problems`` has another one for the class::

    ProductImporterError
    ├── NotFoundError     UploadNotFound, ImportNotFound, ProductNotFound, DeletionNotFound,
    │                     ProfileNotFound, ScheduleNotFound
    ├── ConflictError     UploadBusy, UploadConflict, UploadIncomplete, IdempotencyConflict, ImportBusy,
    │                     ImportWaiting, FileNotKept, LeaseLost, ImportCancelled, PlanStale, HistoryGone,
    │                     SkuTaken, ProductChanged, NotConfirmed, DeletionBusy, ScheduleBusy,
    │                     ScheduleChanged, ProfileTaken
    ├── InvalidError      UsageError (ImportEnded), FileError (EncodingUnclear, FetchError), InvalidFields
    │                     (InvalidProduct, InvalidSchedule), ChecksumMismatch, QuestionsOpen, InvalidProfile,
    │                     RejectedRowsError, WarnedError, DataRefused
    ├── UnavailableError  SettingsError, StorageError, TooManyUploads, ProductsLocked, EmbeddedServerError,
    │                     DatabaseError (TooManyConnections, MigrationError)
    └── of no family      ParserDeclined, PluginError, ImportInterrupted, ImportStuck, LedgerError

Errors of no family end an import or reveal a defect; no request is answered with them.
"""

from product_importer.errors.database import DatabaseError, DataRefused, MigrationError, TooManyConnections
from product_importer.errors.families import (
    ConflictError,
    EmbeddedServerError,
    InvalidError,
    InvalidFields,
    NotFoundError,
    PluginError,
    ProductImporterError,
    SettingsError,
    UnavailableError,
    UsageError,
)
from product_importer.errors.files import (
    EncodingChoice,
    EncodingUnclear,
    FetchError,
    FileError,
    InvalidProfile,
    ParserDeclined,
    ProfileNotFound,
    ProfileTaken,
    QuestionsOpen,
    RejectedRowsError,
    StorageError,
    WarnedError,
)
from product_importer.errors.imports import (
    FileNotKept,
    HistoryGone,
    ImportBusy,
    ImportCancelled,
    ImportEnded,
    ImportInterrupted,
    ImportNotFound,
    ImportStuck,
    ImportWaiting,
    LeaseLost,
    LedgerError,
    PlanStale,
)
from product_importer.errors.products import (
    DeletionBusy,
    DeletionNotFound,
    InvalidProduct,
    NotConfirmed,
    ProductChanged,
    ProductNotFound,
    ProductsLocked,
    SkuTaken,
)
from product_importer.errors.schedules import (
    InvalidSchedule,
    ScheduleBusy,
    ScheduleChanged,
    ScheduleNotFound,
)
from product_importer.errors.uploads import (
    ChecksumMismatch,
    IdempotencyConflict,
    TooManyUploads,
    UploadBusy,
    UploadConflict,
    UploadIncomplete,
    UploadNotFound,
)

__all__ = [
    "ChecksumMismatch",
    "ConflictError",
    "DataRefused",
    "DatabaseError",
    "DeletionBusy",
    "DeletionNotFound",
    "EmbeddedServerError",
    "EncodingChoice",
    "EncodingUnclear",
    "FetchError",
    "FileError",
    "FileNotKept",
    "HistoryGone",
    "IdempotencyConflict",
    "ImportBusy",
    "ImportCancelled",
    "ImportEnded",
    "ImportInterrupted",
    "ImportNotFound",
    "ImportStuck",
    "ImportWaiting",
    "InvalidError",
    "InvalidFields",
    "InvalidProduct",
    "InvalidProfile",
    "InvalidSchedule",
    "LeaseLost",
    "LedgerError",
    "MigrationError",
    "NotConfirmed",
    "NotFoundError",
    "ParserDeclined",
    "PlanStale",
    "PluginError",
    "ProductChanged",
    "ProductImporterError",
    "ProductNotFound",
    "ProductsLocked",
    "ProfileNotFound",
    "ProfileTaken",
    "QuestionsOpen",
    "RejectedRowsError",
    "ScheduleBusy",
    "ScheduleChanged",
    "ScheduleNotFound",
    "SettingsError",
    "SkuTaken",
    "StorageError",
    "TooManyConnections",
    "TooManyUploads",
    "UnavailableError",
    "UploadBusy",
    "UploadConflict",
    "UploadIncomplete",
    "UploadNotFound",
    "UsageError",
    "WarnedError",
]
