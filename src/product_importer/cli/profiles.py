"""Profiles on the command line: listed, shown, saved, deleted, used by imports, and remembered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from product_importer.cli.asking import confirmed, typed
from product_importer.cli.import_options import options_over
from product_importer.cli.opening import open_importer
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.app import Importer

_ACTOR: Final = Actor(ActorKind.COMMAND_LINE)


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
    async with open_importer(database_url) as importer:
        if name is None:
            for stored in await importer.profiles.list():
                click.echo(stored.name)
        elif save is not None:
            await importer.profiles.save(name, await asyncio.to_thread(_of_file, save), actor=_ACTOR)
        elif delete:
            await importer.profiles.delete(name, actor=_ACTOR)
        else:
            click.echo(profile_toml((await importer.profiles.get(name)).profile), nl=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed: the ``options``, a ``profile`` if one was named, and what was ``typed`` of the options,
    which wins over the profile.
    """

    options: ImportOptions
    profile: str | None
    typed: Mapping[str, Any]

    async def options_for(self, importer: Importer, file: str) -> ImportOptions:
        """Returns the options of the file's import. On a terminal, a profile that is remembered for files
        with these columns is proposed.

        Raises :class:`InvalidProfile` and :class:`ProfileNotFound`.
        """
        if self.profile is None:
            return await self._with_remembered(importer, file)
        return await self.with_profile(importer)

    async def with_profile(self, importer: Importer) -> ImportOptions:
        """Returns the options over the profile that was named, if one was. Raises as :meth:`options_for`."""
        if self.profile is None:
            return self.options
        if self.profile.endswith(".toml") or "/" in self.profile:
            return self._over(await asyncio.to_thread(_of_file, Path(self.profile)), None)
        return self._over((await importer.profiles.get(self.profile)).profile, self.profile)

    async def _with_remembered(self, importer: Importer, file: str) -> ImportOptions:
        if self.options.questions != "ask" or not await importer.profiles.list():
            return self.options
        try:
            columns = (await importer.imports.inspect(file, self.options)).columns
        except ProductImporterError:
            return self.options  # the import itself tells why the file can't be read
        for stored in await importer.profiles.fitting([column.name for column in columns]):
            if confirmed(f"The profile {stored.name} is remembered for files with these columns. Use it?"):
                return self._over(stored.profile, stored.name)
        return self.options

    def _over(self, profile: Profile, profile_name: str | None) -> ImportOptions:
        names = {each.name for each in fields(ImportOptions)}.difference(PROFILE_FIELDS)
        own = {name: getattr(self.options, name) for name in names}
        base = options_with(profile, own | {"profile_name": profile_name})
        return options_over(base, self.typed)


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
