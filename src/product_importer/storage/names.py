"""What stored files are called: a folder that nobody can guess, and the name that the user's file had."""

from __future__ import annotations

import re
import secrets
from typing import Final
from urllib.parse import quote, unquote

from product_importer.errors import StorageError

_LONGEST: Final = 200
"""Bytes of a file's name; most file systems take 255."""

_LONGEST_EXTENSION: Final = 20
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
FOLDER: Final = re.compile(r"[0-9a-f]{32}")
"""A stored file's folder."""


def file_name(text: str) -> str:
    """What is left of a file's name once nothing in it can lead elsewhere; never empty."""
    name = re.split(r"[/\\]", text)[-1].encode("utf-8", "replace").decode()
    name = _FORBIDDEN.sub("", name).strip().lstrip(".")
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension.encode()) <= _LONGEST_EXTENSION:
        name = f"{_cut(stem, _LONGEST - _LONGEST_EXTENSION - 1)}.{extension}"
    return _cut(name, _LONGEST) or "import"


def new_url(storage_url: str, filename: str) -> str:
    """A URL beneath the storage's that no other file has."""
    return f"{storage_url}/{secrets.token_hex(16)}/{quote(file_name(filename))}"


def split_url(storage_url: str, url: str) -> tuple[str, str]:
    """The folder and the name of the stored file.

    Raises :class:`StorageError` for what :func:`new_url` doesn't make: it may lead out of the storage.
    """
    folder, _, quoted = url.removeprefix(f"{storage_url}/").partition("/")
    name = unquote(quoted)
    if not FOLDER.fullmatch(folder) or name in ("", ".", "..") or "/" in name or _FORBIDDEN.search(name):
        raise StorageError(f"{url} is no file of the storage {storage_url}. Hand the file over again.")
    return folder, name


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
