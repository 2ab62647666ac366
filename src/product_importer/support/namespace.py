"""The schema of a catalogue, and the names and numbers that are its own where a database holds several.

PostgreSQL's advisory locks, session names and notifications belong to the whole database, and Redis' keys to
all that use it. Two catalogues in two schemas must not meet there. A catalogue without a schema of its own
keeps the plain names and numbers, which older processes at the same database use, too.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import quote

_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
_OPTIONS: Final = re.compile(r"(?<=[?&])options=[^&]*")
_PATH: Final = re.compile(r"(?<=[?&])search_path=[^&]*&?")
_RESERVED: Final = re.compile(r"pg_.*|information_schema", re.ASCII)

SCHEMA_WANTED: Final = (
    "a schema's name: up to 63 lower-case letters (a to z), digits and underscores, of which the first is no "
    "digit, and which is not PostgreSQL's own (pg_…, information_schema)"
)
"""What a setting that names a schema has to be."""

_PROGRAM: Final = "product-importer"
_CHANNEL: Final = "product_importer_events"


def schema_name(text: str) -> str:
    """The text, if it can be the name of a catalogue's schema. Raises ValueError where it can't."""
    if not _SCHEMA.fullmatch(text) or _RESERVED.fullmatch(text):
        raise ValueError(f"{text!r} is not {SCHEMA_WANTED}")
    return text


def salt(schema: str | None) -> int:
    """What the numbers of a catalogue's locks are combined with (XOR): 63 bits, and 0 without a schema."""
    if schema is None:
        return 0
    return int.from_bytes(hashlib.blake2b(schema.encode(), digest_size=8).digest()) >> 1


def mark(schema: str | None) -> str:
    """What tells the catalogue in names that have no room for its schema's; empty without a schema.

    The server cuts names of sessions off at 63 bytes, so that those of two imports could become the same.
    """
    return "" if schema is None else f"{salt(schema) >> 31:08x}"


def session_name(schema: str | None, purpose: str = "") -> str:
    """What a session is called in ``pg_stat_activity``."""
    return " ".join(filter(None, (_PROGRAM, mark(schema), purpose)))


def channel(schema: str | None) -> str:
    """Where relays listen for events that somebody waits for."""
    return "_".join(filter(None, (_CHANNEL, mark(schema))))


def redis_name(schema: str | None, name: str, separator: str) -> str:
    """A key of Redis, or a queue there. A schema's name has no hyphen and no colon, so none are the same."""
    return separator.join(filter(None, (_PROGRAM, schema, name)))


def search_path(schema: str) -> str:
    """PostgreSQL's setting of that name: this schema alone.

    With ``public`` behind it, what the schema lacks would be looked for there, and found in the tables of
    another catalogue.
    """
    return f'"{schema}"'


def dsn_of_schema(dsn: str, schema: str | None) -> str:
    """A URL of the database whose connections find the catalogue's tables by their plain names.

    It is understood by asyncpg, and by libpq and what builds on it.
    """
    if schema is None:
        return dsn
    dsn = _PATH.sub("", dsn)  # it would outdo the option
    option = quote(f"-csearch_path={search_path(schema)}")
    if _OPTIONS.search(dsn):  # the last one counts
        return _OPTIONS.sub(rf"\g<0>%20{option}", dsn)
    separator = "" if dsn.endswith(("?", "&")) else "&" if "?" in dsn else "?"
    return f"{dsn}{separator}options={option}"
