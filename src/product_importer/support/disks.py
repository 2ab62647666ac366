"""Errors of this machine's files, apart from those of connections."""

from __future__ import annotations

import errno
from typing import Final

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What is said of a disk that takes no more."""


def of_this_disk(error: BaseException) -> bool:
    """Returns whether the error is about a file on this machine. Writing into an open file tells no name."""
    return isinstance(error, OSError) and (error.filename is not None or error.errno in NO_ROOM)
