"""What the embedded servers have in common: where their things lie, and how one is opened and closed."""

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
STARTS_IN_VAIN = 2  # it may have been ending when we came

_in_use: dict[Membership, Server] = {}
"""What this process holds: whoever goes on for long has to learn that a server is gone for good."""


class Server(ABC):
    """One kind of server. ``name`` is for messages, ``folder`` holds all that is its own in a data directory.

    ``socket_name`` is its socket's, in ``files.socket_dir``.
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
            # Not $TMPDIR or $XDG_RUNTIME_DIR: every process of this user must find the same place.
            name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
            runtime = Path("/tmp", f"product-importer-{os.geteuid()}-{name}")  # noqa: S108
            self.files = ServerFiles(home, runtime)

    @property
    def data(self) -> Path:
        return self.files.home / "data"

    @abstractmethod
    def check(self) -> None:
        """Raises EmbeddedServerError where the server isn't installed."""

    @abstractmethod
    def prepare(self, account: Account) -> Launch:
        """Makes all ready for a start. Only the holder of the server's lock calls this."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it can be used. Raises EmbeddedServerError where it never will."""

    @abstractmethod
    def explain(self, what: str, log: str) -> str:
        """``what`` went wrong, what to do about it, and the server's own last words."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Starts it, or joins it where another process has; gives it back at the end.

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
        """Makes those that belong to ourselves; as root, the server's user may pass through them."""
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
            # Otherwise we had joined it just when it was stopping.

    def _prepare(self) -> Launch:
        account = server_account()
        launch = self.prepare(account)
        make_directory(self.files.socket_dir, 0o700, account)
        return launch

    def _wait_until_ready(self, membership: Membership, patience: Patience) -> bool:
        """False if the server has ended instead.

        Raises EmbeddedServerError, too, where its keeper starts it in vain, as on a full disk.
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
    """Waits until a server that this process holds has lost its keeper, and tells of it.

    A server that ends is started anew by its keeper. Nobody starts a keeper anew: who isn't root any more may
    not, and somebody else may hold the data directory meanwhile.
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
    """Signs in a server's last words, and what they mean for any of the servers."""
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
    """The message about a server that fails: ``signs`` gives advice by what stands in its last words."""
    advice = next((text for sign, text in signs.items() if sign in log), "Its last words may tell why.")
    return f"{what} in {data}. {advice}\n{log.strip()}"
