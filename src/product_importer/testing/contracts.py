"""Checks the contracts of validators, policies for duplicates and parsers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.header import fold_cell
from product_importer.guards import sound_findings, sound_ranks
from product_importer.model import ParseOptions
from product_importer.ports import (
    DedupePolicy,
    FormatParser,
    InputFile,
    ParsedFile,
    ParsedTable,
    Parser,
    RawBatch,
    Validator,
)
from product_importer.testing.samples import sample_batch


def check_validator(validator: Validator, batch: pa.RecordBatch | None = None) -> None:
    """Checks that findings fit the batch and don't vary, also for a part of it and an empty one."""
    require(isinstance(validator, Validator), f"{validator!r} lacks what a Validator has")
    batch = sample_batch() if batch is None else batch
    for part in (batch, batch.slice(1), batch.slice(0, 0)):
        once, twice, copied = (
            [
                (found.field, found.code, found.message, found.rows.to_pylist())
                for found in sound_findings(validator.check(given), given)
            ]
            for given in (part, part, _copied(part))
        )
        require(once == twice, f"a second look finds something else: {once} and {twice}")
        require(once == copied, f"the place in memory matters: {once} and {copied}")


def check_dedupe_policy(policy: DedupePolicy, batch: pa.RecordBatch | None = None) -> None:
    """Checks that ranks fit the batch and don't vary, also for a part of it and an empty one."""
    require(isinstance(policy, DedupePolicy), f"{policy!r} lacks what a DedupePolicy has")
    batch = sample_batch() if batch is None else batch
    for part in (batch, batch.slice(1), batch.slice(0, 0)):
        once, twice, copied = (
            sound_ranks(policy, policy.rank(given), given).to_pylist()
            for given in (part, part, _copied(part))
        )
        require(once == twice, f"a second look ranks otherwise: {once} and {twice}")
        require(once == copied, f"the place in memory matters: {once} and {copied}")


def check_parser(parser: Parser | FormatParser, path: Path, options: ParseOptions | None = None) -> None:
    """Checks that the file's batches are complete, ordered and add up, with the same rows at any batch size.

    The header's names have to differ in more than case and normal form, and no cell may hold a NUL character.
    """
    require(isinstance(parser, Parser), f"{parser!r} lacks what a Parser has")
    options = options or ParseOptions()
    whole = _rows(parser, path, options)
    require(whole == _rows(parser, path, options), "a second reading gives something else")
    two = ParseOptions(options.encoding, options.delimiter, options.limits, 2, options.batch_chars)
    require(whole == _rows(parser, path, two), "with two rows a batch, the rows are others")


def require(kept: bool, otherwise: str, /) -> None:
    """Raises AssertionError with the message ``otherwise`` if the contract is not ``kept``."""
    if not kept:
        raise AssertionError(otherwise)


def _copied(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A copy of the rows in memory of their own, from offset 0."""
    return pa.RecordBatch.from_pylist(batch.to_pylist(), schema=batch.schema)


def _opening(
    parser: Parser | FormatParser, path: Path, options: ParseOptions
) -> AbstractContextManager[ParsedFile | ParsedTable]:
    if isinstance(parser, FormatParser):
        return parser.open(InputFile.at(path), options)
    return parser.open(path, options)


def _rows(parser: Parser | FormatParser, path: Path, options: ParseOptions) -> list[tuple[int, int, object]]:
    """Returns every row of the file as (record, line, content), after checking the batches."""
    rows: list[tuple[int, int, object]] = []
    record = offset = 0
    with _opening(parser, path, options) as parsed:
        names = set(map(fold_cell, parsed.header))
        require(len(names) == len(parsed.header), f"two columns have one name: {list(parsed.header)}")
        for batch in parsed:
            _check_raw_batch(batch, parsed.header, options)
            require(batch.first_record == record + 1, f"the records after {record} are missing")
            require(batch.end_offset >= offset, "end_offset goes back")
            record, offset = batch.last_record, batch.end_offset
            cells = zip(*(column.to_pylist() for column in batch.cells.columns), strict=True)
            rows += zip(batch.records.to_pylist(), batch.lines.to_pylist(), cells, strict=True)
            rows += ((row.record, row.line, (row.cells, row.error)) for row in batch.malformed)
    require(offset <= path.stat().st_size, f"end_offset is {offset}, beyond the file's end")
    return sorted(rows, key=itemgetter(0))


def _check_raw_batch(batch: RawBatch, header: tuple[str, ...], options: ParseOptions) -> None:
    cells, size = batch.cells, batch.cells.num_rows
    require(tuple(cells.schema.names) == header, f"the columns are {cells.schema.names}, not the header's")
    require(all(it.type == pa.string() and not it.null_count for it in cells.columns), "a cell is no string")
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
    numbers = batch.records.to_pylist() + [row.record for row in batch.malformed]
    require(all(first <= it <= last for it in numbers), "a record is out of its batch")
    read, known = last - first + 1, len(numbers) + batch.blank
    require(read == known, f"records {first}–{last} are {read}; rows, malformed and blank make {known}")
