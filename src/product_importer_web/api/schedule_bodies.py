"""The bodies of requests and responses about schedules."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType

from product_importer.model import Status
from product_importer.model.schedules import Overlap, RunResult
from product_importer_web.api.import_bodies import OptionsShown
from product_importer_web.api.option_bodies import Options
from product_importer_web.declarations import Body, Place, Query, Refusal, Shown


class ScheduleFields(Body, frozen=True, kw_only=True):
    """Values of a schedule. An omitted one stays as it is, or gets the default."""

    # The library checks the values together with those of forms; the schemas here are documentation.

    refusal: ClassVar[Refusal] = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_schedule", thing="field", named="The {name}"
    )

    name: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 200})] | UnsetType = UNSET
    url: Annotated[str, Meta(extra_json_schema={"format": "uri", "maxLength": 2000})] | UnsetType = UNSET
    cron: Annotated[str, Meta(extra_json_schema={"examples": ["0 6 * * 1-5"]})] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(extra_json_schema={"examples": ["Europe/Berlin"]})] | UnsetType = UNSET
    overlap: Overlap | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    options: Options | UnsetType = UNSET

    def values(self) -> dict[str, Any]:
        """Returns the fields that were sent, but the options."""
        sent = {name: getattr(self, name) for name in self.__struct_fields__ if name != "options"}
        return {name: value for name, value in sent.items() if value is not UNSET}


class RunsQuery(Query, frozen=True):
    """``limit``: the maximum number of runs. ``before``: only runs before this one."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 20
    before: Place = 0


class ScheduleRunShown(Shown, frozen=True):
    """A run. ``result`` is ``imported`` if there is an import, whose ``status`` tells the rest."""

    id: int
    slot: datetime
    at: datetime
    actor: str | None
    result: RunResult
    import_id: int | None
    status: Status | None
    message: str


class RunsShown(Shown, frozen=True):
    """The latest runs; ``next`` is the address of the next page."""

    runs: list[ScheduleRunShown]
    next: str | None


class UnfinishedShown(Shown, frozen=True):
    """An import of a schedule that hasn't ended."""

    import_id: int
    status: Status


class ScheduleShown(Shown, frozen=True):
    """A schedule and its latest run. ``origin`` is its URL without secrets. ``unfinished`` is its latest
    import that hasn't ended.
    """

    id: int
    version: int
    name: str
    origin: str
    cron: str
    time_zone: str
    overlap: Overlap
    active: bool
    options: OptionsShown  # type: ignore[valid-type]  # made of data
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    author: str | None
    last: ScheduleRunShown | None
    unfinished: UnfinishedShown | None
    links: dict[str, str]


class SchedulesShown(Shown, frozen=True):
    """All schedules, by name."""

    schedules: list[ScheduleShown]
