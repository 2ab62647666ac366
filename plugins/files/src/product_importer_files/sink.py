"""The sink: it writes a file for each batch; the file's name tells time, type and id of the batch."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from product_importer.errors import SettingsError
from product_importer.wire import event_objects
from product_importer_files.directory import Directory

if TYPE_CHECKING:
    from product_importer.ports import EventBatch


class Place(Protocol):
    """A place for files. An existing file is replaced; readers never see an incomplete file."""

    async def put(self, name: str, content: bytes) -> None: ...


class FilesSink:
    """Writes each batch into a file of its own. A repeated delivery writes the same file."""

    name = "files"

    def __init__(self, place: Place) -> None:
        self._place = place

    @classmethod
    def open(cls, url: str) -> FilesSink:
        """Returns the sink for ``file:///directory`` or ``s3://bucket/prefix``; the place isn't accessed yet.

        Raises SettingsError for any other URL, and if a package or a setting that S3 needs is missing.
        """
        parts = urlsplit(url)
        if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
            return cls(Directory(Path(unquote(parts.path))))
        if parts.scheme == "s3" and parts.netloc:
            try:
                from product_importer_files.bucket import Bucket  # noqa: PLC0415 - an extra
            except ImportError as error:
                raise SettingsError(
                    "PRODUCT_IMPORTER_FILES_URL names an S3 bucket, for which a package is missing. "
                    "Install it with: pip install 'product-importer-files[s3]'."
                ) from error
            return cls(Bucket.open(parts.netloc, parts.path.strip("/")))
        raise SettingsError(
            f"PRODUCT_IMPORTER_FILES_URL is {url!r}; it has to be file:///directory or s3://bucket/prefix."
        )

    async def deliver(self, batch: EventBatch) -> None:
        """Writes the batch's file. Raises OSError, or the object store's errors, if it can't be written."""
        await self._place.put(name_of(batch), await asyncio.to_thread(content_of, batch))


def name_of(batch: EventBatch) -> str:
    """Returns a name in a folder per day; names sort by time:
    ``2026-03-02/093012.104233-product.created-<id>-0.jsonl``.
    """
    time = batch.timestamp.astimezone(UTC)
    return f"{time:%Y-%m-%d/%H%M%S.%f}-{batch.type}-{batch.id}-{batch.first}.jsonl"


def content_of(batch: EventBatch) -> bytes:
    """Returns the file's content: a line of JSON for each event."""
    return "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in event_objects(batch)).encode()
