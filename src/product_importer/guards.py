"""Wraps calls to plugins' objects at run time, so that errors in them are blamed on the right plugin."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.format import read_as
from product_importer.errors import (
    FileError,
    ImportCancelled,
    ImportInterrupted,
    LeaseLost,
    ParserDeclined,
    PluginError,
    QuestionsOpen,
    UsageError,
)
from product_importer.fields import NAMES
from product_importer.model import Dialect, ReadAs
from product_importer.ports import Finding, FormatParser, ParsedTable, RawBatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from product_importer.model import ParseOptions
    from product_importer.ports import DedupePolicy, InputFile, ParsedFile, Parser, Validator
    from product_importer.registry import Kind, PluginSet


@contextmanager
def guard(plugins: PluginSet, kind: Kind, name: str, on: str = "") -> Iterator[None]:
    """Turns any exception of a plugin's object into a PluginError that names it, its plugin and ``on``.

    FileError, ParserDeclined, QuestionsOpen and UsageError pass, because parsers and sources raise them on
    purpose, and so do the errors that stop an import. Notes that were added to the exception are included.
    """
    try:
        yield
    except (FileError, ParserDeclined, PluginError, QuestionsOpen, UsageError):
        raise
    except (ImportCancelled, ImportInterrupted, LeaseLost):
        raise
    except Exception as error:
        origin = plugins.origin(kind, name)
        where = f" on {on}" if on else ""
        raise PluginError(
            f"The {kind} {name!r} ({origin}) failed{where}: {describe(error)}", plugin=origin
        ) from error


def describe(error: BaseException) -> str:
    """The exception's type, message and notes in one line."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return " ".join(" ".join([text, *getattr(error, "__notes__", ())]).split())


def findings_of(plugins: PluginSet, validator: Validator, batch: pa.RecordBatch) -> tuple[Finding, ...]:
    """Returns the validator's findings on a mapped batch; their ``rows`` have no nulls.

    Raises PluginError if the validator fails or returns an object that isn't a finding on this batch.
    """
    with guard(plugins, "validator", validator.name, on=_span(batch)):
        return tuple(sound_findings(validator.check(batch), batch))


def ranks_of(plugins: PluginSet, policy: DedupePolicy, batch: pa.RecordBatch) -> pa.Int64Array:
    """Returns the policy's ranks of the batch's rows. Raises PluginError as :func:`findings_of` does."""
    with guard(plugins, "dedupe policy", policy.name, on=_span(batch)):
        return sound_ranks(policy, policy.rank(batch), batch)


@contextmanager
def opened(
    plugins: PluginSet, parser: Parser | FormatParser, file: InputFile, options: ParseOptions
) -> Iterator[GuardedTable]:
    """Opens the file with the parser; errors while iterating are blamed on the parser, too."""
    with ExitStack() as stack:
        with guard(plugins, "parser", parser.name, on=file.filename):
            parsed: ParsedTable | ParsedFile
            if isinstance(parser, FormatParser):
                parsed = stack.enter_context(parser.open(file, options))
            else:
                parsed = stack.enter_context(parser.open(file.path, options))
            check_table(parsed)
        yield GuardedTable(plugins, parser.name, parsed, typed=isinstance(parser, FormatParser))


@dataclass(frozen=True, slots=True)
class GuardedTable:
    """A table opened by the parser of this name. ``typed``: whether its cells may have types."""

    plugins: PluginSet
    parser: str
    parsed: ParsedTable | ParsedFile
    typed: bool

    @property
    def read_as(self) -> ReadAs:
        if isinstance(self.parsed, ParsedTable):
            return self.parsed.read_as
        return read_as(self.parsed.dialect)

    @property
    def header(self) -> tuple[str, ...]:
        return self.parsed.header

    @property
    def checks_rows(self) -> bool:
        """Whether the parser makes the checks of :mod:`product_importer.delimited.parsed_tables` itself."""
        return bool(getattr(self.parsed, "checks_rows", False))

    def blamed(self, last: int) -> AbstractContextManager[None]:
        """Blames the parser for errors in the batch after the record ``last``."""
        return guard(self.plugins, "parser", self.parser, on=f"the records after {last}")

    def __iter__(self) -> Iterator[RawBatch]:
        batches = iter(self.parsed)
        last = 0
        while True:
            with self.blamed(last):
                batch = next(batches, None)
                if batch is not None:
                    batch = sound_batch(batch, self.header, after=last, typed=self.typed)
            if batch is None:
                return
            yield batch
            last = batch.last_record


def check_table(parsed: ParsedTable | ParsedFile) -> None:
    """Raises TypeError if the opened table's header, or how it is read, has a wrong type."""
    if isinstance(parsed, ParsedTable):
        if not isinstance(parsed.read_as, ReadAs):
            raise TypeError(f"read_as is {parsed.read_as!r}, which is not a product_importer.model.ReadAs.")
    elif not isinstance(parsed.dialect, Dialect):
        raise TypeError(f"dialect is {parsed.dialect!r}, which is not a product_importer.model.Dialect.")
    if not isinstance(parsed.header, tuple) or not all(isinstance(name, str) for name in parsed.header):
        raise TypeError(f"header is {parsed.header!r}; give a tuple of strings.")


def sound_batch(batch: RawBatch, header: tuple[str, ...], *, after: int, typed: bool) -> RawBatch:
    """Returns the batch that follows record ``after``. Raises TypeError or ValueError if it is invalid."""
    if not isinstance(batch, RawBatch):
        raise TypeError(f"it gave a {type(batch).__name__}, which is not a product_importer.ports.RawBatch.")
    cells = batch.cells
    if tuple(cells.schema.names) != header:
        raise ValueError(f"the batch has the columns {cells.schema.names}, the header {list(header)}.")
    if not typed and not all(column.type == pa.string() and not column.null_count for column in cells):
        raise ValueError("a column of the batch isn't of strings without nulls.")
    if batch.done is not None and not 0 <= batch.done <= 1:
        raise ValueError(f"done is {batch.done}; give the part of the file that was read, from 0 to 1.")
    for name, numbers in (("lines", batch.lines), ("records", batch.records)):
        if not isinstance(numbers, pa.Int64Array) or len(numbers) != cells.num_rows:
            raise ValueError(
                f"{name} is {_shape(numbers)}; give int64 × {cells.num_rows}, one for each row of the batch."
            )
    first, last = batch.first_record, batch.last_record
    ends = pc.min_max(batch.records).as_py()
    inside = not cells.num_rows or (first <= ends["min"] and ends["max"] <= last)
    held = cells.num_rows + len(batch.malformed) + len(batch.left_out) + batch.blank
    if first != after + 1 or held != last - first + 1 or not inside:
        raise ValueError(f"the batch of {held} records says that it has the records {first} to {last}.")
    return batch


def sound_findings(findings: Iterable[Finding], batch: pa.RecordBatch) -> Iterator[Finding]:
    """Yields the findings, with nulls taken as false, and with a ``field`` that is no product field as their
    ``column``. Raises TypeError or ValueError if one is invalid.
    """
    for finding in findings:
        if not isinstance(finding, Finding):
            raise TypeError(f"check() gave {finding!r}, which is not a product_importer.ports.Finding.")
        rows = finding.rows
        if not isinstance(rows, pa.BooleanArray) or len(rows) != batch.num_rows:
            raise ValueError(
                f"The finding {finding.code!r} has {_shape(rows)} as rows; "
                f"give a boolean array of {batch.num_rows}, one for each row of the batch."
            )
        kept = finding
        if finding.field is not None and finding.field not in NAMES:
            kept = replace(finding, field=None, column=finding.column or finding.field)
        yield replace(kept, rows=rows.fill_null(False)) if rows.null_count else kept


def sound_ranks(policy: DedupePolicy, ranks: pa.Int64Array, batch: pa.RecordBatch) -> pa.Int64Array:
    """Returns the ranks. Raises ValueError if they don't fit the batch."""
    if not isinstance(ranks, pa.Int64Array) or len(ranks) != batch.num_rows:
        raise ValueError(
            f"rank() gave {_shape(ranks)}; "
            f"give an int64 array of {batch.num_rows}, one for each row of the batch."
        )
    if ranks.null_count and not policy.rejects:
        raise ValueError("rank() gave nulls, which reject rows, but the policy's rejects is false.")
    return ranks


def _shape(value: object) -> str:
    return f"{value.type} × {len(value)}" if isinstance(value, pa.Array) else type(value).__name__


def _span(batch: pa.RecordBatch) -> str:
    ends = pc.min_max(batch.column("record"))
    return f"records {ends['min']}–{ends['max']}" if batch.num_rows else "an empty batch"
