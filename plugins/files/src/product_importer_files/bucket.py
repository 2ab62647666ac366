"""Writes files into an S3-compatible bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError

from product_importer.errors import SettingsError
from product_importer.support.buckets import open_bucket, reason_of

if TYPE_CHECKING:
    from obstore.store import S3Store


@dataclass(frozen=True, slots=True)
class Bucket:
    """Writes an object for each file."""

    store: S3Store

    @classmethod
    def open(cls, bucket: str, prefix: str) -> Bucket:
        """Opens a bucket. Credentials, region and endpoint come from the usual environment variables
        (``AWS_ACCESS_KEY_ID``, …).

        Raises SettingsError if they can't be used.
        """
        try:
            return cls(open_bucket(bucket, prefix))
        except (BaseError, ValueError) as error:
            raise SettingsError(
                f"The bucket {bucket} can't be used for files of events: {reason_of(error)}"
            ) from error

    async def put(self, name: str, content: bytes) -> None:
        """Writes the object. Raises obstore's errors."""
        await obstore.put_async(self.store, name, content)
