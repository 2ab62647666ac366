"""The built-in source of web addresses: ``https``, and ``http`` in networks that the operator allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors import SettingsError

if TYPE_CHECKING:
    from product_importer.ports import Fetch, Fetched, NotModified


class WebSource:
    """A :class:`~product_importer.ports.ReportingSource`."""

    name = "web"
    schemes = ("https", "http")

    async def fetch(self, fetch: Fetch) -> Fetched | NotModified:
        """Downloads the file. Raises FetchError, and SettingsError if a package is missing."""
        try:
            from product_importer.builtin.web_client import download  # noqa: PLC0415 - an extra, and slow to load
        except ImportError as error:
            raise SettingsError(
                "Fetching files from the web needs a package that is missing. "
                "Install it with: pip install 'product-importer[https]'."
            ) from error
        return await download(fetch)
