"""Files of SQL statements, for the library's store and for plugins that bring tables.

A file holds several statements; a line ``-- name: some_name`` stands before each.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def load_statements(package: str, file: str) -> Mapping[str, str]:
    """The statements of ``sql/<file>.sql`` in a package's folder, by name.

    Raises :class:`KeyError` at look-up of a name that the file lacks, and :class:`ValueError` for a name that
    it gives twice.
    """
    text = resources.files(package).joinpath("sql", f"{file}.sql").read_text("utf-8")
    _, *parts = _HEADER.split(text)
    found = dict(zip(parts[::2], (sql.strip() for sql in parts[1::2]), strict=True))
    if len(found) * 2 != len(parts):
        raise ValueError(f"{file}.sql names a statement twice")
    return found
