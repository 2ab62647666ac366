"""The first pass: the whole file is parsed, mapped and validated before the first product is written.

Checking runs beside parsing, a batch behind it, where the parser leaves Python's lock (the GIL) to others.
With any other parser both take turns in one thread: two threads that need the lock take longer than one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.delimited.rejects_file import Origin, without_reject_columns
from product_importer.errors import FileError, PluginError
from product_importer.guards import findings_of, opened
from product_importer.model import Dialect, ImportOptions, ParseOptions, RowWarning
from product_importer.pipeline.assumptions import Assumptions, Evidence
from product_importer.pipeline.column_uses import FieldMapping
from product_importer.pipeline.convert import Converted, convert
from product_importer.pipeline.damage import damages
from product_importer.pipeline.header_hints import explained, head_of
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.pipeline.rejected_again import rejected_again
from product_importer.pipeline.rejects import found_rejects, malformed_rejects, reject_batch
from product_importer.pipeline.side_thread import SideThread
from product_importer.pipeline.spool import SpooledBatch
from product_importer.pipeline.twins import TwinSearch
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.pipeline.warning_log import WarningLog
from product_importer.ports import Finding, ParsedFile, Parser, RawBatch, Reading, VersionedParser
from product_importer.registry import Kind, PluginSet

T = TypeVar("T")

_BLANK: Final = "The row has no text in any cell; it was left out."

FALLBACK_PARSER: Final = "csv"
"""Takes over the files that another parser declines."""


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch on its way to the spool. ``read``: all rows as they were read, also those that are rejected."""

    spooled: SpooledBatch
    read: pa.RecordBatch
    bytes_done: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """The validator that is at work, and the time at which it was asked, by :func:`time.monotonic`."""

    validator: str
    since: float


class FileReader:
    """Reads one file with one parser. Use as an async context manager; iterate :meth:`batches` once.

    ``assumed`` is what the reading takes for granted; ``evidence`` is what the rows say about it.
    ``timeout``: seconds that a plugin's object may take for one batch. ``origin``: the import of which
    the file holds the rejected rows. ``warnings`` (of rows) and ``twins`` are complete after the last batch.
    """

    def __init__(
        self,
        plugins: PluginSet,
        parser: Parser,
        path: Path,
        options: ImportOptions,
        *,
        timeout: float,
        assumed: Assumptions,
        origin: Origin | None = None,
    ) -> None:
        self._plugins = plugins
        self._parser = parser
        self._path = path
        self._options = options
        self._timeout = timeout
        self._assumed = assumed
        self._origin = origin
        self._keep_cells = plugins.dedupe_policies[options.duplicates].rejects
        self._stack: ExitStack
        self._asked: _Asked | None = None
        self._file: ParsedFile
        self.mapping: FieldMapping
        self.evidence: Evidence
        self.warnings = WarningLog()
        self.twins = TwinSearch()

    @property
    def dialect(self) -> Dialect:
        return self._file.dialect

    @property
    def header(self) -> tuple[str, ...]:
        return self._file.header

    @property
    def reading(self) -> Reading:
        version = self._parser.version if isinstance(self._parser, VersionedParser) else None
        return Reading(self._parser.name, version, self.dialect, self.header, self.mapping.as_dict())

    @property
    def column_warnings(self) -> tuple[RowWarning, ...]:
        """What is to be said about whole columns, once all batches have been read."""
        return (*self.mapping.warnings, *self.evidence.warnings())

    async def __aenter__(self) -> Self:
        with ExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def _open(self, stack: ExitStack) -> None:
        """What ``stack`` holds is to be left also where this raises."""
        self._parsing = stack.enter_context(SideThread("parse"))
        releases_gil = getattr(self._parser, "releases_gil", False)
        self._checking = stack.enter_context(SideThread("check")) if releases_gil else self._parsing
        options = ParseOptions(
            encoding=self._options.encoding, delimiter=self._options.delimiter, limits=self._options.limits
        )
        opening = opened(self._plugins, self._parser, self._path, options)
        self._file = await self._answer(
            "parser", self._parser.name, "opening the file", self._parsing.call(opening.__enter__)
        )
        stack.callback(self._parsing.call, partial(opening.__exit__, None, None, None))
        if self._origin is not None:
            self._options = self._origin.read_like(self.header, self._options)
        if self._options.missing == "deactivate" and without_reject_columns(self.header) < len(self.header):
            raise FileError(
                "The file holds the rejected rows of an import only, so no product that it lacks can be "
                "deactivated. Import it without --missing deactivate.",
                code="only_rejected_rows",
            )
        try:
            self.mapping = await self._checking.call(
                lambda: resolve_mapping(self.header, self._options, self._assumed.refuted)
            )
        except FileError as error:
            head = await self._checking.call(lambda: head_of(self._path))
            raise explained(error, head, self.dialect) from error
        self.evidence = Evidence(self._assumed, self.mapping, self._options)

    async def __aexit__(self, *_: object) -> None:
        self._stack.close()

    async def batches(self) -> AsyncIterator[CheckedBatch]:
        """The file's batches, checked.

        Raises :class:`FileError`, :class:`ParserDeclined` and :class:`PluginError`.
        """
        batches = iter(self._file)
        upcoming = self._next(batches, 0)
        while (raw := await self._answer_parser(upcoming)) is not None:
            checked = self._checking.call(partial(self._checked, raw))
            upcoming = self._next(batches, raw.last_record)
            yield await self._answer_validators(checked, raw)

    def _next(self, batches: Iterator[RawBatch], after: int) -> tuple[asyncio.Future[RawBatch | None], int]:
        future = self._parsing.call(lambda: next(batches, None))
        return future, after

    async def _answer_parser(self, upcoming: tuple[asyncio.Future[RawBatch | None], int]) -> RawBatch | None:
        future, after = upcoming
        return await self._answer("parser", self._parser.name, f"the records after {after}", future)

    async def _answer_validators(self, checked: asyncio.Future[CheckedBatch], raw: RawBatch) -> CheckedBatch:
        wait = self._timeout
        while not (await asyncio.wait({checked}, timeout=wait))[0]:
            wait = self._timeout
            if (asked := self._asked) is not None:
                wait -= time.monotonic() - asked.since
                if wait <= 0:
                    span = f"records {raw.first_record}–{raw.last_record}"
                    raise no_answer(self._plugins, "validator", asked.validator, span, self._timeout)
        return checked.result()

    def _checked(self, raw: RawBatch) -> CheckedBatch:
        """All that is to be done with a batch, in one call: each takes its time to begin and to end."""
        raw = rejected_again(raw)
        converted = convert(raw, self.mapping, self._assumed, self._options.decimal)
        self.evidence.add(converted.signs)
        findings = [*converted.findings, *damages(raw, self.mapping, converted.batch.column("sku"))]
        for validator in self._plugins.validators.values():
            self._asked = _Asked(validator.name, time.monotonic())
            findings += findings_of(self._plugins, validator, converted.batch)
        self._asked = None
        return self._assemble(raw, converted, findings)

    def _assemble(self, raw: RawBatch, converted: Converted, findings: Sequence[Finding]) -> CheckedBatch:
        blank = converted.blank
        findings = [replace(finding, rows=pc.and_not(finding.rows, blank)) for finding in findings]
        findings = [finding for finding in findings if pc.any(finding.rows).as_py()]
        warnings = [finding for finding in findings if finding.warning]
        findings = [finding for finding in findings if not finding.warning]
        dropped = blank
        for finding in findings:
            dropped = pc.or_(dropped, finding.rows)
        rows, cells = converted.batch, raw.cells if self._keep_cells else None
        rejects = list(malformed_rejects(raw, self.mapping))
        if pc.any(dropped).as_py():
            kept = pc.invert(dropped)
            if findings:
                rejects += found_rejects(raw, rows.column("sku_key"), findings, self.mapping)
            rows, cells = rows.filter(kept), None if cells is None else cells.filter(kept)
        self._warn(raw, blank, warnings, dropped)
        self.twins.look_at(rows)
        spooled = SpooledBatch(
            first=raw.first_record,
            last=raw.last_record,
            rows=rows,
            cells=cells,
            rejects=reject_batch(rejects),
        )
        return CheckedBatch(spooled, converted.batch, raw.end_offset)

    def _warn(
        self, raw: RawBatch, blank: pa.BooleanArray, warnings: Sequence[Finding], dropped: pa.BooleanArray
    ) -> None:
        """Rows that are rejected have their errors; only the others are warned of."""
        for finding in warnings:
            self.warnings.found(raw, finding, pc.and_not(finding.rows, dropped), self.mapping)
        if pc.any(blank).as_py():
            self.warnings.found(
                raw, Finding(None, WarningCode.BLANK_ROW, _BLANK, blank, warning=True), blank, self.mapping
            )

    async def _answer(self, kind: Kind, name: str, on: str, future: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(self._timeout):  # Python 3.11's wait_for may swallow a cancellation
                return await future
        except TimeoutError:
            raise no_answer(self._plugins, kind, name, on, self._timeout) from None


def no_answer(plugins: PluginSet, kind: Kind, name: str, on: str, seconds: float) -> PluginError:
    """What to raise where a plugin's object hangs."""
    origin = plugins.origin(kind, name)
    return PluginError(
        f"The {kind} {name!r} ({origin}) gave no answer on {on} within {seconds:g} s; "
        "the import was stopped.",
        plugin=origin,
    )
