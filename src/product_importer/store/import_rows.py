"""Converts rows of the table of imports into the library's records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import asyncpg

from product_importer.delimited.format import read_as
from product_importer.errors import (
    ImportNotFound,
)
from product_importer.model import (
    LEFT_OUT,
    Counts,
    Dialect,
    ImportOptions,
    ImportState,
    Phase,
    Question,
    ReadAs,
    Status,
    Undo,
)
from product_importer.store import estimate
from product_importer.store.queries import statements
from product_importer.store.writer import COUNT_NAMES
from product_importer.support.records import plain, record

_FIRST_OPTIONS: Final = frozenset(
    (
        *("duplicates", "on_error", "max_errors", "on_warning", "missing", "blank", "extra", "map"),
        *("encoding", "delimiter", "parser", "dry_run", "limits"),
    )
)
"""The options that every version of the program knows."""


def options_to_json(options: ImportOptions) -> str:
    """Returns the options as JSON. Options that older versions of the program don't know are left out while
    they have their default, so that these versions can run the import.
    """
    default, values = plain(ImportOptions()), plain(options)
    return json.dumps(
        {
            name: value
            for name, value in values.items()
            if name in _FIRST_OPTIONS or value != default.get(name)
        }
    )


def options_from_json(text: str) -> ImportOptions:
    return record(ImportOptions, json.loads(text))


def questions_to_json(questions: Sequence[Question]) -> str:
    return json.dumps(plain(questions))


def _questions(text: str | None) -> tuple[Question, ...]:
    return tuple(record(Question, each) for each in json.loads(text or "[]"))


async def read_state(connection: asyncpg.Connection, import_id: int) -> ImportState:
    states = await read_states(connection, [import_id])
    if not states:
        raise ImportNotFound(f"There is no import {import_id}.")
    return states[0]


async def read_states(connection: asyncpg.Connection, ids: list[int]) -> list[ImportState]:
    """Returns the imports' states, highest id first."""
    return [
        _state_of(row) for row in await connection.fetch(statements("imports")["states"], list(map(str, ids)))
    ]


def _state_of(row: asyncpg.Record) -> ImportState:
    counts = Counts(**{name: row[name] for name in COUNT_NAMES})
    status = Status(row["status"])
    dialect = Dialect(row["encoding"], row["delimiter"]) if row["encoding"] and row["delimiter"] else None
    running = status is Status.RUNNING
    timing = _timing(row, counts) if running and not row["interrupted"] else None
    rate = estimate.rows_per_second(timing) if timing else None if running else _whole_rate(row)
    left = estimate.seconds_left(timing) if timing else None
    rejected = max(row["rows_rejected"], counts.invalid) if running else counts.invalid
    return ImportState(
        id=row["id"],
        status=status,
        phase=Phase(row["phase"]),
        filename=row["filename"],
        source=row["source"],
        bytes_total=row["bytes_total"],
        bytes_done=row["bytes_done"],
        percent=_percent(row["status_before"] or status, row["saved"], row["records_total"]),
        counts=counts,
        rows_per_second=None if rate is None else round(rate, 1),
        eta_seconds=None if left is None else round(left, 1),
        message=row["message"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        options=options_from_json(row["options"]),
        dialect=dialect,
        parser=row["parser"],
        read_as=_read_as(row["read_as"], dialect),
        header=tuple(row["header"] or ()),
        mapping=MappingProxyType(json.loads(row["mapping"] or "{}")),
        rules=MappingProxyType(json.loads(row["rules"] or "{}")),
        shop=row["shop"],
        file_kept=row["file_kept"],
        interrupted=row["interrupted"],
        applied_at=row["applied_at"],
        kind=row["kind"],
        of=row["of_import"],
        warnings=MappingProxyType(
            json.loads(row["warnings"]) | {code: row[code] for code in LEFT_OUT if row[code]}
        ),
        rows_read=max(row["rows_read"], counts.read - counts.invalid + rejected),
        rows_rejected=rejected,
        author=row["author"],
        to_confirm=row["to_confirm"],
        origin=row["origin"],
        questions=_questions(row["questions"]),
        undo=_undo(row),
    )


def _undo(row: asyncpg.Record) -> Undo | None:
    if row["undo"] is None:
        return None
    chosen = (
        None if row[name] is None else tuple(row[name])
        for name in ("undone_products", "undone_skus", "undone_fields")
    )
    undone = (row[f"undone_{name}"] for name in ("import", "deletion", "change", "to"))
    return Undo(*undone, *chosen)


def _read_as(stored: str | None, dialect: Dialect | None) -> ReadAs | None:
    """How the file was read; earlier versions of the program stored the dialect only."""
    if stored is not None:
        return record(ReadAs, json.loads(stored))
    return None if dialect is None else read_as(dialect)


def _percent(status: str, saved: int, total: int | None) -> float:
    """Returns the progress in percent. Only completed imports get 100; others get 99.9 at most."""
    if status == Status.COMPLETED:
        return 100.0
    return min(99.9, round(100 * saved / total, 1)) if total else 0.0


def _timing(row: asyncpg.Record, counts: Counts) -> estimate.Timing:
    return estimate.Timing(
        phase=Phase(row["phase"]),
        bytes_total=row["bytes_total"],
        bytes_done=row["bytes_done"],
        rows_total=row["records_total"],
        rows_done=counts.read,
        rows_by_owner=row["read_by_owner"],
        owner_seconds=row["owner_seconds"],
        saving_seconds=row["saving_seconds"],
        reading_seconds=row["reading_seconds"],
        bytes_per_second=row["reading_pace"],
        sampled=row["rows_sampled"],
        sampled_unchanged=row["rows_sampled_unchanged"],
    )


def _whole_rate(row: asyncpg.Record) -> float | None:
    """Returns an ended import's speed: rows of its last owner per second, reading included."""
    read, seconds = row["read_by_owner"], row["owner_seconds"]
    return float(read / seconds) if read and seconds else None
