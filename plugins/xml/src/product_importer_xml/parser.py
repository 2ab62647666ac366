"""The parser; what reads a document is loaded when one is opened."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from product_importer.model import Option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer.model import ParseOptions, TableInfo
    from product_importer.ports import InputFile
    from product_importer_xml.table import XmlTable

_CERTAIN: Final = re.compile(rb"\s*<\?xml[\s?]")
_LIKELY: Final = re.compile(rb"\s*(<!--.*?-->\s*)*<[A-Za-z_][\w.:-]*[\s>/]", re.DOTALL)
_HTML: Final = re.compile(rb"<(!doctype\s+html|html)\b", re.IGNORECASE)
_OF_EXCEL: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_HEAD: Final = 2048
_BY_NAME: Final = 0.6


class XmlParser:
    """Reads the elements of one list, such as ``/products/product``."""

    name = "xml"
    title = "XML"
    version = "3"
    suffixes = (".xml",)
    media_types = ("application/xml", "text/xml", "application/rss+xml")
    needs_whole_file = False
    options = (
        Option(
            "path",
            "Path of the products' elements",
            kind="table",
            help="The tags from the root to a product, such as products/product. Without it, the outermost "
            "elements that are repeated are read.",
        ),
    )

    def recognises(self, head: bytes, filename: str) -> float:
        """Certain after an XML declaration, unless the document is a web page or a spreadsheet."""
        start = head.removeprefix(b"\xef\xbb\xbf")
        if start.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<")):
            start = start.replace(b"\0", b"")[2:]
        if _HTML.search(start[:_HEAD]) or _OF_EXCEL in start[:_HEAD]:
            return 0.0
        if _CERTAIN.match(start):
            return 1.0
        named = filename.lower().endswith(self.suffixes)
        return _BY_NAME if named and _LIKELY.match(start) else 0.0

    def tables(self, file: InputFile) -> tuple[TableInfo, ...]:
        """The lists that the products may be in. Raises :class:`FileError` as :meth:`open` does."""
        from product_importer_xml.table import lists  # noqa: PLC0415 - not needed at the start

        return lists(file)

    @contextmanager
    def open(self, file: InputFile, options: ParseOptions) -> Iterator[XmlTable]:
        """Opens a file and finds its list.

        Raises :class:`FileError`: ``no_list``, ``damaged_file``, ``undecodable``, ``xml_entity``,
        ``row_too_long``, ``too_many_columns``.
        """
        from product_importer_xml.table import XmlTable  # noqa: PLC0415 - not needed at the start

        yield XmlTable(file, options)
