"""The programming interface for schedules: ``Importer.schedules``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.errors import InvalidSchedule, UsageError
from product_importer.imports.checks import checked_options
from product_importer.imports.fetching import check_url, place_of
from product_importer.imports.times import next_time, zone_of
from product_importer.model import RowError
from product_importer.store import schedules as store

if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

    from product_importer.model import Actor
    from product_importer.model.schedules import Schedule, ScheduleDraft, ScheduleRun
    from product_importer.ports import Storage
    from product_importer.registry import PluginSet
    from product_importer.store.connect import Database
    from product_importer.store.taking_over import FilePlace

_LONGEST_NAME: Final = 200


class Schedules:
    """The schedules of one database, as ``Importer.schedules``. Workers begin the runs that are due.

    ``actor`` is the one who asks: an :class:`~product_importer.model.Actor`, or its text, such as ``user:3``.
    Every method raises :class:`DatabaseError` if the database fails.
    """

    def __init__(self, database: Database, plugins: PluginSet, storage: Storage) -> None:
        self._store = store.Schedules(database)
        self._plugins = plugins
        self._storage = storage

    async def create(self, draft: ScheduleDraft, *, actor: Actor | str | None = None) -> Schedule:
        """Creates a schedule. Raises :class:`InvalidSchedule` and, for its options, :class:`UsageError`."""
        draft = self._checked(draft, new=True)
        return await self._store.create(draft, _next(draft), actor)

    async def change(
        self, schedule_id: int, version: int, draft: ScheduleDraft, *, actor: Actor | str | None = None
    ) -> Schedule:
        """Changes the schedule, if it still has this version. An empty URL keeps the schedule's own.

        Raises the errors of :meth:`create`, :class:`ScheduleNotFound` and :class:`ScheduleChanged`.
        """
        draft = self._checked(draft, new=False)
        return await self._store.change(schedule_id, version, draft, _next(draft), actor)

    async def remove(self, schedule_id: int, *, actor: Actor | str | None = None) -> None:
        """Deletes the schedule and its history; its imports stay. Raises :class:`ScheduleNotFound`."""
        await self._store.remove(schedule_id, actor)

    async def all(self) -> list[Schedule]:
        """Returns all schedules, by name."""
        return await self._store.all()

    async def get(self, schedule_id: int) -> Schedule:
        """Returns the schedule. Raises :class:`ScheduleNotFound`."""
        return await self._store.get(schedule_id)

    async def runs(
        self, schedule_id: int, limit: int = 20, *, before: int | None = None
    ) -> list[ScheduleRun]:
        """Returns the latest runs, all or those before ``before``. Raises :class:`ScheduleNotFound`."""
        return await self._store.runs(schedule_id, limit, before)

    async def run(self, schedule_id: int, *, actor: Actor | str) -> int:
        """Registers an import for the workers now, whether the file has changed or not; returns its id.

        Raises :class:`ScheduleNotFound`, and :class:`ScheduleBusy` while another import of it hasn't ended.
        """
        import_id = await self._store.begin(schedule_id, self._place_of, _following, actor)
        assert import_id is not None, "it was asked for"
        return import_id

    async def due(self, limit: int = 100) -> list[tuple[int, datetime]]:
        """Returns the schedules that are due and the times for which they are, the longest due first."""
        return await self._store.due(limit)

    async def begin(self, schedule_id: int) -> int | None:
        """Begins the run that is due: registers an import for the workers, and sets the next time.

        Returns the import; None if nothing is due any more, or the import before hasn't ended. Times that
        have passed unused, because no worker ran, are made up for by one run.
        """
        return await self._store.begin(schedule_id, self._place_of, _following, None)

    def _checked(self, draft: ScheduleDraft, *, new: bool) -> ScheduleDraft:
        cron = " ".join(draft.cron.split())
        draft = replace(draft, name=draft.name.strip(), url=draft.url.strip(), cron=cron)
        problems = []
        if not 0 < len(draft.name) <= _LONGEST_NAME:
            problems.append(
                RowError("schedule_name", f"Give a name of up to {_LONGEST_NAME} characters.", "name")
            )
        if new or draft.url:
            try:
                check_url(draft.url, self._plugins)
            except UsageError as error:
                problems.append(RowError("schedule_url", str(error), "url"))
        try:
            next_time(draft.cron, zone_of(draft.time_zone))
        except InvalidSchedule as error:
            problems += error.problems
        if problems:
            raise InvalidSchedule(tuple(problems))
        return replace(draft, options=checked_options(draft.options, self._plugins))

    def _place_of(self, url: str) -> FilePlace:
        return place_of(url, self._storage)


def _next(draft: ScheduleDraft) -> datetime | None:
    return next_time(draft.cron, zone_of(draft.time_zone)) if draft.active else None


def _following(row: asyncpg.Record) -> datetime:
    return next_time(row["cron"], zone_of(row["time_zone"]))
