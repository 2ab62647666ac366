"""The store's SQL statements."""

from __future__ import annotations

from functools import partial

from product_importer.support.sql_files import load_statements

statements = partial(load_statements, "product_importer.store")
"""Loads the statements of ``store/sql/<file>.sql``, by name."""
