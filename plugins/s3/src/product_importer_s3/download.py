"""Downloads a file, unless it still has the ETag of before."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import aiofiles
import obstore
from obstore.exceptions import BaseError, NotModifiedError

from product_importer.errors import FetchError
from product_importer.ports import Fetched, NotModified
from product_importer.support.buckets import open_bucket, reason_of
from product_importer.support.urls import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.ports import Fetch


async def download(fetch: Fetch) -> Fetched | NotModified:
    """Downloads the file. Raises FetchError."""
    bucket, key = _place(fetch.url)
    with _told_plainly(bucket, key):
        try:
            return await _download(fetch, bucket, key)
        except NotModifiedError:
            return NotModified()


async def entries(url: str) -> list[str]:
    """Returns the URLs of the files that match. Raises FetchError."""
    bucket, key = _place(url)
    folder, slash, pattern = key.rpartition("/")
    prefix = f"{folder}{slash}" or None
    with _told_plainly(bucket, key):
        found = await obstore.list_with_delimiter_async(open_bucket(bucket), prefix=prefix)
    paths = [PurePosixPath(each["path"]) for each in found["objects"]]
    return [f"s3://{bucket}/{quote(str(path))}" for path in paths if matches(path.name, pattern)]


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    key = unquote(parts.path.lstrip("/"))
    if not parts.netloc or not key:
        raise FetchError("The URL has to be s3://bucket/key.")
    return parts.netloc, key


@contextmanager
def _told_plainly(bucket: str, key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if error.filename is not None:
            raise  # the copy can't be written
        raise FetchError(
            f"The bucket {bucket} has no such file, {key}, or there is no such bucket. Check the URL."
        ) from error
    except (BaseError, PermissionError, ValueError) as error:
        raise FetchError(
            f"The bucket {bucket} can't be reached, or it refuses access: {reason_of(error)}. Check the "
            "AWS_… settings."
        ) from error


async def _download(fetch: Fetch, bucket: str, key: str) -> Fetched:
    previous = fetch.previous.etag if fetch.previous else None
    answer = await obstore.get_async(
        open_bucket(bucket), key, options={"if_none_match": previous} if previous else None
    )
    size, done = answer.meta["size"], 0
    fetch.progress(done, size)
    async with aiofiles.open(fetch.into, "wb") as file:
        async for block in answer.stream():
            done += len(block)
            fetch.progress(done, size)
            await file.write(block)
    return Fetched(
        filename=PurePosixPath(key).name,
        etag=answer.meta["e_tag"],
        modified=answer.meta["last_modified"].isoformat(),
    )
