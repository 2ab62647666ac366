"""The format XML: a list of like elements, such as a product feed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer_xml.parser import XmlParser

if TYPE_CHECKING:
    from product_importer.ports import FormatParser

__all__ = ["XmlParser"]


@hookimpl
def product_importer_parsers() -> Iterable[FormatParser]:
    """Registers the parser under the name ``xml``."""
    return [XmlParser()]
