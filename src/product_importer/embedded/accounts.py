"""Who runs an embedded server, and where it may live.

PostgreSQL refuses to run as root, and no server needs to. There they run as ``nobody``, and the directories
that they must reach are made accordingly.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from product_importer.errors import EmbeddedServerError

_FOREIGN_SETTINGS = ("PG", "LC_", "LANG")


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server runs as; ``switch`` says that it is another one than ours."""

    name: str
    uid: int
    gid: int
    switch: bool


def server_account() -> Account:
    """Ourselves, or ``nobody`` when we are root.

    Raises:
        EmbeddedServerError: we are root, and the system has no user ``nobody``.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(user_name(uid), uid, os.getegid(), switch=False)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedServerError(
            "The embedded servers don't run as root, and this system has no user named nobody. "
            "Run the program as an ordinary user, or set DATABASE_URL and REDIS_URL to servers of your own."
        ) from None
    return Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid, switch=True)


def user_name(uid: int) -> str:
    """The user's name, or the number where it has none, as is common in containers."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def default_data_dir() -> Path:
    """Where data live unless told otherwise; root's outside its home, which ``nobody`` can't enter."""
    if os.geteuid() == 0:
        return Path("/var/lib/product-importer")
    return platformdirs.user_data_path("product-importer", appauthor=False)


def make_directory(path: Path, mode: int, owner: Account | None = None) -> None:
    """Makes a directory with exactly this mode and owner (default: ourselves) unless it exists."""
    try:
        path.mkdir()
    except FileExistsError:
        return
    path.chmod(mode)
    if owner is not None and owner.switch:
        os.chown(path, owner.uid, owner.gid)


def run(
    command: list[str], *, account: Account | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, as another user where asked. Raises OSError if it can't be started."""
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
    """Our environment without what would make PostgreSQL's programs behave differently from user to user."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_SETTINGS)}
