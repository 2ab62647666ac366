"""Profiles in PostgreSQL: how files are read and merged, by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import asyncpg

from product_importer.cells.shortening import quoted
from product_importer.errors import InvalidProfile, ProfileNotFound, ProfileTaken
from product_importer.model import Actor, Profile, StoredProfile, author_of, signature_of
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.queries import statements
from product_importer.support.profile_texts import profile_object, profile_of_object

_LONGEST_NAME: Final = 100


class Profiles:
    """The profiles of one database, as ``Importer.profiles``.

    Every method raises :class:`DatabaseError` if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[StoredProfile]:
        """Returns all profiles, by name."""
        async with self._database.connection() as connection:
            return [_stored(row) for row in await connection.fetch(statements("profiles")["list"])]

    async def get(self, name: str) -> StoredProfile:
        """Returns the profile. Raises :class:`ProfileNotFound`."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(statements("profiles")["get"], name)
        if row is None:
            raise _not_found(name)
        return _stored(row)

    async def fitting(self, header: Sequence[str]) -> Sequence[StoredProfile]:
        """Returns the profiles that are remembered for files with these columns, the latest first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements("profiles")["fitting"], signature_of(header))
        return [_stored(row) for row in rows]

    async def check_new(self, name: str) -> None:
        """Raises :class:`InvalidProfile` for a name that can't be used, and :class:`ProfileTaken`."""
        _check_name(name)
        async with self._database.connection() as connection:
            if await connection.fetchrow(statements("profiles")["get"], name) is not None:
                raise _taken(name)

    async def save(
        self,
        name: str,
        profile: Profile,
        *,
        header: Sequence[str] = (),
        new: bool = False,
        actor: Actor | str | None = None,
    ) -> StoredProfile:
        """Stores the profile under this name, in place of an earlier one unless it has to be ``new``.

        With ``header``, it is remembered for files with these columns: :meth:`fitting` finds it. Raises
        :class:`InvalidProfile` for a name that can't be used, and :class:`ProfileTaken`.
        """
        _check_name(name)
        save = statements("profiles").bound(
            "add" if new else "save",
            name=name,
            profile=json.dumps(profile_object(profile)),
            signature=signature_of(header) if header else None,
            author=author_of(actor),
        )
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(*save)
            if row is None:
                raise _taken(name)
            await record(connection, actor, "profile.saved", f"profile:{name}")
        return _stored(row)

    async def delete(self, name: str, *, actor: Actor | str | None = None) -> None:
        """Deletes the profile. Raises :class:`ProfileNotFound`."""
        async with self._database.connection() as connection, connection.transaction():
            if await connection.fetchval(statements("profiles")["delete"], name) is None:
                raise _not_found(name)
            await record(connection, actor, "profile.deleted", f"profile:{name}")


def _stored(row: asyncpg.Record) -> StoredProfile:
    where = f"The profile {quoted(row['name'])}"
    return StoredProfile(**dict(row) | {"profile": profile_of_object(json.loads(row["profile"]), where)})


def _check_name(name: str) -> None:
    usable = name.strip() == name and name.isprintable() and "/" not in name and not name.endswith(".toml")
    usable = usable and name not in (".", "..")  # an address can't end in them
    if not usable or not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidProfile(
            f"A profile can't have the name {quoted(name)}. Names have 1 to {_LONGEST_NAME} characters, "
            "no blank at an end, no slash, don't end in .toml, and aren't only one or two dots."
        )


def _taken(name: str) -> ProfileTaken:
    return ProfileTaken(
        f"There is a profile {quoted(name)} already. Choose another name, or change that profile."
    )


def _not_found(name: str) -> ProfileNotFound:
    return ProfileNotFound(f"There is no profile {quoted(name)}.")
