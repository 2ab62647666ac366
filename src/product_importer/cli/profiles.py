"""Profiles on the command line: listed, shown, saved, deleted, used by imports, and remembered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from product_importer.app import Importer
from product_importer.cli.asking import confirmed, typed
from product_importer.cli.options import database_url_option
from product_importer.errors import InvalidProfile, ProductImporterError, ProfileTaken, UsageError
from product_importer.model import (
    PROFILE_FIELDS,
    Actor,
    ActorKind,
    ImportOptions,
    ImportState,
    Profile,
    options_with,
    profile_of,
)
from product_importer.support.profile_texts import profile_of_toml, profile_toml

_ACTOR: Final = Actor(ActorKind.COMMAND_LINE)
_FIELDS: Final = {"mapping": "map"}
"""Options whose parameters have other names than their fields."""


@click.command("profiles")
@click.argument("name", required=False)
@database_url_option
@click.option("--save", type=click.Path(path_type=Path), help="Store this TOML file under the name.")
@click.option("--delete", is_flag=True, help="Delete the profile with the name.")
def profiles_command(name: str | None, database_url: str | None, save: Path | None, delete: bool) -> None:
    """List the profiles, or print the one with NAME as TOML; save or delete it.

    A profile says how files are read and merged. The command import takes it as an option.
    """
    if name is None and (save is not None or delete):
        raise UsageError("Name the profile that is to be saved or deleted.")
    if save is not None and delete:
        raise UsageError("A profile is either saved or deleted. Give --save or --delete.")
    asyncio.run(_profiles(name, database_url, save, delete=delete))


async def _profiles(name: str | None, database_url: str | None, save: Path | None, *, delete: bool) -> None:
    async with Importer.open(database_url) as importer:
        if name is None:
            for stored in await importer.profiles.list():
                click.echo(stored.name)
        elif save is not None:
            await importer.profiles.save(name, await asyncio.to_thread(_of_file, save), actor=_ACTOR)
        elif delete:
            await importer.profiles.delete(name, actor=_ACTOR)
        else:
            click.echo(profile_toml((await importer.profiles.get(name)).profile), nl=False)


def given_fields() -> frozenset[str]:
    """Returns the fields of a profile whose options were typed, of the command that runs now."""
    context = click.get_current_context()
    typed_ones = (
        name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )
    return frozenset(PROFILE_FIELDS) & {_FIELDS.get(name, name) for name in typed_ones}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed for an import: the ``options``, a ``profile`` if one was named, and the ``given`` fields
    of the profile, which win.
    """

    options: ImportOptions
    profile: str | None
    given: frozenset[str]

    async def options_for(self, importer: Importer, file: str) -> ImportOptions:
        """Returns the options of the import. On a terminal, a profile that is remembered for files with
        these columns is proposed.

        Raises :class:`InvalidProfile` and :class:`ProfileNotFound`.
        """
        if self.profile is None:
            return await self._with_remembered(importer, file)
        if self.profile.endswith(".toml") or "/" in self.profile:
            return self._over(await asyncio.to_thread(_of_file, Path(self.profile)))
        return self._over((await importer.profiles.get(self.profile)).profile)

    async def _with_remembered(self, importer: Importer, file: str) -> ImportOptions:
        if self.options.questions != "ask" or not await importer.profiles.list():
            return self.options
        try:
            columns = (await importer.imports.inspect(file, self.options)).columns
        except ProductImporterError:
            return self.options  # the import itself tells why the file can't be read
        for stored in await importer.profiles.fitting([column.name for column in columns]):
            if confirmed(f"The profile {stored.name} is remembered for files with these columns. Use it?"):
                return self._over(stored.profile)
        return self.options

    def _over(self, profile: Profile) -> ImportOptions:
        names = {each.name for each in fields(ImportOptions)}.difference(PROFILE_FIELDS) | self.given
        return options_with(profile, {name: getattr(self.options, name) for name in names})


async def offer_to_remember(importer: Importer, state: ImportState) -> None:
    """Saves the answers as a profile for files with these columns, under the name that the person types."""
    name = typed("To remember these answers for files with these columns, type a name (Enter: don't)")
    if not name:
        return
    try:
        await importer.profiles.save(
            name, profile_of(state.options), header=state.header, new=True, actor=_ACTOR
        )
    except (InvalidProfile, ProfileTaken) as error:
        click.echo(str(error), err=True)


def _of_file(path: Path) -> Profile:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it isn't in UTF-8"
        raise InvalidProfile(f"The profile {path} can't be read: {reason}.") from error
    return profile_of_toml(text, f"The profile {path}")
