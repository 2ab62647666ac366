"""Writes files into an S3-compatible bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from product_importer.errors import SettingsError


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
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        try:
            store = S3Store(
                bucket,
                prefix=prefix or None,
                config={"endpoint": endpoint} if endpoint else {},
                client_options={"allow_http": bool(endpoint and endpoint.startswith("http://"))},
            )
        except (BaseError, ValueError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise SettingsError(f"The bucket {bucket} can't be used for files of events: {reason}") from error
        return cls(store)

    async def put(self, name: str, content: bytes) -> None:
        """Writes the object. Raises obstore's errors."""
        await obstore.put_async(self.store, name, content)
