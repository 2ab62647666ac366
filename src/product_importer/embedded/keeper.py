"""Keeps one server running for exactly as long as somebody uses it.

This file is run as a script, in an interpreter of its own that imports nothing but the standard library: it
lives as long as the server, so it should be small. Its only argument is a JSON object::

    {"command": [...], "user": [uid, gid] or null, "stop_signal": n, "log": path, "lock": fd, "listener": fd}

Each user of the server holds a connection to ``listener``. The kernel closes it however its owner ends, and
when the last one is closed the keeper stops the server. A user who closes its sending side is answered by
the end of the connection: at once while others go on, and after the server's end if it was the last.

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
from collections.abc import Callable
from typing import Any

LOG_LIMIT = 8 << 20
LOG_CHECK_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


def die_with_keeper(stop_signal: int) -> Callable[[], None] | None:
    """What the server has to run before it begins, so that the kernel stops it when the keeper is killed.

    Only Linux has this. The signal comes when the *thread* that starts the server ends, and the setting is
    lost when the user changes, hence main thread and ``preexec_fn``, which runs after the change.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    keeper = os.getpid()

    def arrange() -> None:
        if prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0) != 0 or os.getppid() != keeper:
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
        preexec_fn=die_with_keeper(order["stop_signal"]),  # noqa: PLW1509 - there is one thread
    )


def shorten(log: str) -> None:
    """Starts the log anew, keeping one old part, when it has grown too long. The server appends to it."""
    if os.stat(log).st_size > LOG_LIMIT:  # noqa: PTH116 - pathlib costs memory
        shutil.copy(log, f"{log}.old")
        os.truncate(log, 0)


def keep(order: dict[str, Any]) -> None:
    """Starts the server, and returns when it has ended."""
    wake, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)

    server = start(order)
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(order["stop_signal"]))
    listener = socket.socket(fileno=order["listener"])
    users: set[socket.socket] = set()

    with selectors.DefaultSelector() as selector:
        selector.register(wake, selectors.EVENT_READ)
        selector.register(listener, selectors.EVENT_READ)
        while server.poll() is None:
            for key, _ in selector.select(LOG_CHECK_SECONDS):
                ready = key.fileobj
                if ready is wake:
                    wake.recv(4096)
                elif ready is listener:
                    user, _ = listener.accept()
                    selector.register(user, selectors.EVENT_READ)
                    users.add(user)
                elif isinstance(ready, socket.socket):  # users send nothing: this one has gone
                    selector.unregister(ready)
                    users.remove(ready)
                    if users:
                        ready.close()
                    else:
                        users.add(ready)  # stays open until this process ends: that is the answer
                        selector.unregister(listener)
                        listener.close()  # who comes now waits for the lock and starts anew
                        server.send_signal(order["stop_signal"])
                        break
            shorten(order["log"])
    os.close(order["lock"])  # before the users are answered by our end


if __name__ == "__main__":
    # The starter waits for the first process only, so the second one is nobody's zombie.
    if os.fork() == 0:
        keep(json.loads(sys.argv[1]))
