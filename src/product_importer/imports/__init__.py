"""Imports of files: they are registered, previewed, run, cancelled and reported."""

from product_importer.imports.imports import Imports

__all__ = ["Imports"]
