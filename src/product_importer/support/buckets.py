"""Opens S3-compatible buckets, for those who have the extra ``s3``."""

from __future__ import annotations

import os
from typing import Final

from obstore.store import S3Store

RETRIES: Final = 5
_REQUEST_SECONDS: Final = "60s"


def open_bucket(bucket: str, prefix: str = "", *, retries: int = RETRIES) -> S3Store:
    """Opens a bucket. Credentials, region and endpoint come from the usual environment variables
    (``AWS_ACCESS_KEY_ID``, …).

    Raises obstore's errors and ValueError if they can't be used.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return S3Store(
        bucket,
        prefix=prefix or None,
        config={"endpoint": endpoint} if endpoint else {},
        client_options={
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
            "timeout": _REQUEST_SECONDS,
        },
        retry_config={"max_retries": retries},
    )


def reason_of(error: BaseException) -> str:
    """Returns the first line of an error of obstore: further ones tell how often it was tried."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(". ") if lines else type(error).__name__
