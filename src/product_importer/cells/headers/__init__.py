"""The words in headers: the languages' names of the fields, and the remarks beside them."""

from product_importer.cells.headers.aliases import names
from product_importer.cells.headers.languages import LANGUAGES
from product_importer.cells.headers.remarks import Heading, goes_before_own_name, heading

__all__ = ["LANGUAGES", "Heading", "goes_before_own_name", "heading", "names"]
