"""Names of stored files: a folder with a random name, and in it the name of the user's file."""

from __future__ import annotations

import re
import secrets
from typing import Final
from urllib.parse import quote, unquote

from product_importer.errors import StorageError

_LONGEST: Final = 200
"""Maximum length of a file's name in bytes; most file systems allow 255."""

_LONGEST_EXTENSION: Final = 20
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
FOLDER: Final = re.compile(r"[0-9a-f]{32}")
"""The name of a stored file's folder: 32 hexadecimal digits."""


def file_name(text: str) -> str:
    """Returns the file's name without path, control characters and leading dots; the name is never empty."""
    name = re.split(r"[/\\]", text)[-1].encode("utf-8", "replace").decode()
    name = _FORBIDDEN.sub("", name).strip().lstrip(".")
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension.encode()) <= _LONGEST_EXTENSION:
        name = f"{_cut(stem, _LONGEST - _LONGEST_EXTENSION - 1)}.{extension}"
    return _cut(name, _LONGEST) or "import"


def new_url(storage_url: str, filename: str) -> str:
    """Returns a new, unique URL under the storage's URL."""
    return f"{storage_url}/{secrets.token_hex(16)}/{quote(file_name(filename))}"


def split_url(storage_url: str, url: str) -> tuple[str, str]:
    """Returns the folder and the name of the stored file.

    Raises :class:`StorageError` for a URL that :func:`new_url` can't have made, as it may lead out of the
    storage.
    """
    folder, _, quoted = url.removeprefix(f"{storage_url}/").partition("/")
    name = unquote(quoted)
    if not FOLDER.fullmatch(folder) or name in ("", ".", "..") or "/" in name or _FORBIDDEN.search(name):
        raise StorageError(f"{url} is no file of the storage {storage_url}. Hand the file over again.")
    return folder, name


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
