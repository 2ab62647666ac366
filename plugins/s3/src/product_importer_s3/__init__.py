"""A source that fetches files from S3-compatible buckets: ``s3://bucket/key``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_s3.source import S3Source

if TYPE_CHECKING:
    from product_importer.ports import ReportingSource

__all__ = ["S3Source"]


@hookimpl
def product_importer_sources() -> Iterable[ReportingSource]:
    """Registers the source ``s3``."""
    return [S3Source()]
