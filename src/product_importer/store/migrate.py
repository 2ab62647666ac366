"""Forward-only migrations: numbered SQL files, applied once each, in order, under one advisory lock.

Each file runs in its own transaction, together with the record that it ran, so a kill half-way leaves nothing
half-done. Any number of processes may start at once: the first migrates, the others wait and then find
nothing to do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import asyncpg

from product_importer.errors import DatabaseError, MigrationError
from product_importer.model import MigrationSet
from product_importer.store.locks import Locks
from product_importer.store.queries import statements

_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")

CORE = MigrationSet("core", Path(str(resources.files("product_importer.store"))) / "sql" / "migrations")


async def _settle(connection: asyncpg.Connection) -> None:
    from product_importer.store.settling import settle  # noqa: PLC0415 - one migration needs it

    await settle(connection)


_STEPS: Final[Mapping[str, Callable[[asyncpg.Connection], Awaitable[None]]]] = {"marks": _settle}
"""Python steps that run in the same transaction after a core migration, by the migration's name. They do what
SQL can't: keys and names are folded in Python only.
"""

_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    set_name text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (set_name, version)
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of a set. ``sha256`` is the hex digest of the file's bytes."""

    set_name: str
    version: int
    name: str
    sql: str
    sha256: str


def read_migrations(migration_set: MigrationSet) -> tuple[Migration, ...]:
    """Returns the set's files in order.

    Raises :class:`~product_importer.errors.MigrationError` if there is no such folder, a file isn't called
    ``NNNN_name.sql``, or the numbers don't run 1, 2, 3, ….
    """
    migrations = []
    if not migration_set.directory.is_dir():
        raise MigrationError(
            f"Migration set {migration_set.name!r}: there is no folder {migration_set.directory}. "
            "Install the plugin anew, or see that its package includes the files."
        )
    for number, path in enumerate(sorted(migration_set.directory.glob("*.sql")), start=1):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None or int(match[1]) != number:
            raise MigrationError(
                f"Migration set {migration_set.name!r}: expected a file {number:04d}_<name>.sql, "
                f"found {path.name}."
            )
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        migrations.append(Migration(migration_set.name, number, match[2], content.decode(), digest))
    return tuple(migrations)


async def migrate(
    connection: asyncpg.Connection, sets: Iterable[MigrationSet] = (), schema: str | None = None
) -> tuple[Migration, ...]:
    """Brings the core schema and then ``sets`` up to date; returns the migrations that were applied.

    ``schema``: the PostgreSQL schema that the connection's search path names; it is created if it doesn't
    exist. None if the catalogue has no schema of its own. A role that doesn't own the tables may call this,
    too, if there is nothing to do.

    Raises :class:`~product_importer.errors.MigrationError` if an applied file was edited since, if the
    database is ahead of this version or isn't in UTF-8, or if a file fails (the message names it, with
    PostgreSQL's reason); :class:`~product_importer.errors.DatabaseError` if the schema can't be used or
    created, or isn't the catalogue's own.
    """
    planned = [(each, read_migrations(each)) for each in (CORE, *sets)]
    applied = []
    locks = Locks.of(schema)
    async with _migration_lock(connection, locks):
        await _check_encoding(connection)
        await _check_schema(connection, schema)
        if schema is not None:
            await _enter(connection, schema)
        await connection.execute(statements("schemas")["set_salt"], str(locks.salt))
        if not await connection.fetchval(statements("schemas")["has_history"]):
            await connection.execute(_HISTORY)
        for migration_set, migrations in planned:
            history = await _history(connection, migration_set)
            _check_history(migration_set, migrations, history)
            for migration in migrations:
                if migration.version not in history:
                    await _apply(connection, migration)
                    applied.append(migration)
        if schema is not None:
            await connection.execute(statements("schemas")["pin_functions"])
    return tuple(applied)


async def _enter(connection: asyncpg.Connection, schema: str) -> None:
    """Creates the schema and the shared extensions, if they don't exist, before any table is created."""
    sql = statements("schemas")
    if not await connection.fetchval(sql["current"]):
        await connection.execute(sql["create"].format(schema=schema))
    if not await connection.fetchval(sql["has_history"]):
        await _share_extensions(connection)


async def _share_extensions(connection: asyncpg.Connection) -> None:
    """Creates extensions in ``public``, where they outlive a catalogue whose schema is dropped.

    If that fails, the migration that needs an extension creates it in the catalogue's schema, or does
    without.
    """
    with suppress(asyncpg.PostgresError):  # for example, another catalogue creates it at the same moment
        await connection.execute(statements("schemas")["share_trigrams"])


async def _check_schema(connection: asyncpg.Connection, schema: str | None) -> None:
    """Raises :class:`DatabaseError` if the schema can't be used or created, or isn't the catalogue's own.

    Processes that disagree on the numbers of locks would run one import at the same time.
    """
    sql = statements("schemas")
    if schema is not None:
        found = await connection.fetchrow(sql["rights"], schema)
        assert found is not None, "it asks for values"
        if found["exists"] and not found["usable"]:
            raise DatabaseError(
                f"The schema {schema} can't be used: the user {found['user']} lacks the right to. Whoever "
                f"owns it grants it: GRANT ALL ON SCHEMA {schema} TO {found['user']}",
                code="schema",
            )
        if not found["exists"] and not found["makeable"]:
            raise DatabaseError(
                f"There is no schema {schema}, and the user {found['user']} may not make it. Whoever owns "
                f"the database makes it: CREATE SCHEMA {schema} AUTHORIZATION {found['user']}",
                code="schema",
            )
    if not await connection.fetchval(sql["has_salt"]):
        return  # there is no catalogue yet, or its version is older
    number = await connection.fetchval(sql["salt"])
    if number == Locks.of(schema).salt:
        return
    if schema is None:
        how = "with PRODUCT_IMPORTER_SCHEMA, which isn't set now. All its processes need the same setting."
    elif number == 0:
        how = f"without PRODUCT_IMPORTER_SCHEMA, which is {schema} now. Unset it, or name another schema."
    else:
        how = "when the schema had another name. Give it that name again."
    place = await connection.fetchval(sql["current"])
    raise DatabaseError(f"The catalogue in the schema {place} was made {how}", code="schema")


async def _check_encoding(connection: asyncpg.Connection) -> None:
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        name = await connection.fetchval("SELECT current_database()")
        raise MigrationError(
            f"The database {name} has the encoding {encoding}, which lacks most characters that products may "
            "have. Make another one and name it in DATABASE_URL: "
            "CREATE DATABASE product_importer ENCODING 'UTF8' TEMPLATE template0"
        )


async def pending(
    connection: asyncpg.Connection, sets: Iterable[MigrationSet] = (), schema: str | None = None
) -> tuple[Migration, ...]:
    """Returns the migrations that :func:`migrate` would apply. Migrations of a newer version of the program
    are no error: during an upgrade, that version works beside this one.

    Raises :class:`~product_importer.errors.DatabaseError` if the schema can't be used or created, or isn't
    the catalogue's own.
    """
    waiting: list[Migration] = []
    await _check_schema(connection, schema)
    exists = await connection.fetchval(statements("schemas")["has_history"])
    for migration_set in (CORE, *sets):
        migrations = read_migrations(migration_set)
        history = await _history(connection, migration_set) if exists else {}
        waiting += [migration for migration in migrations if migration.version not in history]
    return tuple(waiting)


async def _history(connection: asyncpg.Connection, migration_set: MigrationSet) -> dict[int, asyncpg.Record]:
    rows = await connection.fetch(
        "SELECT version, name, sha256 FROM schema_migrations WHERE set_name = $1", migration_set.name
    )
    return {row["version"]: row for row in rows}


def _check_history(
    migration_set: MigrationSet, migrations: tuple[Migration, ...], history: dict[int, asyncpg.Record]
) -> None:
    for migration in migrations:
        row = history.get(migration.version)
        if row is not None and row["sha256"] != migration.sha256:
            raise MigrationError(
                f"Migration {migration.version:04d}_{migration.name} of {migration.set_name!r} was changed "
                "after it was applied to this database. Restore the file; put further changes into a new "
                "migration."
            )
    ahead = max(history, default=0)
    if ahead > len(migrations):
        raise MigrationError(
            f"This database has migration {ahead:04d} of {migration_set.name!r}, newer than the "
            f"{len(migrations):04d} that this version knows. Upgrade product-importer (or the plugin) to the "
            "version that made it."
        )


@asynccontextmanager
async def _migration_lock(connection: asyncpg.Connection, locks: Locks) -> AsyncIterator[None]:
    await connection.execute("SELECT pg_advisory_lock($1)", locks.migrating)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", locks.migrating)


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (set_name, version, name, sha256) VALUES ($1, $2, $3, $4)",
                migration.set_name,
                migration.version,
                migration.name,
                migration.sha256,
            )
            if migration.set_name == CORE.name and (step := _STEPS.get(migration.name)):
                await step(connection)
    except asyncpg.InsufficientPrivilegeError as error:
        user = await connection.fetchval("SELECT current_user")
        raise MigrationError(
            f"The database lacks what this version adds to it ({migration.set_name} {migration.version:04d}),"
            f" and the user {user} may not add it: {error}. Run product-importer migrate as the owner of the"
            " tables."
        ) from error
    except asyncpg.PostgresError as error:
        raise MigrationError(
            f"Migration {migration.version:04d}_{migration.name} of {migration.set_name!r} failed: {error}"
        ) from error
