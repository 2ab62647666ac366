"""Provides an importer and a database for the duration of a test."""

from __future__ import annotations

import os
import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg

from product_importer.app import Importer
from product_importer.embedded import EmbeddedPostgres, default_data_dir
from product_importer.model import MigrationSet
from product_importer.settings import load_settings
from product_importer.store.connect import Database
from product_importer.store.migrate import migrate
from product_importer.testing.samples import plugin_set

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def temporary_importer(*plugins: object) -> AsyncIterator[Importer]:
    """Provides an importer on a :func:`temporary_database`, with the plugins of :func:`plugin_set`."""
    loaded = plugin_set(*plugins)
    with TemporaryDirectory(prefix="product-importer-") as directory:
        async with (
            temporary_database(*loaded.migrations.values()) as url,
            Database.open(url) as database,
        ):
            settings = replace(load_settings(), data_dir=Path(directory))
            yield Importer(database, loaded, settings)


@asynccontextmanager
async def temporary_database(*migrations: MigrationSet) -> AsyncIterator[str]:
    """Provides the URL of a new, migrated, empty database, which is dropped afterwards.

    The database is on the server of ``DATABASE_URL``, if that is set, or else on an embedded server of the
    tests' own, which takes some two seconds to start the first time and a third of a second after that.
    """
    async with AsyncExitStack() as stack:
        server = os.environ.get("DATABASE_URL")
        if not server:
            home = default_data_dir() / "testing"
            server = (await stack.enter_async_context(EmbeddedPostgres.open(home))).dsn
        name = f"product_importer_test_{secrets.token_hex(6)}"
        parts = urlsplit(server)
        url = f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")
        admin = await asyncpg.connect(server)
        try:
            await admin.execute(f"CREATE DATABASE {name}")
            connection = await asyncpg.connect(url)
            try:
                await migrate(connection, migrations)
            finally:
                await connection.close()
            yield url
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()
