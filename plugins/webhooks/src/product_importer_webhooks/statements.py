"""Reads the SQL statements of ``sql/*.sql``: each starts with a line ``-- name: some_name``."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_HEADER = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(file: str) -> dict[str, str]:
    """The statements of ``sql/<file>.sql`` by name."""
    text = resources.files(__package__).joinpath("sql", f"{file}.sql").read_text("utf-8")
    _, *parts = _HEADER.split(text)
    return dict(zip(parts[::2], (sql.strip() for sql in parts[1::2]), strict=True))
