"""Folders for files that are needed for a while only, in the system's directory for temporary files.

What a killed process leaves there is removed by the next one. Each folder is locked as long as its owner
lives, so no other process takes it for abandoned.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final

_PREFIX: Final = "product-importer-copy-"
_YOUNGEST_SECONDS: Final = 60.0
"""Age of a folder that counts as abandoned: one that was just made may not be locked yet."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder, which only this user may enter; it is removed at the end."""
    remove_abandoned()
    folder = Path(mkdtemp(prefix=_PREFIX))
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(lock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned() -> None:
    """Removes the folders of this user's processes that were killed. What can't be removed stays."""
    with suppress(OSError):
        for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError):
                _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid != os.geteuid() or time.time() - found.st_mtime < _YOUNGEST_SECONDS:
        return
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)
