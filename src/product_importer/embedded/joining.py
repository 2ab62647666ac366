"""Starts a server, or joins the one that another process has started.

The process that gets the lock file starts the server's keeper (:mod:`product_importer.embedded.keeper`) and
passes the lock to it; all others connect to the keeper. The lock is free exactly when no process of the
server is left, however it ended, so no stale pid can mislead.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from product_importer.embedded import keeper
from product_importer.embedded.accounts import Account, clean_environment
from product_importer.errors import EmbeddedServerError

POLL_SECONDS = 0.02
STOP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The paths of a server: ``home`` for lasting files, ``runtime`` for sockets (short paths)."""

    home: Path
    runtime: Path

    @property
    def lock(self) -> Path:
        return self.home / "server.lock"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def keeper_socket(self) -> Path:
        return self.runtime / "keeper.sock"

    @property
    def socket_dir(self) -> Path:
        return self.runtime / "run"


@dataclass(frozen=True, slots=True)
class Launch:
    """The command that runs a server, and the signal that stops it quickly and cleanly.

    ``stale``: files that a dead server leaves behind, and that would prevent the next start.
    """

    command: list[str]
    account: Account
    stop_signal: int
    stale: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """The right to use a running server, until it is closed or this process ends.

    ``log_start`` is the position in the server's log at which this start begins; None if the server ran
    already.
    """

    connection: socket.socket
    log_start: int | None = None

    @property
    def broken(self) -> bool:
        """Whether the keeper has ended, and the server with it."""
        try:
            return self.connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def confirm(self) -> None:
        """Tells the keeper that the server works: from now on, a server that ends by itself is restarted.

        Every process that joins says so, since the one that started the server may have been killed before.
        """
        with suppress(OSError):  # the keeper has ended, and the membership is broken
            self.connection.send(keeper.WORKS)

    def close(self) -> None:
        """Ends the membership. If it was the last one, waits until the server has stopped."""
        with self.connection, suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(STOP_SECONDS)
            self.connection.recv(1)


@dataclass(frozen=True, slots=True)
class Patience:
    """The time limit of a wait; ``give_up`` ends the wait of a thread whose task was cancelled."""

    seconds: float
    give_up: threading.Event = field(default_factory=threading.Event)
    _start: float = field(default_factory=time.monotonic)

    def wait(self, what: str, seconds: float = POLL_SECONDS) -> None:
        """Waits a moment. Raises EmbeddedServerError, which names ``what``, when the time is up."""
        if self.give_up.wait(seconds):
            raise EmbeddedServerError(f"Stopped waiting for {what}.")
        if time.monotonic() - self._start > self.seconds:
            raise EmbeddedServerError(f"Waited {self.seconds:.0f} seconds in vain for {what}.")


def obtain(files: ServerFiles, prepare: Callable[[], Launch], patience: Patience) -> Membership:
    """Joins the running server, or else calls ``prepare`` and starts it. It may not be ready yet.

    ``prepare`` is called by one process at a time, and only when no process of the server is left.
    """
    while True:
        connection = _connect(files.keeper_socket)
        if connection is not None:
            return Membership(connection)
        with _open_private(files.lock) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                return _start(files, prepare(), lock.fileno())
        patience.wait(f"the server whose processes hold {files.lock} (see {files.log})")


def _connect(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError:
        connection.close()
        raise
    return connection


def _start(files: ServerFiles, launch: Launch, lock: int) -> Membership:
    files.keeper_socket.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, _open_private(files.log) as log:
        listener.bind(str(files.keeper_socket))
        listener.listen()
        membership = Membership(
            _connected(files.keeper_socket), log_start=log.tell()
        )  # waits for the keeper's accept
        try:
            _spawn_keeper(files, launch, lock, listener.fileno(), log.fileno())
        except BaseException:
            membership.connection.close()
            raise
    return membership


def _spawn_keeper(files: ServerFiles, launch: Launch, lock: int, listener: int, log: int) -> None:
    account = launch.account
    order = {
        "command": launch.command,
        "user": [account.uid, account.gid] if account.switch else None,
        "stop_signal": launch.stop_signal,
        "stale": [str(path) for path in launch.stale],
        "log": str(files.log),
        "lock": lock,
        "listener": listener,
    }
    subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-I", "-S", keeper.__file__, json.dumps(order)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=clean_environment(),
        pass_fds=(lock, listener),
        start_new_session=True,  # Ctrl-C in our terminal must not reach the server
        check=False,  # an error is in the log, and breaks the membership
    )


def _open_private(path: Path) -> BinaryIO:
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def _connected(path: Path) -> socket.socket:
    connection = _connect(path)
    if connection is None:
        raise EmbeddedServerError(f"{path} was removed while the server was starting. Try again.")
    return connection


def log_tail(files: ServerFiles, start: int, lines: int = 12) -> str:
    """Returns the last lines that were written to the server's log after byte ``start``."""
    with files.log.open("rb") as log:
        size = os.fstat(log.fileno()).st_size
        log.seek(max(start if start <= size else 0, size - 8192))  # the log may have been truncated
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


class Endings:
    """Counts how often a server has ended and was to be restarted, from now on."""

    def __init__(self, files: ServerFiles) -> None:
        self._log = files.log
        self._read = files.log.stat().st_size
        self._count = 0

    def count(self) -> int:
        """Returns the count. To be called often: lines are lost if the log is truncated between two calls."""
        with self._log.open("rb") as log:
            if os.fstat(log.fileno()).st_size < self._read:
                self._read = 0
            log.seek(self._read)
            self._count += log.read().count(keeper.ENDED.encode())
            self._read = log.tell()
        return self._count
