"""Selects the account that runs an embedded server, and the directory of its data.

PostgreSQL refuses to run as root, and no server needs to. If root starts them, the servers run under an
account that nothing else uses: other programs under the same account could connect to them.
"""

from __future__ import annotations

import grp
import logging
import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from product_importer.environment import PREFIX, Environment
from product_importer.errors import EmbeddedServerError

_logger = logging.getLogger(__name__)

ACCOUNT: Final = "product-importer"
"""The account that is created unless the setting PRODUCT_IMPORTER_ACCOUNT names another one."""

NOBODY: Final = 65_534
_SHARED_BY_MANY: Final = ("nobody", "daemon")

# A server needs no other variables of our environment, and many of them are secret.
_PASSED_ON: Final = frozenset(
    {
        "PATH",
        "TZ",
        "TZDIR",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
    }
)

_MAKING_SECONDS: Final = 10.0  # another process may be changing the list of users


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server runs as; ``switch`` says that it differs from the current user."""

    name: str
    uid: int
    gid: int
    switch: bool


def server_account() -> Account:
    """Returns the current user, or for root, the account of the setting; without a setting, the account
    ``product-importer``, which is created once.

    Raises:
        EmbeddedServerError: for root, if there is no such account; the message tells how to create it.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(user_name(uid), uid, os.getegid(), switch=False)
    name = Environment.read().own("ACCOUNT", str, "the name of a user") or ACCOUNT
    found = _entry(name)
    if found is None:
        if name != ACCOUNT:
            raise EmbeddedServerError(
                f"{PREFIX}ACCOUNT is {name}, and this system has no such user. "
                f"Make it with: {_in_words(_making(name))}"
            )
        found = _made(name)
    if found.pw_uid in (0, NOBODY) or found.pw_name in _SHARED_BY_MANY:
        raise EmbeddedServerError(
            f"{PREFIX}ACCOUNT is {name}, which other programs use, too. Name an account that nothing else "
            f"uses; this makes one: {_in_words(_making(ACCOUNT))}"
        )
    return Account(found.pw_name, found.pw_uid, found.pw_gid, switch=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made(name: str) -> pwd.struct_passwd:
    """Creates the account, unless another process creates it at the same time, and returns its entry."""
    end = time.monotonic() + _MAKING_SECONDS
    while True:
        commands = _making(name)
        made = next(filter(None, map(_tried, commands)), None)
        if found := _entry(name):
            if made is None:
                _logger.warning(
                    "The system account %s was made: where root starts them, the embedded servers, and what "
                    "serves requests, run under it. PRODUCT_IMPORTER_ACCOUNT names another.",
                    name,
                )
            return found
        if made is None or time.monotonic() > end or "lock" not in made:
            raise EmbeddedServerError(
                f"The program was started by root, and the account {name}, under which its servers are to "
                f"run, can't be made: {made or 'it is not there afterwards'}. "
                f"Make it with: {_in_words(commands)}\n"
                f"Or name another in {PREFIX}ACCOUNT, or run the program as an ordinary user."
            )
        time.sleep(0.1)


def _tried(command: list[str]) -> str | None:
    """Runs the command; returns None if it succeeded, else the reason."""
    try:
        ended = run(command)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    if ended.returncode == 0:
        return None
    return (ended.stderr.strip() or f"{command[0]} ended with {ended.returncode}").rstrip(".")


def _making(name: str) -> list[list[str]]:
    """Returns this system's commands for creating a system account with a group of its own."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    if useradd := shutil.which("useradd", path=path):
        home = ("--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
        return [[useradd, "--system", "--user-group", *home, name]]
    # BusyBox's commands. Without a group, the account would share one with all other accounts without a
    # group.
    home = ("-H", "-h", "/nonexistent", "-s", "/sbin/nologin")
    group = [] if _has_group(name) else [["addgroup", "-S", name]]
    return [*group, ["adduser", "-S", "-D", *home, "-G", name, name]]


def _has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _in_words(commands: list[list[str]]) -> str:
    return " && ".join(map(" ".join, commands))


def user_name(uid: int) -> str:
    """Returns the user's name, or the number if there is no name, as is common in containers."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def default_data_dir() -> Path:
    """Returns the default data directory; root's lies outside root's home, which no other user can enter."""
    if os.geteuid() == 0:
        return Path("/var/lib/product-importer")
    return platformdirs.user_data_path("product-importer", appauthor=False)


def make_directory(path: Path, mode: int, owner: Account | None = None) -> None:
    """Creates a directory with exactly this mode and owner (default: the current user).

    An existing directory is handed over to ``owner``.
    """
    try:
        path.mkdir()
    except FileExistsError:
        if owner is not None:
            hand_over(path, owner)
        return
    path.chmod(mode)
    if owner is not None and owner.switch:
        os.chown(path, owner.uid, owner.gid)


def run(
    command: list[str], *, account: Account | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, as another user if asked. Raises OSError if it can't be started."""
    switch = account if account is not None and account.switch else None
    return subprocess.run(  # noqa: S603 - the commands come from our own package
        command,
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=clean_environment(),
        user=switch.uid if switch else None,
        group=switch.gid if switch else None,
        extra_groups=[] if switch else None,
    )


def clean_environment() -> dict[str, str]:
    """Returns the few environment variables that a server, or one of PostgreSQL's programs, needs."""
    return {name: value for name, value in os.environ.items() if name in _PASSED_ON}


def hand_over(top: Path, account: Account) -> None:
    """Gives a directory and its content to the account, if they belong to another one.

    Only files that belong to the directory's owner change hands, and no link is followed, so no other file is
    given away. The caller must ensure that no process works in the directory.
    """
    former = top.lstat().st_uid
    if not account.switch or former == account.uid:
        return
    _logger.warning("%s belonged to the user %s; now to %s.", top, user_name(former), account.name)
    for _, folders, files, descriptor in os.fwalk(top, follow_symlinks=False):
        for name in (*folders, *files):
            if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_uid == former:
                os.chown(name, account.uid, account.gid, dir_fd=descriptor, follow_symlinks=False)
    # The directory itself comes last: if this is interrupted, the next call starts again.
    os.chown(top, account.uid, account.gid, follow_symlinks=False)
