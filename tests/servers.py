"""PostgreSQL servers for tests, and databases on them made from a migrated template."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from product_importer.embedded import EmbeddedPostgres, EmbeddedValkey, cluster
from product_importer.store.migrate import migrate

START_SECONDS = 60.0
BOTH = ["postgres_18", pytest.param("postgres_15", marks=[pytest.mark.whole, pytest.mark.oldest_python])]
"""The fixtures of the newest and the oldest PostgreSQL that we promise to work with.

What the oldest one does with our statements doesn't depend on the Python that sends them.
"""

_INITDB = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A running server; ``url`` leads to a database in which nothing is kept."""

    url: str
    template: str

    def database_url(self, name):
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"

    @asynccontextmanager
    async def database(self, template=None):
        """The URL of a new database, a copy of the migrated template (or of ``template0``: empty)."""
        name = f"test_{secrets.token_hex(6)}"
        admin = await asyncpg.connect(self.url)
        try:
            # Copied file by file it takes half of the time that the default takes, by way of the log.
            await admin.execute(
                f"CREATE DATABASE {name} TEMPLATE {template or self.template} STRATEGY FILE_COPY"
            )
            yield self.database_url(name)
        finally:
            # Connections of the test may have gone with the server; this one is tried anew.
            if admin.is_closed():
                admin = await asyncpg.connect(self.url)
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()

    async def copied(self, url):
        """The name of a lasting copy, a template for others, of a database that nobody is connected to."""
        name = f"copy_{secrets.token_hex(6)}"
        admin = await asyncpg.connect(self.url)
        try:
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {urlsplit(url).path[1:]}")
        finally:
            await admin.close()
        return name


def public_directory():
    """A new directory that everybody may enter, in memory where there is room, with a short path."""
    memory = Path("/dev/shm")
    roomy = memory.exists() and shutil.disk_usage(memory).free > 4 << 30
    path = Path(tempfile.mkdtemp(prefix="pi-", dir=memory if roomy else "/tmp"))
    path.chmod(0o777)
    return path


@contextmanager
def embedded_server():
    """The embedded PostgreSQL on a data directory of its own."""
    home = public_directory()
    try:
        with asyncio.Runner() as runner:
            opened = EmbeddedPostgres.open(home / "data")
            with _small():
                postgres = runner.run(opened.__aenter__())
            try:
                yield runner.run(_with_template(postgres.dsn))
            finally:
                runner.run(opened.__aexit__(None, None, None))
    finally:
        shutil.rmtree(home)


@contextmanager
def _small():
    """Starts servers with few buffers, which every database that is made or dropped goes through."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster, "_MOST_BUFFERS", cluster._LEAST_BUFFERS)
        patched.setitem(cluster.SETTINGS, "fsync", "off")  # nobody pulls the plug
        yield


@contextmanager
def embedded_valkey():
    """The URL of the embedded Valkey, on a data directory of its own."""
    home = public_directory()
    try:
        with asyncio.Runner() as runner:
            opened = EmbeddedValkey.open(home / "data")
            try:
                yield runner.run(opened.__aenter__()).url
            finally:
                runner.run(opened.__aexit__(None, None, None))
    finally:
        shutil.rmtree(home)


def installed_binaries(major):
    """The directory of an installed PostgreSQL's programs, or None."""
    bin_dir = _DEBIAN / str(major) / "bin"
    if not bin_dir.exists() and (config := shutil.which("pg_config")):
        asked = subprocess.run([config, "--version", "--bindir"], capture_output=True, text=True, check=True)
        bindir, version = sorted(asked.stdout.splitlines())
        if f" {major}." in version:
            bin_dir = Path(bindir)
    return bin_dir if (bin_dir / "initdb").exists() else None


class InstalledServer:
    """A cluster of an installed PostgreSQL, which a test may also stop hard and start again."""

    def __init__(self, bin_dir):
        self._bin = bin_dir
        self.home = public_directory()
        account = {"user": self._user(), "extra_groups": []} if os.geteuid() == 0 else {}
        self._options = {"cwd": "/", "stdin": subprocess.DEVNULL, **account}
        self._process = None
        self.url = f"postgresql:///postgres?host={quote(str(self.home), safe='')}&user=tests"
        subprocess.run(
            [bin_dir / "initdb", "-D", self._data, "-U", "tests", "-A", "trust", *_INITDB],
            check=True,
            capture_output=True,
            **self._options,
        )

    @property
    def _data(self):
        return self.home / "cluster"

    @staticmethod
    def _user():
        """PostgreSQL refuses to run as root."""
        names = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in names else "nobody"

    def start(self):
        settings = {
            "unix_socket_directories": self.home,
            "listen_addresses": "",
            "fsync": "off",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data]
                + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
                stdout=log,
                stderr=log,
                **self._options,
            )
        asyncio.run(self._ready())

    async def _ready(self):
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                connection = await asyncpg.connect(self.url)
            except (OSError, asyncpg.CannotConnectNowError):
                if time.monotonic() > end or self._process.poll() is not None:
                    raise AssertionError((self.home / "log").read_text()) from None
                await asyncio.sleep(0.02)
            else:
                await connection.close()
                return

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: "immediate", as after a crash, to be recovered from at the next start."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.home)


@contextmanager
def installed_server(bin_dir):
    server = InstalledServer(bin_dir)
    try:
        server.start()
        yield asyncio.run(_with_template(server.url))
    finally:
        server.remove()


async def _with_template(url):
    server = Server(url, "migrated")
    admin = await asyncpg.connect(url)
    await admin.execute("CREATE DATABASE migrated")
    await admin.close()
    connection = await asyncpg.connect(server.database_url("migrated"))
    await migrate(connection)
    await connection.close()
    return server
