"""Schedules in PostgreSQL. A run, its import and the next time are written in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import asyncpg

from product_importer.errors import ScheduleBusy, ScheduleChanged, ScheduleNotFound
from product_importer.model import Actor, ActorKind, Status
from product_importer.model.schedules import RunResult, Schedule, ScheduleDraft, ScheduleRun, UnfinishedImport
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.import_rows import options_from_json, options_to_json
from product_importer.store.queries import statements
from product_importer.store.taking_over import FilePlace, insert
from product_importer.support.urls import without_secrets

KEPT_RUNS: Final = 500
"""Number of runs of a schedule that are kept; those with an import are always kept."""

PlaceOf = Callable[[str], FilePlace]
"""Returns the place for the file of a URL."""


class Schedules:
    """The schedules of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, draft: ScheduleDraft, next_at: datetime | None, actor: Actor | str | None
    ) -> Schedule:
        sql = statements("schedules")
        async with self._database.connection() as connection, connection.transaction():
            values = _values(draft, next_at) | {"author": None if actor is None else str(actor)}
            number = await connection.fetchval(*sql.bound("create", **values))
            await record(connection, actor, "schedule.created", f"schedule:{number}")
            return await _get(connection, number)

    async def all(self) -> list[Schedule]:
        async with self._database.connection() as connection:
            return [_schedule(row) for row in await connection.fetch(statements("schedules")["get"], None)]

    async def get(self, schedule_id: int) -> Schedule:
        """Returns the schedule. Raises :class:`ScheduleNotFound`."""
        async with self._database.connection() as connection:
            return await _get(connection, schedule_id)

    async def change(
        self,
        schedule_id: int,
        version: int,
        draft: ScheduleDraft,
        next_at: datetime | None,
        actor: Actor | str | None,
    ) -> Schedule:
        """Changes the schedule. Raises :class:`ScheduleNotFound`, and :class:`ScheduleChanged`."""
        sql = statements("schedules")
        async with self._database.connection() as connection, connection.transaction():
            values = _values(draft, next_at) | {"id": schedule_id, "version": version}
            if await connection.fetchval(*sql.bound("change", **values)) is None:
                present = await _get(connection, schedule_id)
                raise ScheduleChanged(
                    f"Somebody else has changed the schedule {present.name} since. Look at it again, "
                    "and change it then."
                )
            await record(connection, actor, "schedule.changed", f"schedule:{schedule_id}")
            return await _get(connection, schedule_id)

    async def remove(self, schedule_id: int, actor: Actor | str | None) -> None:
        """Deletes the schedule. Raises :class:`ScheduleNotFound`."""
        async with self._database.connection() as connection, connection.transaction():
            if await connection.fetchval(statements("schedules")["remove"], schedule_id) is None:
                raise _not_found(schedule_id)
            await record(connection, actor, "schedule.removed", f"schedule:{schedule_id}")

    async def runs(self, schedule_id: int, limit: int, before: int | None) -> list[ScheduleRun]:
        """Returns the latest runs below the run ``before``. Raises :class:`ScheduleNotFound`."""
        async with self._database.connection() as connection:
            await _get(connection, schedule_id)
            rows = await connection.fetch(statements("schedules")["runs"], schedule_id, limit, before)
        return [_run(row) for row in rows]

    async def due(self, limit: int) -> list[tuple[int, datetime]]:
        """Returns the schedules that are due, with the times for which they are, the longest due first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("schedules")["due"], limit)
        return [(row["id"], row["next_at"]) for row in rows]

    async def begin(
        self,
        schedule_id: int,
        place_of: PlaceOf,
        next_of: Callable[[asyncpg.Record], datetime],
        actor: Actor | str | None,
    ) -> int | None:
        """Begins a run: one that ``actor`` asked for, or else the one that is due, if it still is.

        Returns the import, or None if there is none. Raises :class:`ScheduleNotFound` and, for a run that
        was asked for, :class:`ScheduleBusy`.
        """
        sql = statements("schedules")
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(sql["lock"], schedule_id)
            if actor is None and (row is None or not row["due"]):
                return None
            if row is None:
                await _get(connection, schedule_id)
                raise ScheduleBusy("A run of this schedule begins just now. See whether it did.")
            under_way = await connection.fetchval(sql["under_way"], schedule_id)
            if actor is not None and under_way is not None:
                raise ScheduleBusy(f"Import {under_way} of this schedule hasn't ended yet.")
            if under_way is not None and row["overlap"] == "queue":
                return None
            import_id = None
            if under_way is None:
                import_id = await insert(
                    *(connection, place_of(row["url"]), options_from_json(row["options"])),
                    background=True,
                    author=str(Actor(ActorKind.SCHEDULE, str(schedule_id))),
                )
            await connection.execute(
                *sql.bound(
                    "begin",
                    schedule_id=schedule_id,
                    slot=row["next_at"] if actor is None else None,
                    actor=None if actor is None else str(actor),
                    result=(RunResult.SKIPPED if import_id is None else RunResult.IMPORTED).value,
                    import_id=import_id,
                    version=row["version"],
                )
            )
            if actor is None:
                await connection.execute(sql["next"], schedule_id, next_of(row))
                await connection.execute(sql["forget_old"], schedule_id, KEPT_RUNS)
            return import_id


def _values(draft: ScheduleDraft, next_at: datetime | None) -> dict[str, object]:
    return {
        "name": draft.name,
        "url": draft.url or None,
        "origin": without_secrets(draft.url) if draft.url else None,
        "cron": draft.cron,
        "time_zone": draft.time_zone,
        "overlap": draft.overlap,
        "active": draft.active,
        "options": options_to_json(draft.options),
        "next_at": next_at,
    }


async def _get(connection: asyncpg.Connection, schedule_id: int) -> Schedule:
    row = await connection.fetchrow(statements("schedules")["get"], schedule_id)
    if row is None:
        raise _not_found(schedule_id)
    return _schedule(row)


def _not_found(schedule_id: int) -> ScheduleNotFound:
    return ScheduleNotFound(f"There is no schedule {schedule_id}.")


def _schedule(row: asyncpg.Record) -> Schedule:
    names = ("id", "version", "name", "origin", "cron", "time_zone", "overlap", "active", "next_at")
    unfinished = None
    if row["unfinished_id"] is not None:
        unfinished = UnfinishedImport(row["unfinished_id"], Status(row["unfinished_status"]))
    return Schedule(
        **{name: row[name] for name in (*names, "created_at", "updated_at", "author")},
        options=options_from_json(row["options"]),
        last=None if row["run_id"] is None else _run(row),
        unfinished=unfinished,
    )


def _run(row: asyncpg.Record) -> ScheduleRun:
    return ScheduleRun(
        id=row["run_id"],
        slot=row["slot"],
        at=row["at"],
        actor=row["actor"],
        result=RunResult(row["result"]),
        import_id=row["import_id"],
        status=None if row["status"] is None else Status(row["status"]),
        message=row["message"],
    )
