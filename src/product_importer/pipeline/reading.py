"""The first pass: parses, maps and validates the whole file before the first product is written.

Checking runs in parallel with parsing, one batch behind it, if the parser releases Python's global lock
(GIL). With any other parser both take turns in one thread: two threads that need the lock take longer than
one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.rejects_file import FindOrigin, check_has_all, no_origin
from product_importer.errors import DatabaseError, FileError, QuestionsOpen
from product_importer.guards import findings_of
from product_importer.model import MODES, ImportOptions, Question, RowWarning
from product_importer.pipeline.answering import Alive, no_answer
from product_importer.pipeline.asked import Asked
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.choosing import open_questions
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.commands import CommandColumn
from product_importer.pipeline.convert import Converted, convert
from product_importer.pipeline.damage import damages
from product_importer.pipeline.evidence import Evidence
from product_importer.pipeline.header_hints import explained, head_of
from product_importer.pipeline.mapping import heeds_commands
from product_importer.pipeline.opening import (
    OpenTable,
    TextBatch,
    bytes_done,
    dialect_of,
    lines_above,
    opened_table,
    parse_options,
)
from product_importer.pipeline.origins import origins_of
from product_importer.pipeline.rejected_again import rejected_again
from product_importer.pipeline.rejects import found_rejects, left_out_keys, malformed_rejects, reject_batch
from product_importer.pipeline.row_cells import Kept, kept_cells, with_cells
from product_importer.pipeline.ruled_columns import ruled_mapping
from product_importer.pipeline.seen_columns import seen_by, texts_of
from product_importer.pipeline.side_thread import SideThread
from product_importer.pipeline.spool import SpooledBatch
from product_importer.pipeline.transforms.preparing import Preparation, prepare
from product_importer.pipeline.twins import TwinSearch
from product_importer.pipeline.typed_numbers import TypedNumbers
from product_importer.pipeline.warning_log import WarningLog
from product_importer.ports import (
    Finding,
    FormatParser,
    InputFile,
    Parser,
    RawBatch,
    Reading,
    VersionedParser,
)
from product_importer.registry import Kind, PluginSet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch on its way to the spool. ``read``: all rows as they were read, the rejected ones included."""

    spooled: SpooledBatch
    read: pa.RecordBatch
    bytes_done: int


class FileReader:
    """Reads one file with one parser. Use as an async context manager; iterate :meth:`batches` once.

    ``assumed``: the assumptions of this reading; ``evidence`` is what the rows say about them.
    ``timeout``: seconds that a plugin's object may take for one batch. ``origin_of`` finds the import of
    which the file holds the rejected rows; ``settled`` are the options with those that it hands on.
    ``warnings`` (of rows) and ``twins`` are complete after the last batch.
    """

    def __init__(
        self,
        plugins: PluginSet,
        parser: Parser | FormatParser,
        file: InputFile,
        options: ImportOptions,
        *,
        timeout: float,
        raise_if_stopped: Callable[[], None],
        assumed: Assumptions,
        origin_of: FindOrigin = no_origin,
    ) -> None:
        self._plugins = plugins
        self._parser = parser
        self._input = replace(file, beat=self._beat)
        self._raise_if_stopped = raise_if_stopped
        self._alive = Alive()
        self._options = self.settled = options
        self._timeout = timeout
        self._assumed = assumed
        self._origin_of = origin_of
        self._kept_cells: Kept
        self._stack: ExitStack
        self._asked: Asked | None = None
        self._table: OpenTable
        self._prepared: Preparation
        self.mapping: FieldMapping
        self.evidence: Evidence
        self.warnings = WarningLog()
        self.twins = TwinSearch()

    @property
    def header(self) -> tuple[str, ...]:
        """The file's header, with the columns that transforms add."""
        return self._prepared.header

    @property
    def reading(self) -> Reading:
        version = self._parser.version if isinstance(self._parser, (VersionedParser, FormatParser)) else None
        read_as, uses, rules = self._table.read_as, self.mapping.as_dict(), self.evidence.rules()
        shop = self._prepared.shop_name
        return Reading(self._parser.name, version, read_as, self.header, uses, rules, shop)

    @property
    def column_warnings(self) -> tuple[RowWarning, ...]:
        """The warnings about whole columns; complete after all batches have been read."""
        return (
            *lines_above(self._table.read_as, self._options),
            *self._prepared.warnings(),
            *self.mapping.warnings,
            *self.evidence.warnings(),
        )

    @property
    def questions(self) -> tuple[Question, ...]:
        """What has to be asked before anything is saved; complete after all batches have been read."""
        asked = (self._prepared.question(), self._commands.question)
        return (*(question for question in asked if question is not None), *self.evidence.questions())

    async def __aenter__(self) -> Self:
        with ExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def _open(self, stack: ExitStack) -> None:
        """Opens the file. If this raises, the caller still has to close ``stack``."""
        self._parsing = stack.enter_context(SideThread("parse"))
        releases_gil = getattr(self._parser, "releases_gil", False)
        self._checking = stack.enter_context(SideThread("check")) if releases_gil else self._parsing
        questions = await self._answer(
            *("parser", self._parser.name, "the tables of the file"),
            self._parsing.call(
                lambda: open_questions(self._plugins, self._parser, self._input, self._options)
            ),
        )
        if questions:
            raise QuestionsOpen(questions)
        opening = opened_table(self._plugins, self._parser, self._input, parse_options(self._options))
        self._table = await self._answer(
            "parser", self._parser.name, "opening the file", self._parsing.call(opening.__enter__)
        )
        stack.callback(self._parsing.call, partial(opening.__exit__, None, None, None))
        await self._settle()
        check_has_all(self._table.header, self._options)
        try:
            self.mapping = await self._checking.call(self._mapped)
        except FileError as error:
            head = await self._checking.call(lambda: head_of(self._input.path))
            raise explained(error, head, dialect_of(self._table.read_as), self._options) from error
        self.evidence = Evidence(self._assumed, self.mapping)
        self._commands = CommandColumn(self.mapping, self._options)
        self._typed = TypedNumbers(self.mapping)

    async def _settle(self) -> None:
        """Completes the options by those of the import of which the file holds the rejected rows."""
        if (origin := await self._origin_of(self._table.header)) is not None:
            self.settled = origin.carried(self._options)
            self._options = origin.read_like(self._table.header, self._options)
        modes = MODES if heeds_commands(self._options) else (self._options.mode,)
        self._kept_cells = kept_cells(self._plugins.dedupe_policies[self._options.duplicates], modes)

    def _mapped(self) -> FieldMapping:
        self._prepared = prepare(self._table.header, self._options, self._plugins)
        self._options = self._prepared.options
        return ruled_mapping(self.header, self._options, self._assumed)

    async def __aexit__(self, *_: object) -> None:
        self._stack.close()

    async def batches(self) -> AsyncIterator[CheckedBatch]:
        """Yields the file's batches, checked.

        Raises :class:`FileError`, :class:`ParserDeclined` and :class:`PluginError`.
        """
        batches = iter(self._table)
        upcoming = self._next(batches, 0)
        while (batch := await self._answer_parser(upcoming)) is not None:
            raw = batch.raw
            checked = self._checking.call(partial(self._checked, batch))
            upcoming = self._next(batches, raw.last_record)
            yield await self._answer_validators(checked, raw)

    def _next(self, batches: Iterator[TextBatch], after: int) -> tuple[asyncio.Future[TextBatch | None], int]:
        return self._parsing.call(lambda: next(batches, None)), after

    async def _answer_parser(
        self, upcoming: tuple[asyncio.Future[TextBatch | None], int]
    ) -> TextBatch | None:
        future, after = upcoming
        return await self._answer("parser", self._parser.name, f"the records after {after}", future)

    async def _answer_validators(self, checked: asyncio.Future[CheckedBatch], raw: RawBatch) -> CheckedBatch:
        wait = self._timeout
        while not (await asyncio.wait({checked}, timeout=wait))[0]:
            wait = self._timeout
            if (asked := self._asked or self._prepared.asked) is not None:
                wait -= time.monotonic() - asked.since
                if wait <= 0:
                    span = f"records {raw.first_record}–{raw.last_record}"
                    raise no_answer(self._plugins, asked.kind, asked.name, span, self._timeout)
        return checked.result()

    def _checked(self, batch: TextBatch) -> CheckedBatch:
        """Does all the work on a batch in one call, because each call to the thread costs time."""
        raw, told, left = self._prepared.apply(rejected_again(self._typed.marked(batch.raw, batch.notes)))
        for before, finding in told:
            self.warnings.found(before, finding, finding.rows, self.mapping, harmless=not finding.warning)
        found = self._typed.unmarked(self._commands.without_ignored(raw))
        read = self.mapping.rules.blanked(raw := found.certain(self.mapping, self._assumed))
        converted = convert(read, self.mapping, self._assumed, found.typed)
        self.evidence.add(converted.signs)
        findings = [
            *converted.findings,
            *damages(read, self.mapping, converted.batch.column("sku")),
            *batch.notes.findings(raw, self.mapping),
        ]
        for validator in self._plugins.validators.values():
            self._asked = Asked("validator", validator.name)
            seen = seen_by(validator, converted.batch, partial(texts_of, self.mapping, read.cells))
            findings += findings_of(self._plugins, validator, seen)
        self._asked = None
        rows, findings = self._commands.with_commands(raw, converted.batch, findings)
        if self._options.blank == "clear":
            rows = batch.notes.with_absent(raw, rows, self.mapping)
        checked = self._assemble(raw, batch.notes.original(raw), converted._replace(batch=rows), findings)
        left_out = left_out_keys(left, self.mapping.index_of("sku"))
        return replace(checked, spooled=replace(checked.spooled, left_out=left_out))

    def _assemble(
        self, raw: RawBatch, original: pa.RecordBatch, converted: Converted, findings: Sequence[Finding]
    ) -> CheckedBatch:
        blank = converted.blank
        findings = [replace(finding, rows=pc.and_not(finding.rows, blank)) for finding in findings]
        findings = [finding for finding in findings if pc.any(finding.rows).as_py()]
        warnings = [finding for finding in findings if finding.warning]
        findings = [finding for finding in findings if not finding.warning]
        dropped = blank
        for finding in findings:
            dropped = pc.or_(dropped, finding.rows)
        rows = with_cells(original, converted.batch, self._kept_cells)
        rejects = list(malformed_rejects(raw, self._prepared.as_written(self.mapping.index_of("sku"))))
        if pc.any(dropped).as_py():
            kept = pc.invert(dropped)
            if findings:
                rejects += found_rejects(
                    replace(raw, cells=original), rows.column("sku_key"), findings, self.mapping
                )
            rows = rows.filter(kept)
        self.warnings.of_batch(raw, blank, warnings, dropped, self.mapping)
        self.twins.look_at(rows)
        spooled = SpooledBatch(
            *(raw.first_record, raw.last_record, rows, reject_batch(rejects)), origins=origins_of(raw)
        )
        return CheckedBatch(spooled, converted.batch, bytes_done(raw, self._input))

    def _beat(self, done: float | None) -> None:
        """Called by the parser, in its thread."""
        with suppress(DatabaseError):  # the run notices it
            self._raise_if_stopped()
        self._alive.beat(done)

    async def _answer(self, kind: Kind, name: str, on: str, future: asyncio.Future[T]) -> T:
        self._alive = Alive()
        wait = self._timeout
        while not (await asyncio.wait({future}, timeout=wait))[0]:
            wait = self._timeout - self._alive.quiet
            if wait <= 0:
                raise no_answer(self._plugins, kind, name, on, self._timeout)
        return future.result()
