"""The exit statuses of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from product_importer import errors

COMPLETED: Final = 0
FAILED: Final = 1
USAGE: Final = 2
REJECTED_ROWS: Final = 3

BY_SEVERITY: Final = (COMPLETED, REJECTED_ROWS, FAILED, USAGE)
"""The statuses by severity: for several files, the most severe one counts."""

STATUS_OF: Final[Mapping[type[errors.ProductImporterError], int]] = {
    errors.NotFoundError: FAILED,
    errors.ConflictError: FAILED,
    errors.InvalidError: USAGE,
    errors.UnavailableError: FAILED,
    errors.ProductImporterError: FAILED,
}
"""The exit status for each family of errors."""

DEVIATIONS: Final[Mapping[type[errors.ProductImporterError], int]] = {errors.SettingsError: USAGE}
"""Errors whose exit status differs from that of their family. Over HTTP, a wrong setting makes the server
unavailable; on the command line, it is part of the request.
"""


def of_error(error: errors.ProductImporterError) -> int:
    """Returns the exit status for an error: that of its nearest base class with one."""
    statuses = {**STATUS_OF, **DEVIATIONS}
    return next(statuses[base] for base in type(error).__mro__ if base in statuses)
