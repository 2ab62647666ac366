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
"""With several files, the last one of these counts."""

STATUS_OF: Final[Mapping[type[errors.ProductImporterError], int]] = {
    errors.NotFoundError: FAILED,
    errors.ConflictError: FAILED,
    errors.InvalidError: USAGE,
    errors.UnavailableError: FAILED,
    errors.ProductImporterError: FAILED,
}
"""By an error's family."""

DEVIATIONS: Final[Mapping[type[errors.ProductImporterError], int]] = {errors.SettingsError: USAGE}
"""Classes that say something else to whoever started a command than their family does: over HTTP a setting
keeps the server from its work, but here it is part of what was asked for.
"""


def of_error(error: errors.ProductImporterError) -> int:
    """The status with which a command ends that an error has ended: that of the nearest base with one."""
    statuses = {**STATUS_OF, **DEVIATIONS}
    return next(statuses[base] for base in type(error).__mro__ if base in statuses)
