"""Keeps one server running exactly as long as it has users.

This file is run as a script, in an interpreter of its own that imports nothing but the standard library: it
lives as long as the server, so it should be small. Its only argument is a JSON object::

    {"command": [...], "user": [uid, gid] or null, "stop_signal": n, "stale": [paths],
     "log": path, "lock": fd, "listener": fd}

Each user of the server holds a connection to ``listener``. The kernel closes it however its owner ends, and
when the last one is closed, the keeper stops the server. If a user closes its sending side, the keeper
answers by closing the connection: at once if there are other users, otherwise after the server's end. Each
user sends one byte when it finds that the server works. A server that ends before the first such byte has
failed, and the keeper ends, too; a server that ends later is restarted, as long as there are users.

``lock`` is an open file with an exclusive ``flock``. The server and its children inherit it, so it stays
locked until the keeper *and* every process of the server are gone.
"""

import ctypes
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

WORKS = b"w"
ENDED = "The server ended by itself"
LOG_LIMIT = 8 << 20
LOG_CHECK_SECONDS = 60.0
STOP_AGAIN_SECONDS = 1.0
SHORTEST_LIFE = 10.0
LONGEST_PAUSE = 8.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def arrangement(stop_signal: int) -> Callable[[], None]:
    """Returns the function that the server's process runs before the server's program.

    The process that started the keeper may ignore signals, as a script's shell does for background commands,
    and that is inherited: the server would ignore our signals until it has installed its own handlers. On
    Linux, the kernel is asked to stop the server when the keeper is killed. That signal comes when the
    *thread* that started the server ends, and the setting is lost when the user changes; hence the main
    thread and ``preexec_fn``, which runs after the change.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None
    keeper = os.getpid()

    def arrange() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if prctl is not None and (
            prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0) != 0 or os.getppid() != keeper
        ):
            os._exit(1)

    return arrange


def start(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    uid, gid = order["user"] or (None, None)
    return subprocess.Popen(  # noqa: S603 - the command comes from our own package
        order["command"],
        stdin=subprocess.DEVNULL,
        cwd="/",
        user=uid,
        group=gid,
        extra_groups=[] if uid is not None else None,
        pass_fds=(order["lock"],),
        preexec_fn=arrangement(order["stop_signal"]),  # noqa: PLW1509 - there is one thread
    )


def shorten(log: str) -> None:
    """Truncates the log when it is too long, and keeps one old part. The server appends to the log."""
    if os.stat(log).st_size > LOG_LIMIT:  # noqa: PTH116 - pathlib costs memory
        with suppress(OSError):  # if the disk is full, the old part is lost, which makes room
            shutil.copy(log, f"{log}.old")
        os.truncate(log, 0)


class Keeper:
    """One server and its users."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.stopping = False  # whether there are no users any more, or the keeper was asked to end
        self.works = False
        self.users: set[socket.socket] = set()
        self.selector = selectors.DefaultSelector()
        self.wake, self.waker = socket.socketpair()
        self.listener = socket.socket(fileno=order["listener"])
        self.pause = 0.0
        self.begun = 0.0

    def keep(self) -> None:
        """Starts the server, and returns when it has ended for good."""
        self.waker.setblocking(False)
        signal.set_wakeup_fd(self.waker.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end)
        if (
            sys.platform == "linux"
        ):  # orphaned processes of a dead server become our children, so that we notice their end
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.selector.register(self.wake, selectors.EVENT_READ)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self._run()
        while self.works and self._rested():
            self._run()

    def _run(self) -> None:
        """Runs the server from its start to its end."""
        self.begun = time.monotonic()
        server = start(self.order)
        while server.poll() is None:
            if self.stopping:
                self._turn_away()
                # The signal is repeated: the server may not have been handling it yet.
                server.send_signal(self.order["stop_signal"])
            self._attend(STOP_AGAIN_SECONDS if self.stopping else LOG_CHECK_SECONDS)
            shorten(self.order["log"])

    def _attend(self, seconds: float) -> None:
        """Waits for the next event or the time limit, and handles the event."""
        for key, _ in self.selector.select(seconds):
            if key.fileobj is self.wake:
                self.wake.recv(4096)
            elif key.fileobj is self.listener:
                user, _ = self.listener.accept()
                self.selector.register(user, selectors.EVENT_READ)
                self.users.add(user)
            elif isinstance(key.fileobj, socket.socket):
                self._hear(key.fileobj)

    def _hear(self, user: socket.socket) -> None:
        said = b""
        with suppress(ConnectionError):
            said = user.recv(16)
        if said:
            self.works = True
            return
        self.selector.unregister(user)
        if len(self.users) > 1:
            self.users.remove(user)
            user.close()
        else:
            self.stopping = (
                True  # the last connection stays open until this process ends: its end is the answer
            )

    def _turn_away(self) -> None:
        """Accepts no new users: they wait for the lock and start a server. Our end answers the others."""
        for key in list(self.selector.get_map().values()):
            if key.fileobj is not self.wake:
                self.selector.unregister(key.fileobj)
        self.listener.close()

    def _end(self, *_: object) -> None:
        self.stopping = True

    def _await_orphans(self) -> None:
        """Waits until no process of the dead server is left, on systems that allow it."""
        with suppress(ChildProcessError):
            while sys.platform == "linux":
                os.waitpid(-1, 0)

    def _rested(self) -> bool:
        """Returns whether the server is to be restarted. The pause grows if it ends soon, as on
        a full disk.
        """
        if self.stopping:
            return False
        self._await_orphans()
        lived = time.monotonic() - self.begun
        self.pause = 0.0 if lived > SHORTEST_LIFE else min(2 * self.pause + 1, LONGEST_PAUSE)
        with suppress(OSError):  # a full disk is no reason to end for good
            os.write(2, f"{ENDED}; it starts anew in {self.pause:.0f} seconds.\n".encode())
        end = time.monotonic() + self.pause
        while not self.stopping and (left := end - time.monotonic()) > 0:
            self._attend(left)
        for path in self.order["stale"]:
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108 - pathlib costs memory
        return not self.stopping


if __name__ == "__main__":
    # The starter waits for the first process only; the second one is adopted, so it can't become a zombie.
    if os.fork() == 0:
        given = json.loads(sys.argv[1])
        Keeper(given).keep()
        os.close(given["lock"])  # before this process ends, which answers the users
