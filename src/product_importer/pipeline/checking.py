"""Checks the rows of one small file as an import would, and saves nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.model import CREATING, RowError
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.choosing import FALLBACK_PARSER
from product_importer.pipeline.commands import acts
from product_importer.pipeline.nameless import nameless_errors
from product_importer.pipeline.reading import FileReader

if TYPE_CHECKING:
    from product_importer.delimited.rejects_file import FindOrigin
    from product_importer.model import ImportOptions
    from product_importer.ports import InputFile
    from product_importer.registry import PluginSet

_MOST_READINGS: Final = 4
"""An import reads a file again while its rows refute how they were read. That ends after a few times."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found. ``errors``: the errors of the rejected rows, by record. ``nameless``: the SKU keys of
    rows that are rejected for ``nameless_errors`` unless a product has the key, by record.
    """

    errors: dict[int, tuple[RowError, ...]]
    nameless: dict[int, str]
    nameless_errors: tuple[RowError, ...]


async def checks_of(
    plugins: PluginSet,
    file: InputFile,
    options: ImportOptions,
    *,
    seconds: float,
    origin_of: FindOrigin,
) -> Checks:
    """Reads the CSV file and checks its rows. Duplicates aren't looked for.

    Raises :class:`FileError`, :class:`UsageError`, and :class:`PluginError`, also where a plugin's object
    takes more than ``seconds``.
    """
    assumed = Assumptions()
    for _ in range(_MOST_READINGS):
        reader = FileReader(
            *(plugins, plugins.parsers[FALLBACK_PARSER], file, options),
            timeout=seconds,
            raise_if_stopped=lambda: None,
            assumed=assumed,
            origin_of=origin_of,
        )
        errors: dict[int, tuple[RowError, ...]] = {}
        nameless: dict[int, str] = {}
        async with reader:
            async for batch in reader.batches():
                errors |= _errors(batch.spooled.rejects)
                nameless |= _nameless(batch.spooled.rows, reader.settled)
            better = reader.evidence.after_all()
            if better is None:
                break
            assumed = better
    return Checks(errors, nameless, _row_errors(nameless_errors(reader.mapping)))


def _errors(rejects: pa.RecordBatch) -> dict[int, tuple[RowError, ...]]:
    return {row["record"]: _row_errors(row["errors"]) for row in rejects.to_pylist()}


def _row_errors(text: str) -> tuple[RowError, ...]:
    return tuple(RowError(**error) for error in json.loads(text))


def _nameless(rows: pa.RecordBatch, options: ImportOptions) -> dict[int, str]:
    without = pc.and_(pa.array(acts(rows, options.mode, CREATING)), rows.column("name").is_null())
    found = rows.filter(without)
    return dict(zip(found.column("record").to_pylist(), found.column("sku_key").to_pylist(), strict=True))
