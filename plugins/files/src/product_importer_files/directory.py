"""Writes files into a directory."""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Directory:
    """Writes whole files: a file appears under its name only when all its bytes are on the disk."""

    path: Path

    async def put(self, name: str, content: bytes) -> None:
        """Writes the file. Raises OSError."""
        await asyncio.to_thread(_put, self.path / name, content)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the file's name must survive a power failure, too
    finally:
        os.close(folder)
