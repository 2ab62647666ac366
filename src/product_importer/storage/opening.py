"""Opens the storage that ``STORAGE_URL`` names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from product_importer.errors import SettingsError
from product_importer.storage.directory import DirectoryStorage

if TYPE_CHECKING:
    from product_importer.ports import Storage


def open_storage(url: str, reserve: int = 0) -> Storage:
    """Returns the storage for ``file:///directory`` or ``s3://bucket/prefix``, without accessing it yet.

    A storage in a directory leaves ``reserve`` bytes of its disk free.
    Raises :class:`SettingsError` for any other URL, and if a package or a setting that S3 needs is missing.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
        return DirectoryStorage(Path(unquote(parts.path)), reserve)
    if parts.scheme == "s3" and parts.netloc:
        try:
            from product_importer.storage.s3 import S3Storage  # noqa: PLC0415 - an extra, and it takes its time
        except ImportError as error:
            raise SettingsError(
                "STORAGE_URL names an S3 bucket, for which a package is missing. "
                "Install it with: pip install 'product-importer[s3]'."
            ) from error
        return S3Storage.open(parts.netloc, parts.path.strip("/"))
    raise SettingsError(
        f"STORAGE_URL is {url!r}; it has to be file:///directory or s3://bucket/prefix.",
    )
