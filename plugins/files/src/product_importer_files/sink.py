"""The sink: a file for each batch, whose name says what is in it."""

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
    """Where files are put. A file that is there already is replaced; a reader never sees half of one."""

    async def put(self, name: str, content: bytes) -> None: ...


class FilesSink:
    """Writes each batch into a file of its own. Delivered again, it makes the same file."""

    name = "files"

    def __init__(self, place: Place) -> None:
        self._place = place

    @classmethod
    def open(cls, url: str) -> FilesSink:
        """The sink for ``file:///directory`` or ``s3://bucket/prefix``; nothing is touched yet.

        Raises SettingsError for any other URL, and where what S3 needs isn't installed or set.
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
        """Raises OSError, or what the object store raises, where the file can't be written."""
        await self._place.put(name_of(batch), await asyncio.to_thread(content_of, batch))


def name_of(batch: EventBatch) -> str:
    """A folder a day, names that sort by time: ``2026-03-02/093012.104233-product.created-<id>-0.jsonl``."""
    time = batch.timestamp.astimezone(UTC)
    return f"{time:%Y-%m-%d/%H%M%S.%f}-{batch.type}-{batch.id}-{batch.first}.jsonl"


def content_of(batch: EventBatch) -> bytes:
    """A line of JSON for each event."""
    return "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in event_objects(batch)).encode()
