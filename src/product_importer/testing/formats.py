"""Checks the contract of parsers and formats."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.format import read_as
from product_importer.delimited.header import fold_cell
from product_importer.errors import FileError, ParserDeclined
from product_importer.guards import check_table
from product_importer.model import ParseOptions, ReadAs
from product_importer.pipeline.typed_cells import as_text
from product_importer.ports import FormatParser, InputFile, ParsedFile, ParsedTable, Parser, RawBatch
from product_importer.testing.contracts import require

Rows: TypeAlias = list[tuple[int, int, object]]
"""The rows of a file, by record: record, line, and content."""

_HEAD: Final = 65_536
_KINDS: Final = ("text", "choice", "flag", "number", "table")
_STRANGE: Final = (b"", b"\0", b"\xff\xfe\xfd" * 9, b"sku,name\nA,Apple\n", b"PK\3\4", b"{", b"<a>")


def check_parser(parser: Parser | FormatParser, path: Path, options: ParseOptions | None = None) -> None:
    """Checks that the file's batches are complete, ordered and add up, with the same rows at any batch size.

    The header's names have to differ in more than case and normal form, and no cell may hold a NUL character.
    Of a format, it is also checked what it states about itself, that it recognises the file, and that a part
    of the file raises nothing but the errors that a parser may raise.
    """
    require(isinstance(parser, (Parser, FormatParser)), f"{parser!r} lacks what a Parser has")
    options = options or ParseOptions()
    if isinstance(parser, FormatParser):
        _check_statements(parser)
        _check_recognition(parser, path)
    whole = opened_rows(parser, path, options)
    require(whole == opened_rows(parser, path, options), "a second reading gives something else")
    two = replace(options, batch_rows=2)
    require(whole == opened_rows(parser, path, two), "with two rows a batch, the rows are others")
    if isinstance(parser, FormatParser):
        _check_values(parser, path, options, whole)
        if not parser.needs_whole_file:
            _check_part(parser, path, options)


def _check_statements(parser: FormatParser) -> None:
    for name in ("title", "version"):
        value = getattr(parser, name)
        require(isinstance(value, str) and value.strip() != "", f"{name} is {value!r}; give a text")
    dotted = all(suffix.startswith(".") and suffix == suffix.lower() for suffix in parser.suffixes)
    require(dotted, f"suffixes are {parser.suffixes}; each begins with a dot and is in small letters")
    names = [option.name for option in parser.options]
    require(len(set(names)) == len(names), f"two options have one name: {names}")
    for option in parser.options:
        require(option.kind in _KINDS, f"the option {option.name} is of the kind {option.kind}")
        chosen = (option.kind == "choice") == bool(option.choices)
        require(chosen, f"the option {option.name} has choices if, and only if, it is of the kind choice")


def _check_recognition(parser: FormatParser, path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    require(0 < parser.recognises(head, path.name) <= 1, "the file isn't recognised")
    for strange in _STRANGE:
        found = parser.recognises(strange, "file")
        require(0 <= found <= 1, f"recognises() gives {found} for {strange!r}; give a number from 0 to 1")
    tables = [table.name for table in parser.tables(InputFile.at(path))]
    require(len(set(tables)) == len(tables), f"two tables have one name: {tables}")


def _check_part(parser: FormatParser, path: Path, options: ParseOptions) -> None:
    content = path.read_bytes()
    with TemporaryDirectory() as folder:
        for size in {1, len(content) // 3, len(content) // 2, len(content) - 1} - {-1, 0}:
            part = Path(folder, "part")
            part.write_bytes(content[:size])
            file = InputFile(part, path.name, size, complete=False)
            with suppress(FileError, ParserDeclined), parser.open(file, options) as table:
                for _ in table:
                    pass


def _check_values(
    parser: FormatParser, path: Path, options: ParseOptions, whole: tuple[tuple[str, ...], ReadAs, Rows]
) -> None:
    """Checks that the options as resolved are the parser's, and read the file in the same way again."""
    values = dict(whole[1].values)
    unknown = sorted(values.keys() - {option.name for option in parser.options})
    require(not unknown, f"read_as has values for {unknown}, which are no options of the parser")
    short = {name: values.pop(name) for name in ("encoding", "delimiter") if name in values}
    resolved = replace(options, reading={**options.reading, **values}, **short)  # type: ignore[arg-type]
    again = opened_rows(parser, path, resolved)
    require(whole == again, f"with read_as.values, {whole[1].values}, the file is read otherwise")


def _opening(
    parser: Parser | FormatParser, path: Path, options: ParseOptions
) -> AbstractContextManager[ParsedFile | ParsedTable]:
    if isinstance(parser, FormatParser):
        return parser.open(InputFile.at(path), options)
    return parser.open(path, options)


def opened_rows(
    parser: Parser | FormatParser, path: Path, options: ParseOptions | None = None
) -> tuple[tuple[str, ...], ReadAs, Rows]:
    """Returns the file's header, how it is read, and every row as (record, line, content), after checking the
    batches.
    """
    options = options or ParseOptions()
    rows: Rows = []
    record, offset, done = 0, 0, 0.0
    with _opening(parser, path, options) as parsed:
        check_table(parsed)
        names = set(map(fold_cell, parsed.header))
        require(len(names) == len(parsed.header), f"two columns have one name: {list(parsed.header)}")
        for batch in parsed:
            texts = _check_raw_batch(batch, parsed.header, options, typed=isinstance(parser, FormatParser))
            require(batch.first_record == record + 1, f"the records after {record} are missing")
            require(batch.end_offset >= offset, "end_offset goes back")
            require(batch.done is None or done <= batch.done <= 1, f"done is {batch.done} after {done}")
            record, offset, done = batch.last_record, batch.end_offset, batch.done or done
            cells = zip(*(column.to_pylist() for column in texts.columns), strict=True)
            rows += zip(batch.records.to_pylist(), batch.lines.to_pylist(), cells, strict=True)
            rows += ((row.record, row.line, (row.cells, row.error)) for row in batch.malformed)
            rows += ((row.record, row.line, row.reason) for row in batch.left_out)
    require(offset <= path.stat().st_size, f"end_offset is {offset}, beyond the file's end")
    shown = parsed.read_as if isinstance(parsed, ParsedTable) else read_as(parsed.dialect)
    return parsed.header, shown, sorted(rows, key=itemgetter(0))


def _check_raw_batch(
    batch: RawBatch, header: tuple[str, ...], options: ParseOptions, *, typed: bool
) -> pa.RecordBatch:
    """Checks the batch; returns its cells as texts."""
    cells, size = batch.cells, batch.cells.num_rows
    require(tuple(cells.schema.names) == header, f"the columns are {cells.schema.names}, not the header's")
    text = all(it.type == pa.string() and not it.null_count for it in cells.columns)
    require(text or typed, "a cell is no string")
    cells = cells if text else as_text(batch)[0].cells
    require(
        not any(pc.any(pc.match_substring(it, "\0")).as_py() for it in cells.columns),
        "a cell holds a NUL character",
    )
    for places in (batch.lines, batch.records):
        require(places.type == pa.int64(), "lines and records are int64")
        require(len(places) == size, "lines and records are as long as the cells")
        require(places.to_pylist() == sorted(set(places.to_pylist())), "lines and records rise")
    require(size <= options.batch_rows, f"{size} rows, more than batch_rows")
    first, last = batch.first_record, batch.last_record
    numbers = batch.records.to_pylist()
    numbers += [row.record for row in batch.malformed]
    numbers += [row.record for row in batch.left_out]
    require(all(first <= it <= last for it in numbers), "a record is out of its batch")
    read, known = last - first + 1, len(numbers) + batch.blank
    require(read == known, f"records {first}–{last} are {read}; rows, malformed and blank make {known}")
    return cells
