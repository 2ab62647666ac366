"""The embedded PostgreSQL as the rest of the program sees it: open it, use its DSN, close it."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from product_importer.embedded.accounts import make_directory, run, server_account, user_name
from product_importer.embedded.binaries import packaged_installation, usable_installation
from product_importer.embedded.cluster import PORT, USER, ensure_cluster, explain, launch, says_ready
from product_importer.embedded.lease import Launch, Lease, Patience, ServerFiles, log_tail, obtain
from product_importer.errors import EmbeddedServerError

DATABASE = "product_importer"
START_SECONDS = 300.0  # recovery after a power failure may have much to read
LONGEST_SOCKET_PATH = 103  # bytes: macOS; Linux allows 107

# The advisory lock makes two processes that come at once create the database once.
_ENSURE_DATABASE = r"""
SELECT pg_advisory_lock(1);
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
"""
_UNREACHABLE = 2  # psql's exit code


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A running PostgreSQL of our own.

    ``dsn`` is a URL for asyncpg and for libpq's programs alike; its user may do everything. ``bin_dir`` holds
    ``psql``, ``pg_dump`` and the others. ``log`` is the server's log.
    """

    dsn: str
    bin_dir: Path
    log: Path

    @property
    def psql(self) -> Path:
        return self.bin_dir / "psql"

    @staticmethod
    @asynccontextmanager
    async def open(data_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
        """Starts the server whose data lie in ``data_dir/postgres``, or joins it if another process has.

        The server stops when the last process that has opened it closes it or ends, in whatever way;
        closing it as the last one waits for that. Everything that was committed is there on the next start.
        Blocking work is done in threads.

        Raises:
            EmbeddedServerError: the server can't be started or joined; the message says what to do.
        """
        patience = Patience(START_SECONDS)
        opening = asyncio.create_task(asyncio.to_thread(_open, data_dir, patience))
        try:
            lease, server = await asyncio.shield(opening)
        except asyncio.CancelledError:
            patience.give_up.set()
            with suppress(EmbeddedServerError):
                lease, _ = await opening
                await asyncio.to_thread(lease.close)
            raise
        try:
            yield server
        finally:
            await asyncio.to_thread(lease.close)


def _open(data_dir: Path, patience: Patience) -> tuple[Lease, EmbeddedPostgres]:
    files = _server_files(data_dir)
    bin_dir = packaged_installation() / "bin"
    try:
        _make_directories(files)
        lease = _obtain_ready(files, bin_dir / "psql", patience)
    except OSError as error:
        raise EmbeddedServerError(explain("PostgreSQL can't be started", files.home, str(error))) from error
    host = quote(str(files.socket_dir), safe="")
    dsn = f"postgresql:///{DATABASE}?host={host}&port={PORT}&user={USER}&sslmode=disable"
    return lease, EmbeddedPostgres(dsn, bin_dir, files.log)


def _server_files(data_dir: Path) -> ServerFiles:
    home = data_dir.expanduser().resolve() / "postgres"
    in_place = ServerFiles(home, runtime=home)
    longest = in_place.socket_dir / f".s.PGSQL.{PORT}"
    if len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH:
        return in_place
    # Not $TMPDIR or $XDG_RUNTIME_DIR: every process of this user must find the same place.
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return ServerFiles(home, Path("/tmp", f"product-importer-{os.geteuid()}-{name}"))  # noqa: S108


def _cluster(files: ServerFiles) -> Path:
    return files.home / "data"


def _make_directories(files: ServerFiles) -> None:
    """Makes the directories that belong to ourselves; as root, the server's user may pass through them."""
    account = server_account()
    data_dir = files.home.parent
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    make_directory(data_dir, 0o755 if account.switch else 0o700)
    for path in {files.home, files.runtime}:
        make_directory(path, 0o711 if account.switch else 0o700)
        owner = path.lstat().st_uid
        if owner != os.geteuid():
            raise EmbeddedServerError(
                f"{path} belongs to the user {user_name(owner)}, and this program runs as "
                f"{user_name(os.geteuid())}. Run it as {user_name(owner)}, or set "
                "PRODUCT_IMPORTER_DATA_DIR to another directory."
            )


def _obtain_ready(files: ServerFiles, psql: Path, patience: Patience) -> Lease:
    while True:
        lease = obtain(files, lambda: _prepare(files), patience)
        try:
            if _wait_until_ready(files, psql, lease, patience):
                return lease
        except BaseException:
            lease.close()
            raise
        lease.close()
        if lease.log_start is not None:
            log = log_tail(files, lease.log_start)
            raise EmbeddedServerError(explain("PostgreSQL doesn't start", _cluster(files), log))
        # Otherwise we had joined it just when it was stopping.


def _prepare(files: ServerFiles) -> Launch:
    """Makes everything ready for a start. Only the holder of the server's lock calls this."""
    account = server_account()
    installation = usable_installation(account, files.home / "copy")
    ensure_cluster(_cluster(files), installation, account)
    make_directory(files.socket_dir, 0o700, account)
    return launch(_cluster(files), installation, account, files.socket_dir)


def _wait_until_ready(files: ServerFiles, psql: Path, lease: Lease, patience: Patience) -> bool:
    """Waits until the database can be used; false if the server has ended instead."""
    command = [
        *(str(psql), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-v", f"name={DATABASE}"),
        *("-h", str(files.socket_dir), "-p", str(PORT), "-U", USER, "-d", "postgres"),
    ]
    while not lease.broken:
        if says_ready(_cluster(files)):
            ensured = run(command, stdin=_ENSURE_DATABASE)
            if ensured.returncode == 0:
                return True
            if ensured.returncode != _UNREACHABLE:
                what = f"The database {DATABASE} can't be created"
                raise EmbeddedServerError(explain(what, _cluster(files), ensured.stderr))
        patience.wait(f"PostgreSQL to get ready (see {files.log})")
    return False
