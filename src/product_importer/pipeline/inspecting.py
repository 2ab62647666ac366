"""The inspection of a file: the preview's findings, and what the import's own reader finds in all rows of the
file's first part.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from product_importer.errors import EncodingUnclear, FileError, QuestionsOpen, UsageError
from product_importer.model import (
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
from product_importer.pipeline.giving_up import Patience
from product_importer.pipeline.opening import opened_table, parse_options
from product_importer.pipeline.packed_peek import unpacked_peek
from product_importer.pipeline.preview import PREVIEW_BYTES, preview
from product_importer.pipeline.reading import FileReader
from product_importer.pipeline.shapes import EXAMPLE_CHARS, columns_of
from product_importer.pipeline.warning_log import WarningLog
from product_importer.ports import FormatParser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.delimited.rejects_file import Origin
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


@dataclass(slots=True)
class _Evidence:
    """What the rows of the part tell."""

    questions: tuple[Question, ...] = ()
    warnings: WarningLog = field(default_factory=WarningLog)
    rows: int = 0


async def inspect(
    plugins: PluginSet,
    peek: Peek,
    options: ImportOptions,
    *,
    seconds: float,
    bounds: Bounds,
    origin: Origin | None = None,
) -> Inspection:
    """Inspects a file. Questions are answered by their likeliest answers, to see what comes after them.

    Raises the errors of :func:`~product_importer.pipeline.preview.preview`.
    """
    with Patience() as patience:
        return await _inspected(plugins, peek, options, seconds, bounds, origin, patience)


async def _inspected(
    plugins: PluginSet,
    peek: Peek,
    options: ImportOptions,
    seconds: float,
    bounds: Bounds,
    origin: Origin | None,
    patience: Patience,
) -> Inspection:
    asked: tuple[Question, ...] = ()
    for _ in range(_ANSWERED):
        try:
            inner = await asyncio.to_thread(
                unpacked_peek, plugins, peek, options, bounds, PREVIEW_BYTES, patience.beat
            )
        except QuestionsOpen as error:
            asked += error.questions
            options = _as_if_answered(options, error.questions)
            continue
        except (FileError, UsageError):
            inner = peek  # the preview says why
        found = await preview(
            *(plugins, inner, options), rows=_ROWS, seconds=seconds, bounds=bounds, origin=origin
        )
        parser = plugins.parsers[found.parser]
        evidence, columns = _Evidence(), _without_cells(found)
        with ExitStack() as stack:
            try:
                file = await asyncio.to_thread(stack.enter_context, inner.provided(parser, patience.beat))
                columns = await asyncio.to_thread(_columns, plugins, parser, file, options, found)
                evidence = await _evidence(plugins, parser, file, options, seconds, origin, patience)
                break
            except (QuestionsOpen, EncodingUnclear) as error:
                asked += error.questions
                options = _as_if_answered(options, error.questions)
            except (FileError, UsageError):
                break  # the preview says why
    asked += evidence.questions
    return Inspection(
        filename=peek.filename,
        kind=parser.title if isinstance(parser, FormatParser) else parser.name,
        parser=parser.name,
        read_as=found.read_as,
        encodings=_encodings(asked, found),
        columns=columns,
        rows=evidence.rows,
        damage=dict(evidence.warnings.counts),
        warnings=tuple(_first(evidence.warnings)),
        questions=asked,
        profile=found_profile(options, found.parser, found.dialect, found.read_as, found.mapping),
        problem=found.problem,
        complete=found.complete,
    )


async def _evidence(
    plugins: PluginSet,
    parser: Parser | FormatParser,
    file: InputFile,
    options: ImportOptions,
    seconds: float,
    origin: Origin | None,
    patience: Patience,
) -> _Evidence:
    """Reads the part as the import's first pass reads the file, under the assumptions that its rows show."""
    assumed = Assumptions()
    for _ in range(_READINGS):
        reader = FileReader(
            *(plugins, parser, file, options),
            timeout=seconds,
            assumed=assumed,
            origin=origin,
            raise_if_stopped=patience.beat,
        )
        async with reader:
            rows = await _read(reader, file)
            better = reader.evidence.at_once() or reader.evidence.after_all()
            if better is None:
                break
            assumed = better
    reader.warnings.extend(reader.column_warnings)
    return _Evidence(reader.questions, reader.warnings, rows)


async def _read(reader: FileReader, file: InputFile) -> int:
    """Reads all batches, and returns the number of rows. An error at the cut end of a part is none."""
    rows = 0
    try:
        async for batch in reader.batches():
            rows = batch.spooled.last
    except FileError:
        if file.complete:
            raise
    return rows


def _columns(
    plugins: PluginSet, parser: Parser | FormatParser, file: InputFile, options: ImportOptions, found: Preview
) -> tuple[ColumnInspection, ...]:
    batches: list[Any] = []
    with opened_table(plugins, parser, file, parse_options(options)) as table:
        try:
            for batch in table:
                file.keep_alive()
                batches.append(batch.raw.cells)
        except FileError:
            if file.complete:
                raise
        return columns_of(table.header, found.mapping, batches) if batches else _without_cells(found)


def _as_if_answered(options: ImportOptions, questions: Sequence[Question]) -> ImportOptions:
    for question in questions:
        options = with_answers(options, question.given(question.answers[0].value))
    return options


def _without_cells(found: Preview) -> tuple[ColumnInspection, ...]:
    return tuple(
        ColumnInspection(name, found.mapping.get(name, "attribute"), 0, 0, ()) for name in found.header
    )


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
