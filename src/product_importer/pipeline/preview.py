"""The preview of a file from its first part: dialect, columns, and what is wrong with the first rows.

The preview uses the import's own parts, so it shows what the import will do. Only the end of the part is
handled differently: the record that it cuts off is left out and is no error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Final

import pyarrow.compute as pc

from product_importer.delimited.dialect import HEAD_BYTES, guess
from product_importer.delimited.format import DelimitedText, read_as
from product_importer.delimited.header_line import OPTION as HEADER_LINE
from product_importer.delimited.raw_batches import joined
from product_importer.delimited.rejects_file import FindOrigin, Origin, no_origin
from product_importer.errors import (
    FileError,
    ParserDeclined,
    PluginError,
    QuestionsOpen,
    UsageError,
)
from product_importer.guards import findings_of
from product_importer.model import (
    AUTO_PARSER,
    Complaint,
    ImportOptions,
    ParseOptions,
    Preview,
    PreviewRow,
    ReadAs,
    RowError,
)
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.cell_notes import CellNotes
from product_importer.pipeline.choosing import FALLBACK_PARSER, chosen_parser, open_questions
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.convert import convert
from product_importer.pipeline.damage import damages
from product_importer.pipeline.giving_up import Patience
from product_importer.pipeline.header_hints import explained
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.pipeline.opening import OpenTable, dialect_of, opened_table, parse_options
from product_importer.pipeline.packed_peek import unpacked_peek
from product_importer.pipeline.part_assumptions import assumptions_of, behind_transforms, lenient_mapping
from product_importer.pipeline.peek import CutEnd, Peek, complaint, dialect_of_part
from product_importer.pipeline.read_values import kept_rows, read_values
from product_importer.pipeline.rejects import found_rejects
from product_importer.pipeline.ruled_columns import ruled
from product_importer.pipeline.seen_columns import seen_by, texts_of
from product_importer.pipeline.side_thread import SideThread
from product_importer.pipeline.transforms.preparing import prepare
from product_importer.pipeline.typed_numbers import TypedBatch
from product_importer.pipeline.unpacking import Bounds
from product_importer.ports import Finding, FormatParser, InputFile, Parser, RawBatch
from product_importer.registry import Kind, PluginSet

PREVIEW_BYTES: Final = 1 << 20
"""Maximum bytes of a file that are read, unless its format needs all of them."""

CELL_CHARS: Final = 200
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_PART_ROWS: Final = 256
_PART_BATCHES: Final = 4_096


async def preview(
    plugins: PluginSet,
    peek: Peek,
    options: ImportOptions,
    *,
    rows: int,
    seconds: float,
    bounds: Bounds,
    origin_of: FindOrigin = no_origin,
) -> Preview:
    """Previews the first ``rows`` records of a file; a file of rejected rows as its import was read.

    Raises :class:`PluginError`, also where a plugin's object takes more than ``seconds``, and
    :class:`FileError` (``disk_full``).
    """
    with Patience() as patience, SideThread("preview") as thread:
        looking = _Look(plugins, peek, options, bounds, None, patience)
        try:
            found = await asyncio.wait_for(thread.call(lambda: looking.preview(rows)), seconds)
            if (origin := await origin_of(found.header)) is None:
                return found
            looking = _Look(plugins, peek, options, bounds, origin, patience)
            return await asyncio.wait_for(thread.call(lambda: looking.preview(rows)), seconds)
        except TimeoutError:
            kind, name = looking.asking
            culprit = plugins.origin(kind, name)
            raise PluginError(
                f"The {kind} {name!r} ({culprit}) gave no answer on the first rows within {seconds:g} s.",
                plugin=culprit,
            ) from None


class _Look:
    """Previews one file. ``asking`` is the object at work now, to be named if it hangs."""

    def __init__(
        self,
        plugins: PluginSet,
        peek: Peek,
        options: ImportOptions,
        bounds: Bounds,
        origin: Origin | None,
        patience: Patience,
    ) -> None:
        self._beat = patience.beat
        self._origin = origin
        self._bounds = bounds
        self._plugins = plugins
        self._peek = peek
        self._options = options
        self._complete = peek.complete
        self._notes: list[CellNotes] = []
        first = FALLBACK_PARSER if options.parser == AUTO_PARSER else options.parser
        self.asking: tuple[Kind, str] = ("parser", first)

    def preview(self, rows: int) -> Preview:
        try:
            self._peek = unpacked_peek(
                *(self._plugins, self._peek, self._options, self._bounds, PREVIEW_BYTES), self._beat
            )
            head, filename = self._peek.head[:HEAD_BYTES], self._peek.filename
            parser = chosen_parser(self._plugins, self._options, head, filename)
        except (FileError, UsageError, QuestionsOpen) as error:
            self._parser = self._plugins.parsers[FALLBACK_PARSER]
            return self._shown(None, problem=complaint(error))
        self._complete = self._peek.complete
        try:
            return self._with(parser, rows)
        except ParserDeclined:
            return self._with(self._plugins.parsers[FALLBACK_PARSER], rows)

    def _with(self, parser: Parser | FormatParser, rows: int) -> Preview:
        self.asking = ("parser", parser.name)
        self._parser = parser
        try:
            with self._peek.provided(self._parser, self._beat) as file:
                self._complete = file.complete
                self._cut = CutEnd(self._parser, file, self._peek.head)
                return self._of_file(file, rows)
        except FileError as error:
            if error.code != "whole_file_needed":
                raise
            return self._shown(None, problem=complaint(error))

    def _of_file(self, file: InputFile, rows: int) -> Preview:
        try:
            if questions := open_questions(self._plugins, self._parser, file, self._options):
                return self._shown(None, problem=complaint(QuestionsOpen(questions)))
            with opened_table(self._plugins, self._parser, file, self._parse_options(file)) as table:
                return self._of(table, file, rows)
        except (FileError, QuestionsOpen, UsageError) as error:
            head, options = self._peek.head, parse_options(self._options)
            dialect = dialect_of_part(self._parser, head, options, complete=file.complete)
            problem = None if self._cut.explains(error, dialect) else complaint(error)
            return self._shown(None if dialect is None else read_as(dialect), problem=problem)

    def _of(self, table: OpenTable, file: InputFile, rows: int) -> Preview:
        whole: list[RawBatch] = []
        problem = None
        try:
            for batch in self._records(table, rows):
                whole.append(batch)  # noqa: PERF402 - the batches before an error count
        except FileError as error:
            cut = self._cut.explains(error, dialect_of(table.read_as))
            problem = None if cut else complaint(error)
        if self._cut.may_cut_header:
            return self._shown(table.read_as, problem=problem)
        raw = None if not whole else TypedBatch(joined(whole), {})
        assumed, judge, options = Assumptions(), True, self._options
        if self._origin is not None:
            options = self._origin.read_like(table.header, options)
        header = table.header
        try:
            prepared = prepare(header, options, self._plugins)
            header, given, options = prepared.header, options, prepared.options
            if raw is not None:
                raw = behind_transforms(prepared, raw.raw, self._notes)
                assumed = assumptions_of(header, raw, partial(self._part, file, given), options)
            mapping = resolve_mapping(header, options, assumed.refuted)
        except (FileError, QuestionsOpen, UsageError) as error:
            if isinstance(error, FileError):
                error = explained(error, self._peek.head, dialect_of(table.read_as), options)
            problem, judge = complaint(error), False
            mapping = lenient_mapping(header, options)
        mapping = ruled(mapping, options, assumed)
        shown = () if raw is None else self._rows(raw, mapping, assumed, judge=judge)
        return self._shown(table.read_as, header, mapping.as_dict(), shown, problem)

    def _shown(
        self,
        read: ReadAs | None,
        header: tuple[str, ...] = (),
        mapping: Mapping[str, str] = NOTHING,
        rows: tuple[PreviewRow, ...] = (),
        problem: Complaint | None = None,
    ) -> Preview:
        dialect = None if read is None else dialect_of(read)
        return Preview(self._parser.name, read, dialect, header, mapping, rows, problem, self._complete)

    def _records(self, table: OpenTable, rows: int) -> Iterator[RawBatch]:
        """The first records, each as a batch, without one that the part's end may have cut."""
        last = None
        try:
            for batch in table:
                self._beat()
                self._cut.may_cut_header = False
                if last is not None:
                    yield last
                    rows -= last.cells.num_rows + len(last.malformed)
                if rows <= 0:
                    return
                last = batch.raw
                self._notes.append(batch.notes)
        except FileError:
            if last is not None:
                yield last
            raise
        if last is not None and self._cut.ends_well:
            yield last

    def _parse_options(self, file: InputFile) -> ParseOptions:
        options, head = replace(parse_options(self._options), batch_rows=1), self._peek.head
        if file.complete or len(head) > HEAD_BYTES or not isinstance(self._parser, DelimitedText):
            return options
        dialect = guess(head, options, complete=False)  # the parser would take the part for a file
        reading = {HEADER_LINE: str(dialect.header_line), **options.reading}
        return replace(options, encoding=dialect.encoding, delimiter=dialect.delimiter, reading=reading)

    def _part(self, file: InputFile, given: ImportOptions) -> Iterator[TypedBatch]:
        """The part's first records; if its end cuts one, only those of the batches before."""
        options = replace(self._parse_options(file), batch_rows=_PART_ROWS)
        with suppress(FileError), opened_table(self._plugins, self._parser, file, options) as table:
            prepared = prepare(table.header, given, self._plugins)
            for batch in islice(table, _PART_BATCHES):
                self._beat()
                yield behind_transforms(prepared, batch.raw, [batch.notes])

    def _rows(
        self,
        batch: TypedBatch,
        mapping: FieldMapping,
        assumed: Assumptions,
        *,
        judge: bool,
    ) -> tuple[PreviewRow, ...]:
        raw = batch.raw
        found = [PreviewRow(row.line, row.record, _cut(row.cells), (row.error,)) for row in raw.malformed]
        read = mapping.rules.blanked(batch.certain(mapping, assumed))
        converted = convert(read, mapping, assumed, batch.typed)
        findings = list(converted.findings) if judge else []
        for validator in self._plugins.validators.values() if judge else ():
            self.asking = ("validator", validator.name)
            seen = seen_by(validator, converted.batch, partial(texts_of, mapping, read.cells))
            findings += findings_of(self._plugins, validator, seen)
        blank = converted.blank
        if judge:
            findings += damages(read, mapping, converted.batch.column("sku"))
            findings += (each for notes in self._notes for each in notes.findings(read, mapping))
        findings = [replace(each, rows=pc.and_not(each.rows, blank)) for each in findings]
        keys = converted.batch.column("sku_key")

        def told(findings: Sequence[Finding]) -> dict[int, tuple[RowError, ...]]:
            found = found_rejects(raw, keys, findings, mapping) if findings else ()
            return {each.record: tuple(each.errors) for each in found}

        errors = told([finding for finding in findings if not finding.warning])
        warnings = told([finding for finding in findings if finding.warning])
        values = read_values(raw, read, converted.batch, mapping)
        found += (
            PreviewRow(
                *(line, record, _cut(cells), errors.get(record, ()), warnings.get(record, ())),
                values=values[record],
            )
            for line, record, cells in kept_rows(raw, pc.invert(blank))
        )
        return tuple(sorted(found, key=lambda row: row.record))


def _cut(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell[:CELL_CHARS] for cell in cells)
