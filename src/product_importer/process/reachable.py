"""Lets another account run this program if a directory on its path is closed to that account.

A Python or a virtual environment in root's home can be read by all users, except that they can't enter the
home itself. On Linux, such a command gets a home of its own (by a mount namespace, as systemd's
``ProtectHome=tmpfs`` does), which is empty except for the program.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from product_importer.embedded.accounts import Account
from product_importer.errors import SettingsError

_CLONE_NEWNS: Final = 0x20000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_SLAVE = 0x2, 0x4, 0x1000, 0x4000, 0x80000

_WRITES: Final = "import os, sys; sys.exit(not os.access(sys.argv[1], os.R_OK | os.W_OK | os.X_OK))"
_FOUND: Final = "import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"


def make_reachable(account: Account, *places: Path) -> None:
    """Ensures that the account can run this program. To be called before there are threads.

    Raises :class:`SettingsError` if it can't, or if it may not enter one of ``places``, which other processes
    use, too.
    """
    for place in places:
        if closed := _closed(place.resolve(), account):
            raise SettingsError(
                f"Started by root, this goes on as the user {account.name}, who may not enter {closed}. Set "
                f"PRODUCT_IMPORTER_DATA_DIR or STORAGE_URL, which lead to {place}, to another directory."
            )
    behind: dict[Path, list[Path]] = {}
    for place in _outermost(_program()):
        if closed := _closed(place, account):
            behind.setdefault(closed, []).append(place)
    reason = "parts of it may not be read by others"
    if behind:
        try:
            _show_only(behind)
        except OSError as error:
            reason = error.strerror or reason
    if not _runs_as(account):
        raise SettingsError(_out_of_reach(account, behind, reason))


def can_write(account: Account, directory: Path) -> bool:
    """Returns whether the account can read the directory and create files in it."""
    return _succeeds(account, "-I", "-S", "-c", _WRITES, str(directory))


def _out_of_reach(account: Account, behind: Iterable[Path], reason: str) -> str:
    closed = ", ".join(map(str, behind)) or sys.prefix
    return (
        f"Started by root, this goes on as the user {account.name}, who can't run the program: it lies in "
        f"{closed} ({reason}). Install it where every user can enter, such as: "
        "python3 -m venv /opt/product-importer. Or run it as an ordinary user."
    )


def _runs_as(account: Account) -> bool:
    """Returns whether the account finds Python and the packages that are loaded here."""
    names = {name for name in ("product_importer", "click", "asyncpg", "pyarrow") if name in sys.modules}
    return _succeeds(account, "-P", "-c", _FOUND, *sorted(names))


def _succeeds(account: Account, *arguments: str) -> bool:
    """Returns whether Python, run with these arguments by the account in all its groups, exits with 0."""
    try:
        tried = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=os.getgrouplist(account.name, account.gid),
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _program() -> set[Path]:
    """Returns the directories that this program consists of."""
    here = Path.cwd()
    places = {Path(path).resolve() for path in sys.path if path} - {here}
    for module in list(sys.modules.values()):
        name, file = getattr(module, "__name__", ""), getattr(module, "__file__", None)
        if file and "." not in name:
            path = Path(file).resolve()
            places.add(path.parent.parent if path.stem == "__init__" else path.parent)
    places |= {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    return {place for place in places if place.is_dir()}


def _outermost(places: set[Path]) -> list[Path]:
    return sorted(place for place in places if not places & set(place.parents))


def _closed(place: Path, account: Account) -> Path | None:
    """Returns the first directory on the path that the account may not enter; None if there is none."""
    groups = os.getgrouplist(account.name, account.gid)
    for path in (*reversed(place.parents), place):
        try:
            found = path.stat()
        except FileNotFoundError:
            return None  # it is created later
        shift = 6 if found.st_uid == account.uid else 3 if found.st_gid in groups else 0
        if not found.st_mode >> shift & 1:
            return path
    return None


def _show_only(behind: dict[Path, list[Path]]) -> None:
    """Replaces each of the directories by one with these places only, for this process and its children."""
    if sys.platform != "linux":
        raise OSError(None, "only Linux can show it alone")
    libc = ctypes.CDLL(None, use_errno=True)

    def called(status: int) -> None:
        if status != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
        words = (source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), data.encode())
        called(libc.mount(*words))

    called(libc.unshare(_CLONE_NEWNS))
    mount("none", Path("/"), "none", _MS_REC | _MS_SLAVE)
    for closed, places in behind.items():
        opened = {place: os.open(place, os.O_PATH | os.O_DIRECTORY) for place in places}
        mount("tmpfs", closed, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755,size=1m")
        for place, descriptor in opened.items():
            place.mkdir(parents=True, exist_ok=True)
            mount(f"/proc/self/fd/{descriptor}", place, "none", _MS_BIND | _MS_REC)
            os.close(descriptor)
