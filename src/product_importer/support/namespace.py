"""The schema of a catalogue, and its own names and numbers if a database holds several catalogues.

PostgreSQL's advisory locks, session names and notifications belong to the whole database, and Redis' keys to
all of its users. Two catalogues in two schemas must not collide there. A catalogue without a schema of its
own keeps the plain names and numbers, which older processes at the same database use, too.
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
"""Describes a valid name of a schema, for messages about settings."""

_PROGRAM: Final = "product-importer"
_CHANNEL: Final = "product_importer_events"


def schema_name(text: str) -> str:
    """Returns the text, if it can be the name of a catalogue's schema. Raises ValueError if it can't."""
    if not _SCHEMA.fullmatch(text) or _RESERVED.fullmatch(text):
        raise ValueError(f"{text!r} is not {SCHEMA_WANTED}")
    return text


def salt(schema: str | None) -> int:
    """Returns the salt that a catalogue's lock numbers are XORed with: 63 bits; 0 without a schema."""
    if schema is None:
        return 0
    return int.from_bytes(hashlib.blake2b(schema.encode(), digest_size=8).digest()) >> 1


def mark(schema: str | None) -> str:
    """Returns a short mark of the catalogue, for names of limited length; empty without a schema.

    The server truncates names of sessions to 63 bytes, which could make the names for two imports equal.
    """
    return "" if schema is None else f"{salt(schema) >> 31:08x}"


def session_name(schema: str | None, purpose: str = "") -> str:
    """Returns the name of a session in ``pg_stat_activity``."""
    return " ".join(filter(None, (_PROGRAM, mark(schema), purpose)))


def channel(schema: str | None) -> str:
    """Returns the channel on which relays listen for urgent events."""
    return "_".join(filter(None, (_CHANNEL, mark(schema))))


def redis_name(schema: str | None, name: str, separator: str) -> str:
    """Returns the name of a key or queue in Redis; unique, as schemas' names have no hyphen or colon."""
    return separator.join(filter(None, (_PROGRAM, schema, name)))


def search_path(schema: str) -> str:
    """Returns PostgreSQL's setting ``search_path`` for this schema alone.

    With ``public`` behind it, a table that the schema lacks would be looked up there, and found in another
    catalogue.
    """
    return f'"{schema}"'


def dsn_of_schema(dsn: str, schema: str | None) -> str:
    """Returns a URL of the database whose connections find the catalogue's tables by their plain names.

    asyncpg understands the URL, and so do libpq and programs based on it.
    """
    if schema is None:
        return dsn
    dsn = _PATH.sub("", dsn)  # this parameter would override the option
    option = quote(f"-csearch_path={search_path(schema)}")
    if _OPTIONS.search(dsn):  # the last option takes precedence
        return _OPTIONS.sub(rf"\g<0>%20{option}", dsn)
    separator = "" if dsn.endswith(("?", "&")) else "&" if "?" in dsn else "?"
    return f"{dsn}{separator}options={option}"
