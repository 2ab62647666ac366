"""The exporter: one sheet, with texts as texts and numbers as numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from xlsxwriter.worksheet import Worksheet

_MOST_ROWS: Final = 1_048_576
_MOST_CHARS: Final = 32_767
_DIGITS: Final = 15


class XlsxExporter:
    """Writes Excel workbooks. Memory doesn't grow with the number of products; the rows wait in a file."""

    name = "xlsx"
    title = "Excel workbook"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def write(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], out: BinaryIO) -> None:
        """Writes a workbook.

        Raises :class:`UsageError` for more rows than a sheet has, or a text longer than a cell can be.
        """
        import shutil  # noqa: PLC0415 - none of these is needed at the start
        from tempfile import TemporaryDirectory, TemporaryFile  # noqa: PLC0415

        import xlsxwriter  # noqa: PLC0415

        with TemporaryDirectory(prefix="product-importer-") as folder, TemporaryFile() as file:
            with xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder}) as book:
                sheet = book.add_worksheet("Products")
                sheet.freeze_panes(1, 0)
                _write(sheet, schema, batches)
            file.seek(0)
            shutil.copyfileobj(file, out)


def _write(sheet: Worksheet, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    for column, name in enumerate(schema.names):
        _cell(sheet, 0, column, name)
    row = 1
    for batch in batches:
        if row + batch.num_rows > _MOST_ROWS:
            raise UsageError(
                f"A sheet of Excel has {_MOST_ROWS:,} rows, and the file would have more. Export fewer at a "
                "time, by a filter, or to another format."
            )
        columns = [column.to_pylist() for column in batch.columns]
        for cells in zip(*columns, strict=True):
            for column, cell in enumerate(cells):
                if cell is not None:
                    _cell(sheet, row, column, cell)
            row += 1


def _cell(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    """Writes a number as a text if Excel can't keep all its digits."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, Decimal)):
        text = _digits(value)
        if len(text.strip("-").replace(".", "").strip("0")) > _DIGITS:
            sheet.write_string(row, column, text)
        else:
            sheet.write_number(row, column, float(value))
    else:
        text = str(value)
        if len(text) > _MOST_CHARS:
            raise UsageError(
                f"A cell of Excel has at most {_MOST_CHARS:,} characters, and a text has {len(text):,}: "
                f"{quoted(text)}. Export to another format, or without this column."
            )
        sheet.write_string(row, column, text)


def _digits(number: int | Decimal) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)
