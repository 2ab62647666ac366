"""Errors of uploads, and of requests that are to be done once."""

from __future__ import annotations

from product_importer.errors.families import ConflictError, InvalidError, NotFoundError, UnavailableError


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
