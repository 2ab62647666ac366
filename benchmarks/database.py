"""The server that all systems share, and the questions put to it before and after a run."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks.data import COLUMNS, SEPARATOR, Dataset
from product_importer.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
SHOWN = ("server_version", "shared_buffers", "work_mem", "max_wal_size", *DURABLE)

FINGERPRINT = """
SELECT count(*), coalesce(sum(('x' || left(md5(concat_ws(%(separator)s,
    sku, name, coalesce(description, ''), price::numeric(19, 2)::text, active::text{attributes}
)), 15))::bit(60)::bigint), 0)
FROM products
"""
ATTRIBUTES = """,
    (SELECT string_agg(value, %(separator)s ORDER BY key COLLATE "C") FROM jsonb_each_text(attributes))"""


class BenchmarkError(Exception):
    """The benchmark can't go on, or its figures would mean nothing."""


class WrongResult(BenchmarkError):
    """A system ended with other products, or other counts, than the file calls for."""


class Server:
    """A PostgreSQL server on which the benchmark may create and drop databases of its own."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._databases: list[str] = []

    def settings(self) -> dict[str, str]:
        """The settings that matter; raises BenchmarkError if the server would lose commits in a crash."""
        with self._connect(self.dsn) as connection:
            found = {}
            for name in SHOWN:
                row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
                found[name] = str(row[0]) if row else ""
        if lax := [name for name in DURABLE if found[name] == "off"]:
            raise BenchmarkError(
                f"The server runs with {', '.join(lax)} off. Times without durability mean nothing."
            )
        return found

    def create(self, name: str) -> str:
        """Makes an empty database, in place of one that an earlier run left; returns its DSN."""
        name = f"product_importer_bench_{name}"
        self._drop(name)
        with self._connect(self.dsn) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        self._databases.append(name)
        parts = urlsplit(self.dsn)
        # urlunsplit would drop the two slashes of an address that has no host, only a socket in its query.
        return f"{parts.scheme}://{parts.netloc}" + urlunsplit(("", "", "/" + quote(name), parts.query, ""))

    def checkpoint(self) -> None:
        with self._connect(self.dsn) as connection:
            connection.execute("CHECKPOINT")

    def vacuum(self, dsn: str) -> None:
        """What autovacuum would do some minutes later, so that it doesn't in the middle of another's run."""
        with self._connect(dsn) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def execute(self, dsn: str, statements: str) -> None:
        with self._connect(dsn) as connection:
            connection.execute(statements.encode())

    def check(self, dsn: str, dataset: Dataset) -> None:
        """Raises :class:`WrongResult` unless the table ``products`` holds exactly what the file calls for."""
        extra = ATTRIBUTES if len(dataset.columns) > len(COLUMNS) else ""
        with self._connect(dsn) as connection:
            row = connection.execute(
                FINGERPRINT.format(attributes=extra).encode(), {"separator": SEPARATOR}
            ).fetchone()
        count, fingerprint = row or (0, 0)
        if count != dataset.products:
            raise WrongResult(f"The table has {count:,} products, not {dataset.products:,}.")
        if int(fingerprint) != dataset.fingerprint:
            raise WrongResult("The table has the right number of products, but not the right values.")

    def drop_all(self) -> None:
        while self._databases:
            self._drop(self._databases[-1])
            self._databases.pop()

    def _drop(self, name: str) -> None:
        with self._connect(self.dsn) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    @staticmethod
    def _connect(dsn: str) -> psycopg.Connection:
        return psycopg.connect(dsn, autocommit=True)


@contextmanager
def work_directory(parent: Path) -> Iterator[Path]:
    """A temporary directory that an embedded server can reach, even if it has to run as another user."""
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as directory:
        work = Path(directory)
        work.chmod(0o711)
        yield work


@asynccontextmanager
async def open_server(database_url: str | None, directory: Path) -> AsyncIterator[Server]:
    """The server at ``database_url``, or else an embedded one with its data in ``directory``."""
    if database_url is not None:
        server = Server(database_url)
        try:
            yield server
        finally:
            await asyncio.to_thread(server.drop_all)
        return
    async with EmbeddedPostgres.open(directory) as embedded:
        yield Server(embedded.dsn)
