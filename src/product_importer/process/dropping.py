"""Gives up the rights of root in commands that serve requests or run handed-over imports.

If such a command is started by root, it first starts the embedded servers, which only root can do, and then
continues under the account of these servers (:mod:`product_importer.embedded.accounts`).
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

from product_importer import embedded
from product_importer.embedded.accounts import NOBODY, Account, hand_over, make_directory, server_account
from product_importer.environment import DOTENV_IS_READ, PREFIX, Environment
from product_importer.errors import SettingsError
from product_importer.process.reachable import can_write, make_reachable
from product_importer.settings import Settings, load_settings
from product_importer.storage.names import FOLDER

T = TypeVar("T")

_MADE_BY_FILE_SYSTEMS: Final = "lost+found"
_MOST_STEPS: Final = 1_000
"""Maximum number of steps along a path and its links: more steps mean that the links form a circle."""

_logger = logging.getLogger(__name__)


@contextmanager
def unprivileged(*, database: bool = True, redis: bool = False) -> Iterator[None]:
    """Gives up root's rights, for the body of the context and for good. Nothing changes for other users.

    Inside the context, the embedded PostgreSQL runs, if ``database``, and the embedded Valkey, if ``redis``,
    unless settings name other servers: the environment variables DATABASE_URL and REDIS_URL lead to them. To
    be called before there are threads.

    Raises :class:`EmbeddedServerError` if a server can't be started, or if there is no account to continue
    under; :class:`SettingsError` if that account can't enter the directories that it needs, or can't write to
    the storage.
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
        # Absolute: the account has another home, and may have to leave this working directory.
        found = {**environment, f"{PREFIX}DATA_DIR": str(own)}
        if database and settings.database_url is None:
            postgres = _held(runner, stack, embedded.EmbeddedPostgres.open(settings.data_dir))
            found["DATABASE_URL"] = postgres.dsn
        if redis and not found.get("REDIS_URL"):
            found["REDIS_URL"] = _held(runner, stack, embedded.EmbeddedValkey.open(settings.data_dir)).url
        os.environ.update(found, **{DOTENV_IS_READ: "true"})
        _become(account)
        _logger.debug("Root's part is done; this goes on as the user %s", account.name)
        yield


def _held(runner: asyncio.Runner, stack: ExitStack, opening: AbstractAsyncContextManager[T]) -> T:
    """Opens the server until the stack is closed."""
    server = runner.run(_entered(opening))
    stack.callback(lambda: runner.run(_left(opening)))
    return server


async def _entered(opening: AbstractAsyncContextManager[T]) -> T:
    return await opening.__aenter__()


async def _left(opening: AbstractAsyncContextManager[T]) -> None:
    await opening.__aexit__(None, None, None)


def _make_usable(directory: Path, account: Account) -> None:
    """Lets the account create its own files in the data directory. The sticky bit protects root's files."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    make_directory(directory, 0o755)
    found = directory.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != 0 or mode & 0o003 == 0o003:  # the administrator's own choice
        return
    if found.st_gid != account.gid or mode & 0o1070 != 0o1070:
        os.chown(directory, 0, account.gid)
        directory.chmod(mode | 0o1070)


def _hand_over_keys(directory: Path, account: Account) -> None:
    """Gives the account the key files that plugins have made there while they were run by root."""
    for path in directory.glob("*.key"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # a link or a socket, so no key file of ours
            continue
        try:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode) and found.st_uid == 0 and found.st_nlink == 1:
                os.fchown(descriptor, account.uid, account.gid)
        finally:
            os.close(descriptor)


def _stored_in(settings: Settings) -> list[Path]:
    """Returns the storage's directory; an empty list if the storage isn't a directory."""
    if settings.storage_url is None:
        return [settings.data_dir / "imports"]
    parts = urlsplit(settings.storage_url)
    return [Path(unquote(parts.path))] if parts.scheme == "file" else []


def _followed(directory: Path) -> Path:
    """Returns where the directory's links lead, such as to a bigger disk, if all of them belong to root.

    Other users could have placed a link in order to have other files handed over; then the directory itself
    is returned.
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
    """Gives the account the storage's files, if the directory belongs to root or, from earlier versions, to
    nobody. Other files in it keep their owner, and so does a directory that isn't ours alone.

    Raises :class:`SettingsError` if the account still can't write there although root could.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    make_directory(directory, 0o700)
    if directory.lstat().st_uid in (0, NOBODY) and not directory.is_symlink():
        entries = [path for path in directory.iterdir() if path.name != _MADE_BY_FILE_SYSTEMS]
        ours = [path for path in entries if FOLDER.fullmatch(path.name)]
        for path in ours:
            hand_over(path, account)
        if len(ours) == len(entries) or settings.storage_url is None:
            directory.chmod(0o700)  # while no other user can replace it by a link
            os.chown(directory, account.uid, account.gid, follow_symlinks=False)
    if os.access(directory, os.W_OK) and not can_write(account, directory):
        raise SettingsError(
            f"Started by root, this goes on as the user {account.name}, who may not write in {directory}, "
            f"where files are kept. If it is for them alone: chown -R {account.name} {directory}. Or set "
            "STORAGE_URL to another directory."
        )


def _become(account: Account) -> None:
    """Switches to the account for good: root's rights can't come back."""
    os.initgroups(account.name, account.gid)
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.environ.update(HOME=pwd.getpwuid(account.uid).pw_dir, USER=account.name, LOGNAME=account.name)
    tempfile.tempdir = None  # to be determined again: the account may not be able to use root's
    if not os.access(os.environ.get("TMPDIR", "/"), os.R_OK | os.X_OK):
        del os.environ["TMPDIR"]
    if not os.access(".", os.R_OK | os.X_OK):
        os.chdir("/")
