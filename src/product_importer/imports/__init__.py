"""Imports of files: registered, previewed, run, cancelled, and told of."""

from product_importer.imports.imports import Imports

__all__ = ["Imports"]
