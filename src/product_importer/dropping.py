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
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from product_importer.embedded import EmbeddedPostgres, EmbeddedValkey
from product_importer.embedded.accounts import NOBODY, Account, hand_over, make_directory, server_account
from product_importer.environment import DOTENV_IS_READ, Environment
from product_importer.reachable import make_reachable
from product_importer.settings import Settings, load_settings
from product_importer.storage.names import FOLDER

T = TypeVar("T")

_logger = logging.getLogger(__name__)


@contextmanager
def unprivileged(*, database: bool = True, redis: bool = False) -> Iterator[None]:
    """What is done meanwhile, and afterwards, isn't done by root. Nothing changes for other users.

    The embedded PostgreSQL runs meanwhile, if ``database``, and the embedded Valkey, if ``redis``, unless
    settings name others: DATABASE_URL and REDIS_URL, in the environment, lead to them. To be called before
    there are threads.

    Raises :class:`EmbeddedServerError` where a server can't be started or where there is no account to go on
    under, :class:`SettingsError` where that account can't enter what it has to.
    """
    if os.geteuid() != 0:
        yield
        return
    account = server_account()
    settings = load_settings()
    environment = Environment.read().variables
    stored_in = _stored_in(settings)
    make_reachable(
        account, settings.data_dir.parent, *(path.parent for path in stored_in if settings.storage_url)
    )
    _make_usable(settings.data_dir, account)
    _hand_over_keys(settings.data_dir, account)
    for directory in stored_in:
        _hand_over_files(directory, settings, account)
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        found = dict(environment)
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
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
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


def _hand_over_files(directory: Path, settings: Settings, account: Account) -> None:
    """The storage, where it is root's or, from earlier versions, nobody's. What else is in there is left.

    So is the directory itself, where it isn't ours alone.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    make_directory(directory, 0o700)
    if directory.lstat().st_uid not in (0, NOBODY):
        return
    entries = list(directory.iterdir())
    ours = [path for path in entries if FOLDER.fullmatch(path.name)]
    for path in ours:
        hand_over(path, account)
    if len(ours) == len(entries) or settings.storage_url is None:
        os.chown(directory, account.uid, account.gid, follow_symlinks=False)
        directory.chmod(0o700)


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
