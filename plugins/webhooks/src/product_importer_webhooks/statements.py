"""The webhooks' SQL statements."""

from __future__ import annotations

from functools import partial

from product_importer.support.sql_files import load_statements

statements = partial(load_statements, __package__)
"""Loads the statements of ``sql/<file>.sql``, by name."""
