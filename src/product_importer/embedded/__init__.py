"""A real PostgreSQL for a machine that has none, started from the binaries of an installed package."""

from product_importer.embedded.accounts import default_data_dir
from product_importer.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "default_data_dir"]
