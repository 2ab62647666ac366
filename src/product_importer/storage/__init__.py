"""Keeps handed-over files until their import has ended: in a directory, or in an S3 bucket."""

from product_importer.storage.opening import open_storage

__all__ = ["open_storage"]
