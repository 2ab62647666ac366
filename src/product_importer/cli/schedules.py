"""``product-importer schedule``: imports of a URL at certain times. The workers of a server run them."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from product_importer.cli.import_options import import_options, options_over, typed_of
from product_importer.cli.opening import open_importer
from product_importer.cli.options import database_url_option
from product_importer.cli.profiles import Wanted
from product_importer.cli.schedule_output import outcome, print_json, tell
from product_importer.errors import InvalidSchedule, UsageError
from product_importer.model import PROFILE_FIELDS, Actor, ActorKind, ImportOptions, Profile, options_with
from product_importer.model.schedules import Overlap, ScheduleDraft, draft_of
from product_importer.settings import load_settings
from product_importer.wire import import_object, schedule_object, schedule_run_object

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from product_importer.app import Importer

_ACTOR: Final = Actor(ActorKind.COMMAND_LINE)
_STDIN: Final = "-"
_MOST_RUNS: Final = 200
_NAMES: Final = {"name": "NAME", "url": "URL", "cron": "--cron", "time_zone": "--time-zone"}
"""The names of a schedule's values on the command line."""

_EDITED: Final = {**_NAMES, "name": "--name", "url": "--url"}
"""Their names where a schedule is changed."""

_number = click.argument("number", metavar="ID", type=click.IntRange(min=1))
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_zone = click.option(
    "--time-zone", metavar="NAME", help="The time zone of these times, such as Europe/Berlin. Default: UTC."
)
_overlap = click.option(
    "--overlap",
    type=click.Choice(get_args(Overlap)),
    help="At a time at which the import before hasn't ended: leave the time out (the default), or begin when "
    "it has ended.",
)


@click.group("schedule")
def schedule_command() -> None:
    """Import a file from a URL at certain times.

    Workers begin what is due: those of the commands serve and worker.
    """


@schedule_command.command("list")
@database_url_option
@_json
def list_command(database_url: str | None, as_json: bool) -> None:
    """List the schedules, each with its next time and its latest run."""
    asyncio.run(_list(database_url, as_json=as_json))


async def _list(database_url: str | None, *, as_json: bool) -> None:
    async with _opened(database_url) as importer:
        found = await importer.schedules.all()
    if as_json:
        print_json({"schedules": [schedule_object(each) for each in found]})
    elif not found:
        click.echo("There is no schedule yet. `product-importer schedule add` makes one.")
    else:
        for schedule in found:
            tell(schedule)


@schedule_command.command("add")
@click.argument("name", metavar="NAME")
@click.argument("url", metavar="URL")
@click.option(
    "--cron",
    metavar="TIMES",
    required=True,
    help="Minute, hour, day of the month, month and day of the week, such as '0 6 * * 1-5'.",
)
@_zone
@_overlap
@click.option("--paused", is_flag=True, help="Don't run it until it is resumed.")
@import_options
@database_url_option
@_json
def add_command(
    name: str, url: str, cron: str, paused: bool, profile: str | None, database_url: str | None,
    as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Add the schedule NAME for the file at URL; with -, the URL is read from standard input.

    The other options are those of its imports.
    """
    draft = ScheduleDraft(name, _url(url), cron, active=not paused)
    asyncio.run(_add(database_url, _with(draft, given), profile, typed_of(given), as_json=as_json))


async def _add(
    database_url: str | None, draft: ScheduleDraft, profile: str | None, typed: Mapping[str, Any],
    *, as_json: bool,
) -> None:  # fmt: skip
    base = ImportOptions(parser=load_settings().parser)
    async with _opened(database_url) as importer:
        options = await Wanted(options_over(base, typed), profile, typed).with_profile(importer)
        schedule = await importer.schedules.create(replace(draft, options=options), actor=_ACTOR)
    tell(schedule, as_json=as_json)


@schedule_command.command("edit")
@_number
@click.option("--name", metavar="TEXT", help="The name in lists.")
@click.option("--url", metavar="URL", help="Where the file is; - reads it from standard input.")
@click.option("--cron", metavar="TIMES", help="The times, as the command add takes them.")
@_zone
@_overlap
@import_options
@database_url_option
@_json
def edit_command(
    number: int, url: str | None, profile: str | None, database_url: str | None, as_json: bool, **given: Any
) -> None:
    """Change the schedule ID. What isn't typed stays; a profile replaces all answers of the one before."""
    changes = typed_of(given)
    if url is None and profile is None and not changes:
        raise UsageError("Say what is to be changed, such as --cron '0 6 * * 1-5'.")
    if url is not None and not (url := _url(url)):
        raise UsageError("--url: Give a URL, or leave the option out to keep the one that there is.")
    asyncio.run(_edit(database_url, number, url or "", profile, changes, as_json=as_json))


async def _edit(
    database_url: str | None, number: int, url: str, profile: str | None, changes: Mapping[str, Any],
    *, as_json: bool,
) -> None:  # fmt: skip
    async with _opened(database_url, _EDITED) as importer:
        before = await importer.schedules.get(number)
        options = before.options if profile is None else _without_profile(before.options)
        wanted = Wanted(options_over(options, changes), profile, changes)
        draft = replace(draft_of(before), url=url, options=await wanted.with_profile(importer))
        changed = await importer.schedules.change(number, before.version, _with(draft, changes), actor=_ACTOR)
    tell(changed, as_json=as_json)


@schedule_command.command("pause")
@_number
@database_url_option
@_json
def pause_command(number: int, database_url: str | None, as_json: bool) -> None:
    """Pause the schedule ID. An import that runs goes on; the command run still works."""
    asyncio.run(_switch(database_url, number, active=False, as_json=as_json))


@schedule_command.command("resume")
@_number
@database_url_option
@_json
def resume_command(number: int, database_url: str | None, as_json: bool) -> None:
    """Resume the schedule ID, which was paused, at its next time."""
    asyncio.run(_switch(database_url, number, active=True, as_json=as_json))


async def _switch(database_url: str | None, number: int, *, active: bool, as_json: bool) -> None:
    async with _opened(database_url) as importer:
        schedule = await importer.schedules.get(number)
        if schedule.active is not active:
            draft = replace(draft_of(schedule), active=active)
            schedule = await importer.schedules.change(number, schedule.version, draft, actor=_ACTOR)
    tell(schedule, as_json=as_json)


@schedule_command.command("run")
@_number
@database_url_option
@_json
def run_command(number: int, database_url: str | None, as_json: bool) -> None:
    """Create an import of the schedule ID now, whether its file has changed or not; a worker runs it."""
    asyncio.run(_run(database_url, number, as_json=as_json))


async def _run(database_url: str | None, number: int, *, as_json: bool) -> None:
    async with _opened(database_url) as importer:
        import_id = await importer.schedules.run(number, actor=_ACTOR)
        state = await importer.imports.state(import_id)
    if as_json:
        print_json(import_object(state))
    else:
        click.echo(f"Import {import_id} of {state.origin} waits for a worker.")


@schedule_command.command("remove")
@_number
@database_url_option
def remove_command(number: int, database_url: str | None) -> None:
    """Delete the schedule ID and its history. Its imports and the products stay."""
    asyncio.run(_remove(database_url, number))


async def _remove(database_url: str | None, number: int) -> None:
    async with _opened(database_url) as importer:
        await importer.schedules.remove(number, actor=_ACTOR)


@schedule_command.command("history")
@_number
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST_RUNS),
    default=20,
    show_default=True,
    help="The maximum number of runs.",
)
@click.option("--before", type=click.IntRange(min=1), help="Only runs before the one with this id.")
@database_url_option
@_json
def history_command(
    number: int, limit: int, before: int | None, database_url: str | None, as_json: bool
) -> None:
    """List the latest runs of the schedule ID, the latest first."""
    asyncio.run(_history(database_url, number, limit, before, as_json=as_json))


async def _history(
    database_url: str | None, number: int, limit: int, before: int | None, *, as_json: bool
) -> None:
    async with _opened(database_url) as importer:
        schedule = await importer.schedules.get(number)
        runs = await importer.schedules.runs(number, limit, before=before)
    if as_json:
        print_json({"runs": [schedule_run_object(run) for run in runs]})
    elif not runs:
        click.echo("It has not run yet.")
    else:
        for run in runs:
            click.echo(f"{run.id}  {outcome(run, schedule)}")


@asynccontextmanager
async def _opened(database_url: str | None, names: Mapping[str, str] = _NAMES) -> AsyncIterator[Importer]:
    """Opens the importer, and names the options in errors about a schedule's values."""
    async with open_importer(database_url) as importer:
        try:
            yield importer
        except InvalidSchedule as error:
            told = (f"{names.get(each.column or '', each.column)}: {each.message}" for each in error.problems)
            raise UsageError(" ".join(told), code=error.code) from error


def _url(text: str) -> str:
    """Returns the URL; ``-`` stands for one on standard input, which no list of processes shows."""
    return sys.stdin.readline().strip() if text == _STDIN else text


def _with(draft: ScheduleDraft, changes: Mapping[str, Any]) -> ScheduleDraft:
    """Returns the draft with the values that were given; None stands for what wasn't."""
    names = {each.name for each in fields(ScheduleDraft)}
    return replace(
        draft, **{name: changes[name] for name in names & changes.keys() if changes[name] is not None}
    )


def _without_profile(options: ImportOptions) -> ImportOptions:
    names = {each.name for each in fields(ImportOptions)}.difference(PROFILE_FIELDS)
    return options_with(Profile(), {name: getattr(options, name) for name in names})
