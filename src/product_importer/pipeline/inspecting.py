"""The inspection of a file: the preview's findings, and what the import's own reader finds in all rows of the
file's first part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from product_importer.delimited.rejects_file import no_origin
from product_importer.errors import EncodingUnclear, FileError, QuestionsOpen, UsageError
from product_importer.model import (
    HEADER_OPTIONS,
    Answer,
    ColumnInspection,
    ImportOptions,
    Inspection,
    Preview,
    Question,
    found_profile,
    with_answers,
)
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.choosing import tables_of
from product_importer.pipeline.first_rows import FirstRows, remembering
from product_importer.pipeline.giving_up import Patience
from product_importer.pipeline.opening import opened_table, parse_options
from product_importer.pipeline.packed_peek import unpacked_peek
from product_importer.pipeline.peek import complaint
from product_importer.pipeline.preview import PREVIEW_BYTES, preview
from product_importer.pipeline.reading import FileReader
from product_importer.pipeline.shapes import EXAMPLE_CHARS, columns_of, uncounted
from product_importer.pipeline.warning_log import WarningLog
from product_importer.ports import FormatParser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.delimited.rejects_file import FindOrigin
    from product_importer.model import ReadAs, TableInfo
    from product_importer.pipeline.peek import Peek
    from product_importer.pipeline.unpacking import Bounds
    from product_importer.ports import InputFile, Parser
    from product_importer.registry import PluginSet

_ROWS: Final = 20
_READINGS: Final = 5
"""Maximum readings under other assumptions; the import itself needs three at most."""

_ANSWERED: Final = 4
"""Maximum questions, one raised after the other, that are answered by their likeliest answers to look on."""

_KEPT_OF_A_CODE: Final = 3
_NO_ANSWERS: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(slots=True)
class _Evidence:
    """What the rows of the part tell. ``cut``: whether the part has more rows than were wanted; ``rules`` and
    ``shop``: see :class:`~product_importer.ports.Reading`.
    """

    questions: tuple[Question, ...] = ()
    warnings: WarningLog = field(default_factory=WarningLog)
    rows: int = 0
    cut: bool = False
    rules: Mapping[str, str] = field(default_factory=dict)
    shop: str | None = None


async def inspect(
    plugins: PluginSet,
    peek: Peek,
    options: ImportOptions,
    *,
    seconds: float,
    bounds: Bounds,
    origin_of: FindOrigin = no_origin,
    answers: Mapping[str, object] = _NO_ANSWERS,
    rows: int | None = None,
    shapes: bool = True,
) -> Inspection:
    """Inspects a file, its first ``rows`` only if they are given. Questions are answered by ``answers``, or
    else by their likeliest answers, to see what comes after them.

    Raises the errors of :func:`~product_importer.pipeline.preview.preview`.
    """
    with Patience() as patience:
        looking = _Looking(plugins, seconds, bounds, origin_of, patience, answers, rows, shapes)
        return await looking.inspected(peek, options)


@dataclass(frozen=True, slots=True)
class _Looking:
    """What an inspection looks with, and how it goes on after questions."""

    plugins: PluginSet
    seconds: float
    bounds: Bounds
    origin_of: FindOrigin
    patience: Patience
    answers: Mapping[str, object]
    rows: int | None
    shapes: bool

    async def inspected(self, peek: Peek, options: ImportOptions) -> Inspection:
        """Looks into the file."""
        asked: tuple[Question, ...] = ()
        tables: tuple[TableInfo, ...] = ()
        last, look = peek, self._anew()
        for _ in range(_ANSWERED):
            try:
                inner = await asyncio.to_thread(self._unpacked, peek, options)
            except QuestionsOpen as error:
                asked += error.questions
                options = self._as_if_answered(options, error.questions)
                continue
            except (FileError, UsageError):
                inner = peek  # the preview says why
            if inner is not last:  # an answer has chosen another file of the archive
                last, look = inner, self._anew()
            found = await preview(
                *(look.plugins, inner, options),
                rows=_ROWS,
                seconds=self.seconds,
                bounds=self.bounds,
                origin_of=self.origin_of,
            )
            parser = look.plugins.parsers[found.parser]
            evidence, columns = _Evidence(), uncounted(found.header, found.mapping)
            problem = found.problem
            with ExitStack() as stack:
                try:
                    file = await asyncio.to_thread(
                        stack.enter_context, inner.provided(parser, self.patience.beat)
                    )
                    tables = tables or await asyncio.to_thread(tables_of, look.plugins, parser, file)
                    known = _of_same_table(parser, options, found.read_as)
                    if self.shapes:
                        columns = await asyncio.to_thread(look.columns, parser, file, known, found)
                    evidence = await look.evidence(parser, file, known)
                    break
                except (QuestionsOpen, EncodingUnclear) as error:
                    asked += error.questions
                    options = self._as_if_answered(options, error.questions)
                except (FileError, UsageError) as error:
                    if problem is None and found.complete:  # it is behind the preview's rows
                        problem = complaint(error)
                    break
        complete = found.complete and not evidence.cut
        return Inspection(
            filename=peek.filename,
            kind=parser.title if isinstance(parser, FormatParser) else parser.name,
            parser=parser.name,
            read_as=found.read_as,
            tables=tables,
            header_line=_header_line(parser, found.read_as),
            encodings=_encodings(asked, found),
            columns=columns,
            rows=evidence.rows,
            damage=dict(evidence.warnings.counts),
            warnings=tuple(_first(evidence.warnings)),
            questions=(*asked, *evidence.questions),
            provisional=() if complete else tuple(each.code for each in evidence.questions),
            profile=found_profile(
                *(options, found.parser, found.dialect, found.read_as, found.mapping),
                rules=evidence.rules if complete else None,  # further rows may show another notation
                shop=evidence.shop,
            ),
            problem=problem,
            complete=complete,
        )

    def _anew(self) -> _Looking:
        """Looks at another file, of which nothing is remembered yet."""
        return replace(self, plugins=remembering(self.plugins, self.rows))

    def _unpacked(self, peek: Peek, options: ImportOptions) -> Peek:
        return unpacked_peek(self.plugins, peek, options, self.bounds, PREVIEW_BYTES, self.patience.beat)

    def _wanted(self, parser: Parser | FormatParser) -> int | None:
        """The rows to be looked at; None for all of the part."""
        return parser.rows if isinstance(parser, FirstRows) else self.rows

    async def evidence(
        self, parser: Parser | FormatParser, file: InputFile, options: ImportOptions
    ) -> _Evidence:
        """Reads the part as the import's first pass reads the file, under the assumptions that its rows
        show.
        """
        assumed = Assumptions()
        for _ in range(_READINGS):
            reader = FileReader(
                *(self.plugins, parser, file, options),
                timeout=self.seconds,
                assumed=assumed,
                origin_of=self.origin_of,
                raise_if_stopped=self.patience.beat,
            )
            async with reader:
                rows, cut = await self._read(reader, file, self._wanted(parser))
                better = reader.evidence.at_once() or reader.evidence.after_all()
                if better is None:
                    break
                assumed = better
        reader.warnings.extend(reader.column_warnings)
        reading = reader.reading
        return _Evidence(reader.questions, reader.warnings, rows, cut, reading.rules, reading.shop)

    async def _read(self, reader: FileReader, file: InputFile, wanted: int | None) -> tuple[int, bool]:
        """Reads the batches, and returns the number of rows, and whether there are more than are wanted. An
        error at the cut end of a part is none.
        """
        rows = 0
        try:
            async for batch in reader.batches():
                if wanted is not None and rows >= wanted:
                    return rows, True
                rows = batch.spooled.last
        except FileError:
            if file.complete:
                raise
        return rows, False

    def columns(
        self, parser: Parser | FormatParser, file: InputFile, options: ImportOptions, found: Preview
    ) -> tuple[ColumnInspection, ...]:
        batches: list[Any] = []
        wanted = self._wanted(parser)
        with opened_table(self.plugins, parser, file, parse_options(options)) as table:
            rows = 0
            try:
                for batch in table:
                    file.keep_alive()
                    batches.append(batch.raw.cells)
                    rows += batch.raw.cells.num_rows
                    if wanted is not None and rows >= wanted:
                        break
            except FileError:
                if file.complete:
                    raise
            if not batches:
                return uncounted(found.header, found.mapping)
            return columns_of(table.header, found.mapping, batches)

    def _as_if_answered(self, options: ImportOptions, questions: Sequence[Question]) -> ImportOptions:
        for question in questions:
            given = question.answered_by(self.answers)
            value = given if isinstance(given, str) else question.answers[0].value
            options = with_answers(options, question.given(value))
        return options


def _of_same_table(
    parser: Parser | FormatParser, options: ImportOptions, read_as: ReadAs | None
) -> ImportOptions:
    """The options with the table that the preview has read, so that it needn't be looked for again."""
    if read_as is None or not isinstance(parser, FormatParser):
        return options
    tables = {option.name for option in parser.options if option.kind == "table"}
    found = {name: value for name, value in read_as.values.items() if name in tables}
    return replace(options, reading={**found, **options.reading})


def _header_line(parser: Parser | FormatParser, read_as: ReadAs | None) -> int | None:
    """The line or row of the header, as the parser has found it; 1 if it doesn't say and has such an
    option.
    """
    if read_as is None or not isinstance(parser, FormatParser):
        return None
    names = {option.name for option in parser.options}.intersection(HEADER_OPTIONS)
    if not names:
        return None
    return read_as.header_line if names.intersection(read_as.values) else 1


def _encodings(asked: Sequence[Question], found: Preview) -> tuple[Answer, ...]:
    for question in asked:
        if question.option == "encoding":
            return question.answers
    if found.dialect is None:
        return ()
    cells = (cell for cells in (found.header, *(row.cells for row in found.rows)) for cell in cells)
    telling = next((cell for cell in cells if not cell.isascii()), "")[:EXAMPLE_CHARS]
    name = found.dialect.encoding
    return (Answer(name, f"The file is in {name}.", (telling,) if telling else ()),)


def _first(warnings: WarningLog) -> list[Any]:
    kept: dict[str, int] = {}
    found = []
    for warning in warnings:
        kept[warning.code] = kept.get(warning.code, 0) + 1
        if kept[warning.code] <= _KEPT_OF_A_CODE:
            found.append(warning)
    return found
