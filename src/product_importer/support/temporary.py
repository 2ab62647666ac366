"""Temporary folders in the system's directory for temporary files.

A folder that a killed process left there is removed by the next process. Each folder is locked while its
owner lives, so no other process takes it for abandoned.
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
"""Minimum age of a folder that counts as abandoned: a new folder may not be locked yet."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Provides a new folder, which only this user may enter, and removes it at the end."""
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
    """Removes the folders of this user's killed processes. Folders that can't be removed are left."""
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
