"""Style sheets, scripts and images: read and compressed once, then kept in memory.

Their addresses contain a hash of all of them, so that browsers may cache them forever, and so that modules
can import one another by relative paths.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bootstrap_wrapper import get_bootstrap_dir

OWN: Final = Path(__file__).parent / "static"

_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
}
_PACKED: Final = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
_HASH_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a directory, or only the named ones; ``prefix`` begins their names in pages."""

    prefix: str
    directory: Path
    only: tuple[str, ...] = ()


SOURCES: Final = (
    Source("", OWN),
    Source("bootstrap/", Path(get_bootstrap_dir()), only=("css/bootstrap.min.css",)),
)


@dataclass(frozen=True, slots=True)
class Asset:
    """``packed`` is ``content`` compressed by gzip; None if compression saves nothing."""

    content: bytes
    packed: bytes | None
    content_type: str


class Assets:
    """All files, by name: ``bootstrap/css/bootstrap.min.css``."""

    def __init__(self, files: Mapping[str, Asset], version: str) -> None:
        self.files = files
        self.version = version

    @classmethod
    def load(cls, sources: Iterable[Source] = SOURCES) -> Assets:
        """Reads the files; blocking. If two sources have a file of the same name, the first
        source's is used.
        """
        files: dict[str, Asset] = {}
        for source in sources:
            for name, path in sorted(_found(source)):
                files.setdefault(name, _read(path))
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(name.encode() + hashlib.sha256(files[name].content).digest())
        return cls(MappingProxyType(files), digest.hexdigest()[:_HASH_LETTERS])

    def url(self, name: str) -> str:
        """Returns the address of a file, for pages. Raises :class:`LookupError` if there is no such file."""
        if name not in self.files:
            raise LookupError(f"There is no static file {name!r}.")
        return f"/static/{self.version}/{name}"


def _found(source: Source) -> Iterable[tuple[str, Path]]:
    if source.only:
        return [(source.prefix + name, source.directory / name) for name in source.only]
    paths = [path for path in source.directory.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return [(source.prefix + path.relative_to(source.directory).as_posix(), path) for path in paths]


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(content, mtime=0) if kind.startswith(_PACKED) else content
    return Asset(content, packed if len(packed) < len(content) else None, kind)
