"""The source. What it downloads with is loaded for the first file only: every command loads the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.ports import Fetch, Fetched, NotModified
    from product_importer.support.addresses import Network


class S3Source:
    """Fetches ``s3://bucket/key``. Credentials, region and endpoint come from the environment."""

    name = "s3"
    schemes = ("s3",)

    async def fetch(self, fetch: Fetch) -> Fetched | NotModified:
        """Downloads the file, unless it still has the ETag of before. Raises FetchError."""
        from product_importer_s3.download import download  # noqa: PLC0415

        return await download(fetch)

    async def entries(self, url: str, allow: tuple[Network, ...]) -> list[str]:  # noqa: ARG002
        """Returns the URLs of the files that match the last part of the key. Raises FetchError."""
        from product_importer_s3.download import entries  # noqa: PLC0415

        return await entries(url)
