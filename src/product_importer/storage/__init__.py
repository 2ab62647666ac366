"""Where files that were handed over lie until their import has ended: a directory, or an S3 bucket."""

from product_importer.storage.opening import open_storage

__all__ = ["open_storage"]
