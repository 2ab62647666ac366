"""The parser; what reads a workbook is loaded when one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from product_importer.model import Option

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from product_importer.model import ParseOptions, TableInfo
    from product_importer.ports import InputFile
    from product_importer_excel.sheet import Sheet

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS: Final = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_BY_NAME: Final = 0.9
_HEAD: Final = 200


class ExcelParser:
    """Reads one sheet of a workbook."""

    name = "excel"
    title = "Spreadsheet (Excel, OpenDocument)"
    version = "1"
    suffixes = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
    media_types = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel.sheet.macroEnabled.12",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        "application/vnd.ms-excel",
        "application/vnd.oasis.opendocument.spreadsheet",
    )
    needs_whole_file = True
    releases_gil = True  # the work is done in another process
    options = (
        Option("sheet", "Sheet", kind="table", help="The sheet with the products."),
        Option(
            "header_row",
            "Row of the header",
            kind="number",
            help="The number of the row with the columns' names. Without it, the row that names the SKU and "
            "other fields counts, or else the first one that has at least half of the columns filled.",
        ),
    )

    def recognises(self, head: bytes, filename: str) -> float:
        """Certain if the first members of a zip archive are those of a workbook."""
        named = filename.lower().endswith(self.suffixes)
        if head.startswith(_OLE):
            return _BY_NAME if named else 0.0
        if not head.startswith(_ZIP):
            return 0.0
        if _ODS in head[:_HEAD] or b"xl/" in head:
            return 1.0
        return _BY_NAME if named else 0.0

    def tables(self, file: InputFile) -> tuple[TableInfo, ...]:
        """The sheets. Raises :class:`FileError` as :meth:`open` does."""
        from product_importer_excel.sheet import sheets  # noqa: PLC0415 - not needed at the start

        return sheets(file)

    def open(self, file: InputFile, options: ParseOptions) -> AbstractContextManager[Sheet]:
        """Opens a sheet and reads its header.

        Raises :class:`FileError`: ``no_table`` if there is no such sheet, ``no_header``, ``damaged_file``,
        ``encrypted_file``, ``workbook_too_large``.
        """
        from product_importer_excel.sheet import opened  # noqa: PLC0415 - not needed at the start

        return opened(file, options)
