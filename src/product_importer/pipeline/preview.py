"""What a file's first part shows: how it is written, what its columns are, what is wrong with the first rows.

Everything is done by what the import itself is made of, so what is shown is what will happen. Only the end of
the part is special: the record that it cuts off is left out, and is no mistake.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.dialect import HEAD_BYTES, guess
from product_importer.delimited.raw_batches import joined
from product_importer.delimited.rejects_file import Origin
from product_importer.errors import FileError, ParserDeclined, PluginError, ProductImporterError, UsageError
from product_importer.guards import findings_of, opened
from product_importer.model import (
    Complaint,
    DecimalSign,
    Dialect,
    ImportOptions,
    ParseOptions,
    Preview,
    PreviewRow,
    RowError,
)
from product_importer.pipeline.assumptions import Assumptions, Evidence
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.convert import convert
from product_importer.pipeline.damage import damages
from product_importer.pipeline.header_hints import explained
from product_importer.pipeline.mapping import guess_mapping, resolve_mapping
from product_importer.pipeline.reading import FALLBACK_PARSER
from product_importer.pipeline.rejected_again import rejected_again
from product_importer.pipeline.rejects import found_rejects
from product_importer.pipeline.side_thread import SideThread
from product_importer.ports import Finding, ParsedFile, RawBatch
from product_importer.registry import Kind, PluginSet

PREVIEW_BYTES: Final = 1 << 20
"""How much of a file is looked at, at most."""

CELL_CHARS: Final = 200
_PART_ROWS: Final = 256
_CUT_SHORT: Final = ("unterminated_quote", "undecodable", "empty")
_LINE_ENDS: Final = (b"\n", b"\r", b"\n\0", b"\r\0")


async def preview(
    plugins: PluginSet,
    head: bytes,
    options: ImportOptions,
    *,
    complete: bool,
    rows: int,
    seconds: float,
    origin: Origin | None = None,
) -> Preview:
    """``rows`` records of a file that begins with ``head``; ``complete`` if that is all of it.

    Raises :class:`PluginError`, also where a plugin's object takes more than ``seconds``, and
    :class:`FileError` of code ``disk_full``.
    """
    looking = _Look(plugins, head, options, origin, complete=complete)
    with SideThread("preview") as thread:
        try:
            return await asyncio.wait_for(thread.call(lambda: looking.preview(rows)), seconds)
        except TimeoutError:
            kind, name = looking.asking
            culprit = plugins.origin(kind, name)
            raise PluginError(
                f"The {kind} {name!r} ({culprit}) gave no answer on the first rows within {seconds:g} s.",
                plugin=culprit,
            ) from None


class _Look:
    """Looks at one file's first part. ``asking`` is the object that is being asked, for who waits in vain."""

    def __init__(
        self,
        plugins: PluginSet,
        head: bytes,
        options: ImportOptions,
        origin: Origin | None,
        *,
        complete: bool,
    ) -> None:
        self._origin = origin
        self._plugins = plugins
        self._head = head
        self._options = options
        self._complete = complete
        self.asking: tuple[Kind, str] = ("parser", options.parser)
        self._ends_well = complete or head.endswith(_LINE_ENDS)
        self._header_may_be_cut = not self._ends_well

    def preview(self, rows: int) -> Preview:
        try:
            with TemporaryDirectory(prefix="product-importer-") as folder:
                path = Path(folder, "file")
                path.write_bytes(self._head)
                try:
                    return self._with(self._options.parser, path, rows)
                except ParserDeclined:
                    return self._with(FALLBACK_PARSER, path, rows)
        except OSError as error:
            raise FileError(
                f"A temporary file can't be written: {error.strerror}.", code="disk_full"
            ) from error

    def _with(self, parser_name: str, path: Path, rows: int) -> Preview:
        self.asking = ("parser", parser_name)
        parser = self._plugins.parsers[parser_name]
        try:
            with opened(self._plugins, parser, path, self._parse_options()) as parsed:
                return self._of(parsed, path, rows)
        except (FileError, UsageError) as error:
            dialect = self._dialect()
            problem = None if self._is_cut_short(error, dialect) else _complaint(error)
            return Preview(dialect, (), {}, (), problem, self._complete)

    def _of(self, parsed: ParsedFile, path: Path, rows: int) -> Preview:
        whole: list[RawBatch] = []
        problem = None
        try:
            for batch in self._records(parsed, rows):
                whole.append(batch)  # noqa: PERF402 - those before an error count
        except FileError as error:
            problem = None if self._is_cut_short(error, parsed.dialect) else _complaint(error)
        if self._header_may_be_cut:
            return Preview(parsed.dialect, (), {}, (), problem, self._complete)
        raw = joined(whole) if whole else None
        assumed, judge, options = Assumptions(), True, self._options
        if self._origin is not None:
            options = self._origin.read_like(parsed.header, options)
        try:
            if raw is not None:
                assumed = self._assumptions(parsed.header, raw, path, options)
            mapping = resolve_mapping(parsed.header, options, assumed.refuted)
        except (FileError, UsageError) as error:
            if isinstance(error, FileError):
                error = explained(error, self._head, parsed.dialect)
            problem, judge = _complaint(error), False
            mapping = _lenient_mapping(parsed.header, options)
        shown = () if raw is None else self._rows(raw, mapping, assumed, options.decimal, judge=judge)
        return Preview(parsed.dialect, parsed.header, mapping.as_dict(), shown, problem, self._complete)

    def _records(self, parsed: ParsedFile, rows: int) -> Iterator[RawBatch]:
        """The first ones, each a batch, without one that the part's end may have cut."""
        last = None
        try:
            for batch in parsed:
                self._header_may_be_cut = False
                if last is not None:
                    yield last
                    rows -= last.cells.num_rows + len(last.malformed)
                if rows <= 0:
                    return
                last = batch
        except FileError:
            if last is not None:
                yield last
            raise
        if last is not None and self._ends_well:
            yield last

    def _parse_options(self) -> ParseOptions:
        options = ParseOptions(
            encoding=self._options.encoding,
            delimiter=self._options.delimiter,
            limits=self._options.limits,
            batch_rows=1,
        )
        if self._complete or len(self._head) >= HEAD_BYTES:
            return options
        dialect = guess(self._head, options, complete=False)  # the parser would take the part for the whole
        return replace(options, encoding=dialect.encoding, delimiter=dialect.delimiter)

    def _assumptions(
        self, header: Sequence[str], shown: RawBatch, path: Path, options: ImportOptions
    ) -> Assumptions:
        """How the import would read the file, as far as the part tells, if the rows shown do not."""
        assumed = Assumptions()
        if not _evidence(assumed, header, [shown], options).is_open:
            return assumed
        part = list(self._part(path)) or [shown]
        while (better := _evidence(assumed, header, part, options).at_once()) is not None:
            assumed = better
        while (better := _evidence(assumed, header, part, options).after_all()) is not None:
            assumed = better
        return assumed

    def _part(self, path: Path) -> Iterator[RawBatch]:
        """The part's records; where its end cuts one, those of the batches before."""
        _, name = self.asking
        options = replace(self._parse_options(), batch_rows=_PART_ROWS)
        with suppress(FileError), opened(self._plugins, self._plugins.parsers[name], path, options) as parsed:
            yield from parsed

    def _rows(
        self,
        raw: RawBatch,
        mapping: FieldMapping,
        assumed: Assumptions,
        decimal: DecimalSign | None,
        *,
        judge: bool,
    ) -> tuple[PreviewRow, ...]:
        raw = rejected_again(raw)
        found = [PreviewRow(row.line, row.record, _cut(row.cells), (row.error,)) for row in raw.malformed]
        converted = convert(raw, mapping, assumed, decimal)
        findings = list(converted.findings) if judge else []
        for validator in self._plugins.validators.values() if judge else ():
            self.asking = ("validator", validator.name)
            findings += findings_of(self._plugins, validator, converted.batch)
        blank = converted.blank
        if judge:
            findings += damages(raw, mapping, converted.batch.column("sku"))
        findings = [replace(each, rows=pc.and_not(each.rows, blank)) for each in findings]
        keys = converted.batch.column("sku_key")

        def told(findings: Sequence[Finding]) -> dict[int, tuple[RowError, ...]]:
            found = found_rejects(raw, keys, findings, mapping) if findings else ()
            return {each.record: tuple(each.errors) for each in found}

        errors = told([finding for finding in findings if not finding.warning])
        warnings = told([finding for finding in findings if finding.warning])
        found += (
            PreviewRow(line, record, _cut(cells), errors.get(record, ()), warnings.get(record, ()))
            for line, record, cells in _kept(raw, pc.invert(blank))
        )
        return tuple(sorted(found, key=lambda row: row.record))

    def _is_cut_short(self, error: ProductImporterError, dialect: Dialect | None) -> bool:
        """Whether it may be no more than the end of the part that is in the way."""
        if self._complete or isinstance(error, UsageError):
            return False
        if error.code not in _CUT_SHORT:
            return not any(end in self._head for end in b"\r\n")  # the header isn't all there
        if error.code != "undecodable" or dialect is None:
            return True
        try:
            codecs.getincrementaldecoder(dialect.encoding)().decode(self._head)
        except UnicodeError:
            return False
        return True

    def _dialect(self) -> Dialect | None:
        try:
            options = ParseOptions(encoding=self._options.encoding, delimiter=self._options.delimiter)
            return guess(self._head[:HEAD_BYTES], options, complete=self._complete)
        except (FileError, UsageError):
            return None


def _evidence(
    assumed: Assumptions, header: Sequence[str], batches: Sequence[RawBatch], options: ImportOptions
) -> Evidence:
    mapping = resolve_mapping(header, options, assumed.refuted)
    evidence = Evidence(assumed, mapping, options)
    for raw in batches:
        evidence.add(convert(raw, mapping, assumed, options.decimal).signs)
    return evidence


def _lenient_mapping(header: Sequence[str], options: ImportOptions) -> FieldMapping:
    try:
        return guess_mapping(header, options)
    except UsageError:  # the map fits another header
        return guess_mapping(header, replace(options, map={}))


def _kept(raw: RawBatch, kept: pa.BooleanArray) -> Iterator[tuple[int, int, Sequence[str]]]:
    columns = [column.filter(kept).to_pylist() for column in (raw.lines, raw.records, *raw.cells.columns)]
    return ((line, record, cells) for line, record, *cells in zip(*columns, strict=True))


def _cut(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell[:CELL_CHARS] for cell in cells)


def _complaint(error: ProductImporterError) -> Complaint:
    return Complaint(error.code, str(error), getattr(error, "line", None))
