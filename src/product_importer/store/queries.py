"""Reads the SQL statements of ``store/sql/*.sql``: each starts with a line ``-- name: some_name``."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_HEADER = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(file: str) -> dict[str, str]:
    """The statements of ``store/sql/<file>.sql`` by name.

    Raises :class:`KeyError` at look-up of a name that the file lacks, :class:`ValueError` for a name given
    twice.
    """
    text = resources.files("product_importer.store").joinpath("sql", f"{file}.sql").read_text("utf-8")
    _, *parts = _HEADER.split(text)
    found = dict(zip(parts[::2], (sql.strip() for sql in parts[1::2]), strict=True))
    if len(found) * 2 != len(parts):
        raise ValueError(f"{file}.sql names a statement twice")
    return found
