"""Errors of uploads, and of requests that are to be done once."""

from __future__ import annotations

from product_importer.errors.families import ConflictError, InvalidError, NotFoundError, UnavailableError


class UploadNotFound(NotFoundError):
    """There is no such upload: it was imported or given up, or it has expired."""

    code = "upload_not_found"


class TooManyUploads(UnavailableError):
    """The number of open uploads (incomplete or not imported) has reached its limit."""

    code = "too_many_uploads"


class UploadBusy(ConflictError):
    """Another request is sending bytes of this upload."""

    code = "upload_busy"


class UploadConflict(ConflictError):
    """The bytes sent don't continue at the upload's end, or don't fit its length."""

    code = "upload_conflict"


class UploadIncomplete(ConflictError):
    """The upload is incomplete and can't be imported yet."""

    code = "upload_incomplete"


class ChecksumMismatch(InvalidError):
    """The bytes that arrived aren't those that were sent; they were discarded."""

    code = "checksum_mismatch"


class IdempotencyConflict(ConflictError):
    """The idempotency key was used for another request."""

    code = "idempotency_conflict"
