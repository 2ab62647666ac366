"""Loads product catalogues from files into PostgreSQL, exactly."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.app import Importer
    from product_importer.errors import ProductImporterError
    from product_importer.hookspecs import hookimpl
    from product_importer.model import ImportOptions, ImportReport, ImportState, RejectedRow, RowError
    from product_importer.plugins.rowwise import row_validator

__all__ = [
    "ImportOptions",
    "ImportReport",
    "ImportState",
    "Importer",
    "ProductImporterError",
    "RejectedRow",
    "RowError",
    "hookimpl",
    "row_validator",
]

# Where each public name lives; it is imported when it is first asked for, so that importing one small module
# of the library stays cheap.
_HOMES = {
    "ImportOptions": "product_importer.model",
    "ImportReport": "product_importer.model",
    "ImportState": "product_importer.model",
    "Importer": "product_importer.app",
    "ProductImporterError": "product_importer.errors",
    "RejectedRow": "product_importer.model",
    "RowError": "product_importer.model",
    "hookimpl": "product_importer.hookspecs",
    "row_validator": "product_importer.plugins.rowwise",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
