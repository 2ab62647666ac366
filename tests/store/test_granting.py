"""The application works as a role that doesn't own the tables, and that can't change the log."""

import asyncio
import secrets
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import asyncpg
import pytest

from commandline import CommandLine
from product_importer import Importer
from product_importer.errors import MigrationError, UsageError
from product_importer.model import ImportOptions, MigrationSet, Status
from product_importer.product import ProductDraft, ProductFilter
from product_importer.settings import Settings
from product_importer.store.migrate import migrate
from receiving import Recorder
from shop import Plugin

ME = "user:1"
ROWS = "sku,name,price\nT,Tea,1\nC,Cup,2\n,None,3\n"
CHANGED = "sku,name,price\nT,Tea,1.5\nC,Cup,2\nM,Mug,4\n"


def as_role(url, role):
    """The URL with another user, whom the server trusts."""
    parts = urlsplit(url)
    others = [each for each in parse_qsl(parts.query) if each[0] != "user"]
    query = urlencode([*others, ("user", role)])
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query).geturl()


@pytest.fixture
async def two(server, request, tmp_path):
    """The URLs of a new database for its owner and for the application, with the settings of both."""
    token = secrets.token_hex(4)
    names = [f"owner_{token}", f"app_{token}"]
    async with server.database("template0") as url:
        admin = await asyncpg.connect(url)
        for name in names:
            await admin.execute(f"CREATE ROLE {name} LOGIN")
        await admin.execute(f"ALTER DATABASE {urlsplit(url).path[1:]} OWNER TO {names[0]}")
        await admin.execute(
            f"REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT ALL ON SCHEMA public TO {names[0]}"
        )
        try:
            settings = Settings(data_dir=tmp_path, schema=getattr(request, "param", None), missing_share=100)
            yield [as_role(url, name) for name in names], names[1], settings
        finally:
            for name in names:
                await admin.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}")
                await admin.execute(f"DROP ROLE {name}")
            await admin.close()


@asynccontextmanager
async def granted(two):
    """An importer of the application, whose owner has migrated and granted it what it needs."""
    (owner, application), role, settings = two
    async with Importer.open(owner, settings=settings) as importer:
        await importer.grant(role)
        await importer.changes.tidy()
    async with Importer.open(
        application, settings=settings, plugins=[Plugin(sinks=[Recorder()])]
    ) as importer:
        yield importer


@pytest.mark.parametrize("two", [None, "toys"], indirect=True)
async def test_the_application_imports_edits_undoes_indexes_and_relays(two, tmp_path):
    path = tmp_path / "tea.csv"
    async with granted(two) as importer:
        await importer.check()
        path.write_text(ROWS)
        first = await importer.run(path)
        assert (first.status, first.created, first.invalid) == (Status.COMPLETED, 2, 1)
        path.write_text(CHANGED)
        planned = await importer.run(path, ImportOptions(dry_run=True, missing="delete"))
        assert planned.status is Status.PLANNED, planned.state.message
        await importer.imports.apply(planned.id)
        applied = await importer.imports.start(planned.id)
        assert (applied.status, applied.created, applied.updated) == (Status.COMPLETED, 1, 1)

        mug = await importer.catalogue.by_sku("M")
        mug = await importer.catalogue.change(mug.id, mug.version, {"stock": 5}, actor=ME)
        made = await importer.catalogue.create(ProductDraft("N", "New"), actor=ME)
        await importer.catalogue.activate([made.id], False, actor=ME)
        await importer.catalogue.delete(made.id, (await importer.catalogue.get(made.id)).version, actor=ME)

        undo = await importer.imports.undo(applied.id, actor=ME)
        await importer.imports.start(undo)
        await importer.imports.apply(undo)
        assert (await importer.imports.start(undo)).status is Status.COMPLETED
        assert str((await importer.catalogue.by_sku("T")).price) == "1.0000"

        indexing = await importer.catalogue.index_all()
        assert indexing.pending == 0
        found = await importer.catalogue.list(ProductFilter(search="cup"))
        assert [product.sku for product in found.products] == ["C"]
        await importer.sinks.relay_once()
        assert not await importer.sinks.fresh()
        await importer.changes.tidy()
        deletion = await importer.deletions.request(3, actor=ME)
        await importer.deletions.run(deletion.id)
        assert (await importer.catalogue.list(ProductFilter())).total == 0


async def test_the_log_can_only_be_added_to(two):
    async with granted(two) as importer:
        await importer.catalogue.create(ProductDraft("T", "Tea"), actor=ME)
        async with importer.database.dedicated("test") as connection:
            changing = [
                each.format(table)
                for table in ("change_sets", "actions")
                for each in (
                    "UPDATE {} SET actor = 'user:2'",
                    "DELETE FROM {}",
                    "TRUNCATE {}",
                    "DROP TABLE {}",
                    "ALTER TABLE {} DISABLE TRIGGER append_only",
                )
            ]
            for statement in (
                *changing,
                "SELECT drop_change_months(now() + interval '1 year')",
                "SELECT forget_actions(now())",
                "DELETE FROM change_sets_default",
                "UPDATE schema_migrations SET version = 0",
                "UPDATE change_history SET since = now()",
            ):
                with pytest.raises(
                    asyncpg.InsufficientPrivilegeError, match="permission denied|must be owner"
                ):
                    await connection.execute(statement)


async def test_rights_that_were_given_before_are_taken_back(two):
    (owner, application), role, settings = two
    async with Importer.open(owner, settings=settings) as importer:
        async with importer.database.connection() as connection:
            await connection.execute(f"GRANT ALL ON change_sets TO {role}")
            await connection.execute("CREATE TABLE others (id bigint)")
        await importer.grant(role)
    async with (
        Importer.open(application, settings=settings) as importer,
        importer.database.dedicated("test") as connection,
    ):
        for statement in ("TRUNCATE change_sets", "SELECT * FROM others"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await connection.execute(statement)


async def test_what_the_owner_has_to_do_is_said(two, tmp_path):
    (owner, application), role, settings = two
    async with Importer.open(owner, settings=settings) as importer:
        await importer.grant(role)
        with pytest.raises(UsageError, match="no role nobody_here"):
            await importer.grant("nobody_here")
        with pytest.raises(UsageError, match="rights of the owner"):
            await importer.grant(role.replace("app", "owner"))
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_acme.sql").write_text("ALTER TABLE products ADD COLUMN acme text")

    async with Importer.open(application, settings=settings) as importer:
        with pytest.raises(UsageError, match="Only the owner"):
            await importer.grant(role)
        async with importer.database.dedicated("test") as connection:
            with pytest.raises(MigrationError, match=f"acme 0001.*the user {role} may not add it"):
                await migrate(connection, [MigrationSet("acme", folder)], settings.schema)


async def test_commands_do_it_and_pages_are_served(two, tmp_path, redis_url):
    (owner, application), role, settings = two
    schema = {} if settings.schema is None else {"PRODUCT_IMPORTER_SCHEMA": settings.schema}
    (tmp_path / "tea.csv").write_text(ROWS)
    line = CommandLine(tmp_path, application, REDIS_URL=redis_url, **schema)
    try:
        migrated = await asyncio.to_thread(line.run, "migrate", "--grant-to", role, DATABASE_URL=owner)
        assert migrated.code == 0, migrated.stderr
        assert f"The role {role} can use it." in migrated.stdout
        imported = await asyncio.to_thread(line.run, "import", tmp_path / "tea.csv", "--quiet")
        assert imported.code == 3, imported.stderr  # a row is rejected
        served = line.start("serve", "--port", "0")
        url = (await asyncio.to_thread(served.stdout.readline)).decode().split()[-1]
        async with aiohttp.ClientSession(url) as session:
            async with session.get("/readyz") as ready:
                assert ready.status == 200, await ready.text()
            async with session.post("/api/v1/products", json={"sku": "M", "name": "Mug"}) as made:
                assert made.status == 201, await made.text()
            async with session.get("/products") as page:
                assert "Mug" in await page.text()
    finally:
        line.close()
