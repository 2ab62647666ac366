"""Real servers for a machine that has none, started from the programs of installed packages.

The modules are imported when their names are first asked for: every command loads this package, and few
commands start a server.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from product_importer.embedded.accounts import default_data_dir

if TYPE_CHECKING:
    from product_importer.embedded.postgres import EmbeddedPostgres
    from product_importer.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedValkey", "default_data_dir"]

_HOMES = {
    "EmbeddedPostgres": "product_importer.embedded.postgres",
    "EmbeddedValkey": "product_importer.embedded.valkey",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
