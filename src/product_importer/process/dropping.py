"""What serves requests or runs imports that were handed over doesn't stay root.

Started by root, such a command does first what only root can do, which is starting the embedded servers, and
goes on under the account that they run under (:mod:`product_importer.embedded.accounts`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from product_importer.embedded import EmbeddedPostgres, EmbeddedValkey
from product_importer.embedded.accounts import NOBODY, Account, hand_over, make_directory, server_account
from product_importer.environment import DOTENV_IS_READ, PREFIX, Environment
from product_importer.errors import SettingsError
from product_importer.process.reachable import can_write, make_reachable
from product_importer.settings import Settings, load_settings
from product_importer.storage.names import FOLDER

T = TypeVar("T")

_MADE_BY_FILE_SYSTEMS: Final = "lost+found"
_MOST_STEPS: Final = 1_000
"""On a path, with what its links lead to: then they lead in a circle."""

_logger = logging.getLogger(__name__)


@contextmanager
def unprivileged(*, database: bool = True, redis: bool = False) -> Iterator[None]:
    """What is done meanwhile, and afterwards, isn't done by root. Nothing changes for other users.

    The embedded PostgreSQL runs meanwhile, if ``database``, and the embedded Valkey, if ``redis``, unless
    settings name others: DATABASE_URL and REDIS_URL, in the environment, lead to them. To be called before
    there are threads.

    Raises :class:`EmbeddedServerError` where a server can't be started or where there is no account to go on
    under, :class:`SettingsError` where that account can't enter what it has to, or can't write the storage.
    """
    if os.geteuid() != 0:
        yield
        return
    account = server_account()
    settings = load_settings()
    environment = Environment.read().variables
    stored_in = [_followed(directory) for directory in _stored_in(settings)]
    own = settings.data_dir.resolve()
    make_reachable(
        account, settings.data_dir.parent, *(path.parent for path in stored_in if path.parent != own)
    )
    _make_usable(settings.data_dir, account)
    _hand_over_keys(settings.data_dir, account)
    for directory in stored_in:
        _hand_over_files(directory, settings, account)
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        # In full: the account has another home, and may have to leave this working directory.
        found = {**environment, f"{PREFIX}DATA_DIR": str(own)}
        if database and settings.database_url is None:
            postgres = _held(runner, stack, EmbeddedPostgres.open(settings.data_dir))
            found["DATABASE_URL"] = postgres.dsn
        if redis and not found.get("REDIS_URL"):
            found["REDIS_URL"] = _held(runner, stack, EmbeddedValkey.open(settings.data_dir)).url
        os.environ.update(found, **{DOTENV_IS_READ: "true"})
        _become(account)
        _logger.debug("Root's part is done; this goes on as the user %s", account.name)
        yield


def _held(runner: asyncio.Runner, stack: ExitStack, opening: AbstractAsyncContextManager[T]) -> T:
    """The server, open until the stack is left."""
    server = runner.run(_entered(opening))
    stack.callback(lambda: runner.run(_left(opening)))
    return server


async def _entered(opening: AbstractAsyncContextManager[T]) -> T:
    return await opening.__aenter__()


async def _left(opening: AbstractAsyncContextManager[T]) -> None:
    await opening.__aexit__(None, None, None)


def _make_usable(directory: Path, account: Account) -> None:
    """The account may make files of its own in the data directory. The sticky bit keeps it from root's."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    make_directory(directory, 0o755)
    found = directory.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != 0 or mode & 0o003 == 0o003:  # the user's own choice
        return
    if found.st_gid != account.gid or mode & 0o1070 != 0o1070:
        os.chown(directory, 0, account.gid)
        directory.chmod(mode | 0o1070)


def _hand_over_keys(directory: Path, account: Account) -> None:
    """Keys that plugins have made there, while they were run by root."""
    for path in directory.glob("*.key"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # a link, or a socket: none that was made so
            continue
        try:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_uid == 0 and found.st_nlink == 1:
                os.fchown(descriptor, account.uid, account.gid)
        finally:
            os.close(descriptor)


def _stored_in(settings: Settings) -> list[Path]:
    """The storage, where it is a directory."""
    if settings.storage_url is None:
        return [settings.data_dir / "imports"]
    parts = urlsplit(settings.storage_url)
    return [Path(unquote(parts.path))] if parts.scheme == "file" else []


def _followed(directory: Path) -> Path:
    """Where it leads, as to a bigger disk, if all links on the way are root's.

    Others could have been put there to have something else handed over.
    """
    left, path = list(reversed(directory.parts[1:])), Path(directory.anchor)
    for _ in range(_MOST_STEPS):
        if not left:
            return path
        part = left.pop()
        if part == "..":
            path = path.parent
            continue
        path /= part
        if not path.is_symlink():
            continue
        if path.lstat().st_uid != 0:
            return directory
        target = path.readlink()
        path = Path(target.anchor) if target.is_absolute() else path.parent
        left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    return directory


def _hand_over_files(directory: Path, settings: Settings, account: Account) -> None:
    """The storage, where it is root's or, from earlier versions, nobody's. What else is in there is left.

    So is the directory itself, where it isn't ours alone. Raises :class:`SettingsError` where the account
    can't write there then, though root could.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    make_directory(directory, 0o700)
    if directory.lstat().st_uid in (0, NOBODY) and not directory.is_symlink():
        entries = [path for path in directory.iterdir() if path.name != _MADE_BY_FILE_SYSTEMS]
        ours = [path for path in entries if FOLDER.fullmatch(path.name)]
        for path in ours:
            hand_over(path, account)
        if len(ours) == len(entries) or settings.storage_url is None:
            directory.chmod(0o700)  # while nobody else can put a link in its place
            os.chown(directory, account.uid, account.gid, follow_symlinks=False)
    if os.access(directory, os.W_OK) and not can_write(account, directory):
        raise SettingsError(
            f"Started by root, this goes on as the user {account.name}, who may not write in {directory}, "
            f"where files are kept. If it is for them alone: chown -R {account.name} {directory}. Or set "
            "STORAGE_URL to another directory."
        )


def _become(account: Account) -> None:
    """For good: root's rights don't come back."""
    os.initgroups(account.name, account.gid)
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.environ.update(HOME=pwd.getpwuid(account.uid).pw_dir, USER=account.name, LOGNAME=account.name)
    tempfile.tempdir = None  # to be found anew: root's may not be ours
    if not os.access(os.environ.get("TMPDIR", "/"), os.R_OK | os.X_OK):
        del os.environ["TMPDIR"]
    if not os.access(".", os.R_OK | os.X_OK):
        os.chdir("/")
