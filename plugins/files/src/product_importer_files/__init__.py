"""A sink that writes events as JSON Lines files into a directory or an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer.environment import Environment
from product_importer_files.sink import FilesSink

if TYPE_CHECKING:
    from product_importer.ports import EventSink

__all__ = ["FilesSink"]


@hookimpl
def product_importer_event_sinks() -> Iterable[EventSink]:
    """Registers the sink ``files`` if ``PRODUCT_IMPORTER_FILES_URL`` is set.

    Raises SettingsError if the URL can't be used.
    """
    url = Environment.read().own("FILES_URL", str, "file:///directory or s3://bucket/prefix")
    return [FilesSink.open(url)] if url else []
