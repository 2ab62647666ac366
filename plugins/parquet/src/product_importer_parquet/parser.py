"""The parser; what reads a file is loaded when one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from product_importer.model import Option, ParseOptions, TableInfo
    from product_importer.ports import InputFile
    from product_importer_parquet.table import ParquetTable

_MAGIC: Final = b"PAR1"


class ParquetParser:
    """Reads Parquet files of any number of row groups, whose columns may be of any type."""

    name = "parquet"
    title = "Parquet file"
    version = "1"
    suffixes = (".parquet",)
    media_types = ("application/vnd.apache.parquet",)
    needs_whole_file = True
    releases_gil = True
    options: tuple[Option, ...] = ()

    def recognises(self, head: bytes, filename: str) -> float:  # noqa: ARG002 - the first bytes tell
        return 1.0 if head.startswith(_MAGIC) else 0.0

    def tables(self, file: InputFile) -> tuple[TableInfo, ...]:  # noqa: ARG002 - a file is one table
        return ()

    def open(self, file: InputFile, options: ParseOptions) -> AbstractContextManager[ParquetTable]:
        """Opens the file. Raises :class:`FileError` (``damaged_file``) if it can't be read."""
        from product_importer_parquet.table import opened  # noqa: PLC0415 - not needed at the start

        return opened(file.path, options)
