"""Real servers for a machine that has none, started from the programs of installed packages."""

from product_importer.embedded.accounts import default_data_dir
from product_importer.embedded.postgres import EmbeddedPostgres
from product_importer.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedValkey", "default_data_dir"]
