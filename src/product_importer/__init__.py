"""Loads product catalogues from files into PostgreSQL, exactly."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.hookspecs import hookimpl

__all__ = ["hookimpl"]

# Where each public name lives; it is imported when it is first asked for, so that importing one small module
# of the library stays cheap.
_HOMES = {"hookimpl": "product_importer.hookspecs"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
