"""Loads product catalogues from files into PostgreSQL, exactly."""

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

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
    if name == "__version__":
        return import_module("importlib.metadata").version("product-importer")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


FORMER_MODULES: Final = {
    "connections": "support.connections",
    "deletions": "store.deletions",
    "logs": "support.logs",
    "packing": "support.packing",
    "sql_files": "support.sql_files",
    "states": "model.states",
    "waiting": "support.waiting",
}
"""Where documented modules are that have moved. They can still be imported by their former names."""


class _FormerModules:
    """Python's import system asks this finder for modules that nobody else finds."""

    @staticmethod
    def find_spec(name: str, *_path_and_target: object) -> ModuleSpec | None:
        package, _, module = name.rpartition(".")
        known = package == __name__ and module in FORMER_MODULES
        return ModuleSpec(name, _FormerModules()) if known else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(_: ModuleSpec) -> None:
        """Has Python make an empty module, which :meth:`exec_module` replaces."""

    @staticmethod
    def exec_module(module: "ModuleType") -> None:
        former = module.__name__
        present = f"{__name__}.{FORMER_MODULES[former.rpartition('.')[2]]}"
        warnings.warn(
            f"{former} is now {present}; the former name will go.", DeprecationWarning, stacklevel=2
        )
        sys.modules[former] = import_module(present)


sys.meta_path.append(_FormerModules)
