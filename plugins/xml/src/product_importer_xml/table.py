"""An open XML document. It is read twice: first for its list and columns, then for the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from product_importer.errors import FileError
from product_importer.model import ReadAs, TableInfo
from product_importer.ports import RawBatch
from product_importer_xml.columns import Columns, Element
from product_importer_xml.reading import fed
from product_importer_xml.survey import candidates, chosen, survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.parsers.expat import XMLParserType

    from product_importer.model import ParseOptions
    from product_importer.ports import InputFile


_ELEMENT_CHARS: Final = 50
"""An element takes memory even if it is empty; it counts as so many characters."""


def lists(file: InputFile) -> tuple[TableInfo, ...]:
    """The lists that the products may be in."""
    return tuple(TableInfo(path, place.count) for path, place in candidates(survey(file)).items())


class XmlTable:
    """A document whose list is known. The columns are all parts that any element of the list has."""

    def __init__(self, file: InputFile, options: ParseOptions) -> None:
        self._file = file
        self._options = options
        path, place = chosen(survey(file), options.reading.get("path"))
        self._columns = Columns(place, options.limits)
        self.header = self._columns.header
        if not self.header:
            raise FileError(f"The elements {path!r} of the XML document are empty.", code="no_list")
        self.read_as = ReadAs(f"XML, the elements “{path}”", {"path": path}, "item")
        self._path = path.split("/")

    def __iter__(self) -> Iterator[RawBatch]:
        waiting: list[list[str | None]] = []
        reader = _Reader(self._path, self._columns, waiting, self._options.limits.row_chars)
        record = 0
        limit = self._options.batch_rows
        for done in fed(self._file, reader.prepare):
            while len(waiting) >= limit:
                yield self._batch(waiting[:limit], record, done)
                record += limit
                del waiting[:limit]
            if waiting and reader.chars > self._options.batch_chars:
                yield self._batch(waiting, record, done)
                record += len(waiting)
                waiting.clear()
            if not waiting:
                reader.chars = 0
        for start in range(0, len(waiting), limit):
            part = waiting[start : start + limit]
            yield self._batch(part, record, self._file.size)
            record += len(part)

    def _batch(self, rows: list[list[str | None]], before: int, end: int) -> RawBatch:
        columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        numbers = pa.array(range(before + 1, before + len(rows) + 1), pa.int64())
        return RawBatch(
            cells=pa.RecordBatch.from_arrays(columns, names=list(self.header)),
            lines=numbers,
            records=numbers,
            first_record=before + 1,
            last_record=before + len(rows),
            end_offset=end,
        )


class _Reader:
    """The handlers that build the elements of the list, and put their cells into ``rows``."""

    def __init__(self, path: list[str], columns: Columns, rows: list[list[str | None]], most: int) -> None:
        self._path = path
        self._columns = columns
        self._rows = rows
        self._most = most
        self._row_chars = 0
        self._records = 0
        self._above: list[str] = []
        self._open: list[Element] = []
        self.chars = 0

    def prepare(self, parser: XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._above.append(tag)
        if self._open or self._above == self._path:
            element = Element(tag, attributes)
            if self._open:
                self._open[-1].parts.append(element)
            else:
                self._records += 1
                self._row_chars = 0
            self._count(_ELEMENT_CHARS + sum(map(len, attributes.values())))
            self._open.append(element)

    def _end(self, _: str) -> None:
        self._above.pop()
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._rows.append(self._columns.cells(element))
                self.chars += len(self._columns.header)  # a cell takes memory, even if it is absent

    def _text(self, data: str) -> None:
        if self._open:
            self._open[-1].parts.append(data)
            self._count(len(data))

    def _count(self, chars: int) -> None:
        self.chars += chars
        self._row_chars += chars
        if self._row_chars > self._most:
            raise FileError(
                f"Item {self._records:,} of the XML document has more than {self._most:,} characters.",
                code="row_too_long",
            )
