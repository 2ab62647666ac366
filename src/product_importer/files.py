"""Copies of what came from a pipe or a URL, kept until their import has ended for good."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from product_importer.errors import FileError


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Files in a directory of our own; a resumed import finds its file there."""

    directory: Path

    def new(self, name: str) -> Path:
        """A path for a new file of that name. Raises :class:`FileError` where the directory can't be made."""
        folder = self.directory / secrets.token_hex(8)
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise FileError(
                f"{folder} can't be made: {error.strerror}. "
                "Set PRODUCT_IMPORTER_DATA_DIR to a directory that can."
            ) from error
        return folder / (Path(name).name or "import")

    def keep(self, stream: BinaryIO, name: str) -> Path:
        """Writes the stream to a new file. Raises :class:`FileError` (``disk_full``), leaving nothing."""
        path = self.new(name)
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
        except OSError as error:
            self.discard(path)
            raise FileError(f"{path} can't be written: {error.strerror}.", code="disk_full") from error
        return path

    def discard(self, path: Path) -> None:
        """Removes the file, if it is one of ours."""
        if path.parent.parent == self.directory:
            shutil.rmtree(path.parent, ignore_errors=True)
