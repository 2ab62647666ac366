"""Keeps one server running for exactly as long as somebody uses it.

This file is run as a script, in an interpreter of its own that imports nothing but the standard library: it
lives as long as the server, so it should be small. Its only argument is a JSON object::

    {"command": [...], "user": [uid, gid] or null, "stop_signal": n, "stale": [paths],
     "log": path, "lock": fd, "listener": fd}

Each user of the server holds a connection to ``listener``. The kernel closes it however its owner ends, and
when the last one is closed the keeper stops the server. A user who closes its sending side is answered by
the end of the connection: at once while others go on, and after the server's end if it was the last. Each
user sends one byte when it finds that the server works: one that ends before anybody has has failed, and that
is all; one that ends later is started anew, for as long as there are users.

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
    """What the server has to run before it begins.

    Whoever has started us may ignore signals, as a script's shell does for what it puts in the background,
    and that is inherited: the server would not hear us until it has set up its own. On Linux, the kernel is
    asked to stop the server when the keeper is killed. That signal comes when the *thread* that starts the
    server ends, and the setting is lost when the user changes, hence main thread and ``preexec_fn``, which
    runs after the change.
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
    """Starts the log anew, keeping one old part, when it has grown too long. The server appends to it."""
    if os.stat(log).st_size > LOG_LIMIT:  # noqa: PTH116 - pathlib costs memory
        with suppress(OSError):  # the disk is full: then the old part goes, which makes room
            shutil.copy(log, f"{log}.old")
        os.truncate(log, 0)


class Keeper:
    """One server and its users."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.stopping = False  # nobody uses it any more, or we are asked to end
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
        ):  # what a dead server leaves behind becomes our child, so that we see its end
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.selector.register(self.wake, selectors.EVENT_READ)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self._run()
        while self.works and self._rested():
            self._run()

    def _run(self) -> None:
        """From the server's start to its end."""
        self.begun = time.monotonic()
        server = start(self.order)
        while server.poll() is None:
            if self.stopping:
                self._turn_away()
                # More than once: it may not have been listening yet.
                server.send_signal(self.order["stop_signal"])
            self._attend(STOP_AGAIN_SECONDS if self.stopping else LOG_CHECK_SECONDS)
            shorten(self.order["log"])

    def _attend(self, seconds: float) -> None:
        """Waits for whatever happens first, and heeds it."""
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
                True  # the last one's connection stays open until this process ends: that is the answer
            )

    def _turn_away(self) -> None:
        """Who comes now waits for the lock and starts anew; who is there is answered by our end."""
        for key in list(self.selector.get_map().values()):
            if key.fileobj is not self.wake:
                self.selector.unregister(key.fileobj)
        self.listener.close()

    def _end(self, *_: object) -> None:
        self.stopping = True

    def _await_orphans(self) -> None:
        """Until no process of the dead server is left, where this system lets us know."""
        with suppress(ChildProcessError):
            while sys.platform == "linux":
                os.waitpid(-1, 0)

    def _rested(self) -> bool:
        """Whether the server is to start anew. The pause grows while it ends soon, as on a full disk."""
        if self.stopping:
            return False
        self._await_orphans()
        lived = time.monotonic() - self.begun
        self.pause = 0.0 if lived > SHORTEST_LIFE else min(2 * self.pause + 1, LONGEST_PAUSE)
        with suppress(OSError):  # the disk is full: that is no reason to end for good
            os.write(2, f"{ENDED}; it starts anew in {self.pause:.0f} seconds.\n".encode())
        end = time.monotonic() + self.pause
        while not self.stopping and (left := end - time.monotonic()) > 0:
            self._attend(left)
        for path in self.order["stale"]:
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108 - pathlib costs memory
        return not self.stopping


if __name__ == "__main__":
    # The starter waits for the first process only, so the second one is nobody's zombie.
    if os.fork() == 0:
        given = json.loads(sys.argv[1])
        Keeper(given).keep()
        os.close(given["lock"])  # before the users are answered by our end
