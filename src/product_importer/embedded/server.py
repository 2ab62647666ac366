"""The common part of the embedded servers: their paths, and how a server is opened and closed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from product_importer.embedded.accounts import Account, make_directory, server_account, user_name
from product_importer.embedded.joining import (
    Endings,
    Launch,
    Membership,
    Patience,
    ServerFiles,
    log_tail,
    obtain,
)
from product_importer.errors import EmbeddedServerError

START_SECONDS = 300.0  # recovery after a power failure may have much to read
LONGEST_SOCKET_PATH = 103  # bytes: macOS; Linux allows 107
LOOK_SECONDS = 0.5
STARTS_IN_VAIN = 2  # a server that we joined may have been ending just then

_in_use: dict[Membership, Server] = {}
"""The servers that this process uses; a long-running command must learn that one is gone for good."""


class Server(ABC):
    """One kind of server. ``name`` is for messages; ``folder``, in a data directory, holds all of its files.

    ``socket_name`` is the name of its socket in ``files.socket_dir``.
    """

    name: str
    folder: str
    socket_name: str

    def __init__(self, data_dir: Path) -> None:
        home = data_dir.expanduser().resolve() / self.folder
        in_place = ServerFiles(home, runtime=home)
        if len(os.fsencode(in_place.socket_dir / self.socket_name)) <= LONGEST_SOCKET_PATH:
            self.files = in_place
        else:
            # Neither $TMPDIR nor $XDG_RUNTIME_DIR is used: every process of this user must find the same
            # place.
            name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
            runtime = Path("/tmp", f"product-importer-{os.geteuid()}-{name}")  # noqa: S108
            self.files = ServerFiles(home, runtime)

    @property
    def data(self) -> Path:
        return self.files.home / "data"

    @abstractmethod
    def check(self) -> None:
        """Raises EmbeddedServerError if the server isn't installed."""

    @abstractmethod
    def prepare(self, account: Account) -> Launch:
        """Prepares a start, and returns the launch. Only the holder of the server's lock calls this."""

    @abstractmethod
    def ready(self) -> bool:
        """Returns whether the server can be used. Raises EmbeddedServerError if it never will be usable."""

    @abstractmethod
    def explain(self, what: str, log: str) -> str:
        """Returns a message: what went wrong, what to do about it, and the end of the server's log."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Starts the server, or joins it if another process has started it; releases it at the end.

        Blocking work is done in threads. Raises EmbeddedServerError; the message says what to do.
        """
        patience = Patience(START_SECONDS)
        opening = asyncio.create_task(asyncio.to_thread(self._open, patience))
        try:
            membership = await asyncio.shield(opening)
        except asyncio.CancelledError:
            patience.give_up.set()
            with suppress(EmbeddedServerError):
                await asyncio.to_thread((await opening).close)
            raise
        _in_use[membership] = self
        try:
            yield
        finally:
            del _in_use[membership]
            await asyncio.to_thread(membership.close)

    def _open(self, patience: Patience) -> Membership:
        self.check()
        try:
            self._make_directories()
            return self._obtain_ready(patience)
        except OSError as error:
            raise EmbeddedServerError(self.explain(f"{self.name} can't be started", str(error))) from error

    def _make_directories(self) -> None:
        """Creates the current user's directories; those of root can be entered by the server's user."""
        account = server_account()
        data_dir = self.files.home.parent
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        make_directory(data_dir, 0o755 if account.switch else 0o700)
        for path in {self.files.home, self.files.runtime}:
            make_directory(path, 0o711 if account.switch else 0o700)
            owner = path.lstat().st_uid
            if owner != os.geteuid():
                raise EmbeddedServerError(
                    f"{path} belongs to the user {user_name(owner)}, and this program runs as "
                    f"{user_name(os.geteuid())}. Run it as {user_name(owner)}, or set "
                    "PRODUCT_IMPORTER_DATA_DIR to another directory."
                )

    def _obtain_ready(self, patience: Patience) -> Membership:
        while True:
            membership = obtain(self.files, self._prepare, patience)
            try:
                if self._wait_until_ready(membership, patience):
                    return membership
            except BaseException:
                membership.close()
                raise
            membership.close()
            if membership.log_start is not None:
                log = log_tail(self.files, membership.log_start)
                raise EmbeddedServerError(self.explain(f"{self.name} doesn't start", log))
            # Otherwise the server that we joined was just stopping.

    def _prepare(self) -> Launch:
        account = server_account()
        launch = self.prepare(account)
        make_directory(self.files.socket_dir, 0o700, account)
        return launch

    def _wait_until_ready(self, membership: Membership, patience: Patience) -> bool:
        """Waits until the server can be used; returns False if it has ended instead.

        Raises EmbeddedServerError, too, if its keeper restarts it in vain, as on a full disk.
        """
        joined = self.files.log.stat().st_size
        endings = Endings(self.files)
        look_at_log = time.monotonic()
        while not membership.broken:
            if self.ready():
                membership.confirm()
                return True
            if time.monotonic() > look_at_log:
                look_at_log = time.monotonic() + LOOK_SECONDS
                if endings.count() >= STARTS_IN_VAIN:
                    log = log_tail(self.files, joined, lines=30)
                    raise EmbeddedServerError(self.explain(f"{self.name} doesn't start", log))
            patience.wait(f"{self.name} to get ready (see {self.files.log})")
        return False


async def lost() -> EmbeddedServerError:
    """Waits until a server that this process uses has lost its keeper, and returns the error for that.

    A keeper restarts a server that ends. No process restarts a keeper: a process that has given up root's
    rights may not do so, and another process may use the data directory meanwhile.
    """
    while True:
        for membership, server in list(_in_use.items()):
            if membership.broken:
                return EmbeddedServerError(
                    f"{server.name} has ended, because the process that keeps it running was killed, by hand "
                    "or for want of memory. What was saved is on the disk: start this command again. "
                    f"{server.name}'s log is {server.files.log}."
                )
        await asyncio.sleep(LOOK_SECONDS)


def what_to_do(name: str) -> dict[str, str]:
    """Returns texts in the logs of any server, and the advice for each."""
    return {
        "No space left on device": "The disk is full: free some space and try again.",
        "Permission denied": (
            f"As root, {name} runs as the user {server_account().name}, who must be able to enter every "
            "directory above: set PRODUCT_IMPORTER_DATA_DIR to one that is outside /root."
            if os.geteuid() == 0
            else "Set PRODUCT_IMPORTER_DATA_DIR to a directory that belongs to you."
        ),
        "loading shared libraries": "Install the system package that brings the missing library.",
    }


def explain(what: str, data: Path, log: str, signs: dict[str, str]) -> str:
    """Returns the message about a failed server; ``signs`` gives advice by texts in the log."""
    advice = next((text for sign, text in signs.items() if sign in log), "Its last words may tell why.")
    return f"{what} in {data}. {advice}\n{log.strip()}"
