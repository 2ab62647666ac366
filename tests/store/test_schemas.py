"""Several catalogues in one database, each in a schema of its own, and none in another's way."""

import asyncio
import dataclasses
import re
import shutil
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import asyncpg
import pytest

from halfway import Watch, catalogue_file, until
from product_importer import Importer
from product_importer.errors import DatabaseError, ImportBusy, SettingsError
from product_importer.model import ImportOptions, MigrationSet, Status
from product_importer.product import ProductDraft, ProductFilter
from product_importer.settings import Settings
from product_importer.store import connect
from product_importer.store.connect import Database
from product_importer.store.locks import Locks, second
from product_importer.store.migrate import CORE, migrate, pending, read_migrations
from product_importer.support.namespace import dsn_of_schema, schema_name, session_name
from receiving import Recorder, eventually, relaying
from servers import public_directory
from shop import Plugin, Shop

# These tests run everything that a catalogue can do, twice.
pytestmark = pytest.mark.whole

LONGEST = "a" * 63
PLAIN, TOY, USER = None, "toys", "user"
"""A reserved word is a name like others."""

SLOW = ImportOptions(parser="tiny", duplicates="slow")


async def migrated(url, schema, *sets):
    async with Database.open(url, schema) as database, database.dedicated("migrations") as connection:
        return await migrate(connection, sets, schema)


@asynccontextmanager
async def catalogue(url, folder, schema):
    (folder / str(schema)).mkdir()
    await migrated(url, schema)
    async with Shop.at(url, folder / str(schema), schema) as shop:
        yield shop


@pytest.fixture
async def empty(server):
    async with server.database("template0") as url:
        yield url


@pytest.fixture
async def shops(empty, tmp_path):
    """Three catalogues of one database, migrated at the same time; the first is in no schema of its own."""
    async with AsyncExitStack() as stack:
        await migrated(empty, PLAIN)  # it makes the extension where the others find it
        yield await asyncio.gather(
            *(stack.enter_async_context(catalogue(empty, tmp_path, schema)) for schema in (PLAIN, TOY, USER))
        )


def rows_of(schema, number):
    return "sku,name,price\n" + "".join(f"S-{n},{schema} {n},{n}\n" for n in range(number))


async def test_each_imports_lists_and_exports_its_own_at_the_same_time(shops):
    importers = [await shop.importer() for shop in shops]
    reports = await asyncio.gather(
        *(shop.run(rows_of(shop.schema, 50 + n), parser="tiny") for n, shop in enumerate(shops))
    )

    assert [(it.status, it.id, it.created) for it in reports] == [
        (Status.COMPLETED, 1, 50 + n) for n in range(3)
    ]
    await asyncio.gather(*(importer.catalogue.index_all() for importer in importers))
    for number, (shop, importer) in enumerate(zip(shops, importers, strict=True)):
        page = await importer.catalogue.list(ProductFilter(name=f"{shop.schema} 1"), page_size=200)
        assert page.total == 11
        assert (await importer.catalogue.list(ProductFilter(search="4"))).total == 14
        exported = b"".join([piece async for piece in importer.catalogue.export()]).decode()
        assert exported.count(f'","{shop.schema} ') == exported.count("\n") - 1 == 50 + number
        assert {event.data["sku"] for event in await shop.events("product")} == {
            f"S-{n}" for n in range(50 + number)
        }
        assert [state.id for state in await importer.imports.recent()] == [1]


async def test_all_have_the_search_index_by_one_extension(shops):
    for shop in shops:
        importer = await shop.importer()
        await importer.catalogue.create(ProductDraft(sku="A", name="Apple"), actor="test")
        indexing = await importer.catalogue.index_all()
        assert (indexing.done, indexing.searchable) == (1, True)
        assert await shop.connection.fetchval("SELECT to_regclass('product_texts_search') IS NOT NULL")

    await shops[0].connection.execute('DROP SCHEMA "user" CASCADE')

    for shop in shops[:2]:
        assert await shop.connection.fetchval("SELECT to_regclass('product_texts_search') IS NOT NULL")


@pytest.mark.parametrize("place", ["public", "extensions", None])
async def test_the_extension_may_be_anywhere(empty, tmp_path, place):
    """Without one it is made in ``public``, though the first catalogue lies elsewhere."""
    admin = await asyncpg.connect(empty)
    if place is not None:
        await admin.execute(f"CREATE SCHEMA IF NOT EXISTS {place}; CREATE EXTENSION pg_trgm SCHEMA {place}")
    async with catalogue(empty, tmp_path, TOY) as toys, catalogue(empty, tmp_path, USER) as users:
        found = await admin.fetchval(
            "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'"
        )
        assert found == (place or "public")
        for shop in (toys, users):
            importer = await shop.importer()
            await importer.catalogue.create(ProductDraft(sku="A", name="Apple"), actor="test")
            assert (await importer.catalogue.index_all()).searchable
            assert await shop.connection.fetchval("SELECT to_regclass('product_texts_search') IS NOT NULL")
    await admin.close()


async def test_what_a_schema_lacks_is_not_looked_for_in_another(shops, empty):
    """Neither where it is missing nor where it has no tables yet."""
    await shops[0].connection.execute("CREATE SCHEMA bare")
    for schema in ("nowhere", "bare"):
        async with Database.open(empty, schema) as database, database.connection() as connection:
            assert len(await pending(connection, (), schema)) == len(read_migrations(CORE))
            with pytest.raises(asyncpg.UndefinedTableError):
                await connection.fetch("SELECT FROM products")


async def test_one_is_taken_over_and_the_other_goes_on(shops):
    """Both run their import 1, with the same names of owner and writers but for the schema."""
    content = catalogue_file(600, version=1)
    running = []
    for shop in shops:
        importer = await shop.open(Plugin(policies=[SlowPolicy(0.05)]))
        running.append(
            asyncio.create_task(
                importer.imports.resume(await importer.imports.create(shop.file(content), SLOW))
            )
        )
    taken = shops[1]
    await asyncio.gather(*(Watch(shop).import_id() for shop in shops))
    await Watch(taken).chunks(2)
    importer = await taken.open(Plugin(policies=[SlowPolicy(0.0)]))
    while True:
        await taken.connection.execute("UPDATE imports SET lease_expires_at = now()")
        with suppress(ImportBusy):
            report = await importer.imports.resume(1)
            break
    ends = await asyncio.gather(*running, return_exceptions=True)

    assert report.status is Status.COMPLETED
    assert isinstance(ends[1], Exception)
    for end, shop in ((ends[0], shops[0]), (report, shops[1]), (ends[2], shops[2])):
        assert end.status is Status.COMPLETED
        assert len(await shop.products()) == 600
        assert await shop.connection.fetchval("SELECT lease_token FROM imports") == 1 + (shop is taken)


class SlowPolicy:
    name = "slow"
    rejects = False

    def __init__(self, seconds):
        self.seconds = seconds

    def rank(self, batch):
        time.sleep(self.seconds)
        return batch.column("line")


async def test_who_holds_a_lock_in_one_keeps_nobody_out_in_another(shops):
    """Every lock of the plain catalogue is held; the others do all that they do."""
    plain = Locks()
    connection = shops[0].connection
    for number in (7163001, plain.migrating, plain.indexing, 7163100):
        await connection.execute("SELECT pg_advisory_lock($1)", number)
    for kind in (plain.imports, plain.deletions, plain.sinks):
        await connection.execute("SELECT pg_advisory_lock($1, 1)", kind)

    for shop in shops[1:]:
        async with asyncio.timeout(30):
            await migrated(shop.url, shop.schema)
            importer = await shop.importer()
            assert (await shop.run("sku,name\nA,B\n")).created == 1
            assert (await importer.catalogue.index_pending()).done
            assert not (await importer.catalogue.index_pending()).importing
            await importer.sinks.relay_once()
            deletion = await importer.deletions.request(1, actor="test")
            assert (await importer.deletions.run(deletion.id)).deleted == 1


async def test_a_running_import_is_seen_in_its_own_catalogue_only(shops):
    importers = [await shop.importer() for shop in shops]
    for shop in shops:
        await shop.stored(await shop.importer(), "sku,name\nA,B\n")
        await shop.connection.execute("UPDATE imports SET background = true")
    numbers = Locks.of(TOY)
    await shops[0].connection.execute("SELECT pg_advisory_lock($1, 1)", numbers.imports)

    assert [len(await importer.imports.due()) for importer in importers] == [1, 0, 1]
    assert [(await importer.catalogue.index_pending()).importing for importer in importers] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("number", [1, 2**31 - 1, 2**31, 2**32 - 1, 2**40 + 5])
async def test_who_holds_a_lock_is_found_by_class_and_id(shop, number):
    """Ids have 64 bits, a lock's second number 32, with a sign."""
    locks = Locks.of(TOY)
    held = "SELECT advisory_held($1, $2)"
    async with (await shop.importer()).database.dedicated("test") as connection:
        await connection.execute("SELECT pg_advisory_lock($1, $2)", locks.imports, second(number))

        assert await shop.connection.fetchval(held, locks.imports, number)
        assert await shop.connection.fetchval("SELECT advisory_held($1)", locks.imports)
        assert not await shop.connection.fetchval(held, locks.imports, number + 1)
        assert not await shop.connection.fetchval(held, locks.deletions, number)
        assert not await shop.connection.fetchval("SELECT advisory_held($1)", Locks().imports)


async def test_relays_hear_of_their_own_events_and_take_no_others(shops):
    recorders = [Recorder() for _ in shops]
    importers = [
        await shop.open(Plugin(sinks=[recorder])) for shop, recorder in zip(shops, recorders, strict=True)
    ]
    async with AsyncExitStack() as stack:
        for importer in importers:
            await stack.enter_async_context(relaying(importer))
        for number, importer in enumerate(importers):
            await importer.catalogue.create(ProductDraft(sku=f"S-{number}", name="x"), actor="test")
        await eventually(lambda: all(recorder.events for recorder in recorders), "all events were told")
        await asyncio.sleep(0.2)

    assert [[event["data"]["sku"] for event in it.events] for it in recorders] == [["S-0"], ["S-1"], ["S-2"]]


async def test_notifications_are_heard_in_their_own_catalogue(shops):
    heard = []
    await shops[0].connection.add_listener("product_importer_events", lambda *_: heard.append("plain"))
    database = (await shops[1].importer()).database
    await shops[0].connection.add_listener(database.channel, lambda *_: heard.append("toys"))

    await (await shops[1].importer()).catalogue.create(ProductDraft(sku="A", name="B"), actor="test")

    async def told():
        return heard

    await until(told, "it was heard of")
    assert heard == ["toys"]


async def test_what_another_program_changes_is_noted_in_the_same_schema(shops):
    """It has a search path of its own, which leads to another catalogue."""
    await asyncio.gather(*(shop.run("sku,name\nA,B\n") for shop in shops))

    await shops[0].connection.execute("UPDATE toys.products SET name = 'C'")
    await shops[0].connection.execute("INSERT INTO toys.products (sku_key, sku, name) VALUES ('D', 'D', 'E')")

    notes = [await shop.connection.fetchval("SELECT count(*) FROM product_changes") for shop in shops]
    assert notes == [1, 3, 1]
    assert (await (await shops[1].importer()).catalogue.list(ProductFilter(name="c"))).total == 1


async def test_plugins_tables_lie_in_the_schema(empty, tmp_path):
    (tmp_path / "0001_notes.sql").write_text("CREATE TABLE acme_notes (text text)")
    acme = MigrationSet("acme", tmp_path)
    for schema in (TOY, USER):
        await migrated(empty, schema, acme)
    connection = await asyncpg.connect(empty)
    found = await connection.fetch(
        "SELECT schemaname FROM pg_tables WHERE tablename = 'acme_notes' ORDER BY 1"
    )
    await connection.close()

    assert {row["schemaname"] for row in found} == {TOY, USER}


async def test_everything_lies_in_the_schema(empty):
    connection = await asyncpg.connect(empty)
    await migrated(empty, TOY)

    found = await connection.fetchval(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    unpinned = await connection.fetchval(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'toys'::regnamespace AND proconfig IS NULL"
        " AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')"
    )
    await connection.close()
    assert (found, unpinned) == (0, 0)
    assert await migrated(empty, TOY) == ()


async def test_two_that_begin_at_once_make_the_schema_once(empty):
    done = await asyncio.gather(*(migrated(empty, TOY) for _ in range(4)))

    assert sorted(map(len, done)) == [0, 0, 0, len(read_migrations(CORE))]


async def test_the_importer_takes_the_setting(empty, tmp_path):
    settings = Settings(data_dir=tmp_path, schema=LONGEST)
    async with Importer.open(empty, settings=settings) as importer:
        await importer.catalogue.create(ProductDraft(sku="A", name="B"), actor="test")
        await importer.check()
        async with importer.connection() as connection:
            assert await connection.fetchval("SELECT current_schema()") == LONGEST


async def test_the_same_setting_is_needed_always(shops):
    """Otherwise their locks would be others', and two processes could run one import."""
    with pytest.raises(DatabaseError, match="in the schema public was made without PRODUCT_IMPORTER_SCHEMA"):
        await migrated(shops[0].url, "public")
    for check in (migrate, pending):
        with pytest.raises(DatabaseError, match="in the schema toys was made with .* isn't set now"):
            await check(shops[1].connection)
    await shops[0].connection.execute("ALTER SCHEMA toys RENAME TO games")
    with pytest.raises(DatabaseError, match="in the schema games was made when the schema had another name"):
        await migrated(shops[0].url, "games")


async def test_rights_that_are_missing_are_told(empty):
    admin = await asyncpg.connect(empty)
    await admin.execute("CREATE SCHEMA closed; DROP ROLE IF EXISTS visitor; CREATE ROLE visitor LOGIN")
    url = re.sub(r"user=[^&]*", "user=visitor", empty)
    try:
        for schema, reason in (
            (
                "closed",
                "the user visitor lacks the right to.*GRANT ALL ON SCHEMA closed TO visitor",
            ),
            ("missing", "There is no schema missing.*CREATE SCHEMA missing AUTHORIZATION visitor"),
        ):
            with pytest.raises(DatabaseError, match=reason):
                await migrated(url, schema)
            async with Database.open(url, schema) as database, database.connection() as connection:
                with pytest.raises(DatabaseError, match=reason):
                    await pending(connection, (), schema)
    finally:
        await admin.execute("DROP ROLE visitor")
        await admin.close()


async def test_a_pooler_that_drops_the_search_path_is_noticed(empty, monkeypatch):
    monkeypatch.setattr(connect, "_settings", lambda *_: {})

    with pytest.raises(DatabaseError, match="though toys was asked for.*PgBouncer"):
        async with Database.open(empty, TOY):
            pass


@pytest.mark.parametrize(
    "name", ["", "Toys", "2toys", "to ys", 'to"ys', "pg_toys", "information_schema", "töys", "a" * 64, "a\n"]
)
def test_names_that_a_schema_can_not_have(name):
    with pytest.raises(ValueError, match="lower-case letters"):
        schema_name(name)
    with pytest.raises(SettingsError, match="is not a schema's name: up to 63 lower-case letters"):
        Settings(schema=name)


def test_without_a_schema_names_and_numbers_are_as_they_always_were():
    """Older processes at the same database have the same."""
    locks = Locks.of(None)

    assert (locks.migrating, locks.indexing, locks.salt) == (7163002, 7163004, 0)
    assert (locks.imports, locks.deletions, locks.sinks) == (7163003, 7163005, 7163006)
    assert session_name(None) == "product-importer"
    assert session_name(None, "import 5 writer") == "product-importer import 5 writer"


async def test_without_a_schema_sessions_and_locks_are_called_as_before(shops):
    importer = await shops[0].importer()
    database = importer.database
    assert (database.schema, database.channel) == (None, "product_importer_events")
    async with database.dedicated("import 5") as connection:
        assert await connection.fetchval("SHOW application_name") == "product-importer import 5"
        assert await connection.fetchval("SHOW search_path") == '"$user", public'
        assert await connection.fetchval("SELECT lock_number(7163001)") == 7163001
    async with database.connection() as connection:
        assert await connection.fetchval("SHOW application_name") == "product-importer"


@pytest.mark.parametrize("schema", [TOY, USER, LONGEST, "a" * 62])
def test_with_a_schema_names_and_numbers_are_its_own(schema):
    """They have to fit: the server cuts names off, and numbers that are too large are refused."""
    name = session_name(schema, f"import {2**63 - 1} writer")
    locks, plain = Locks.of(schema), Locks()

    assert len(name) < 64
    assert re.fullmatch(r"product-importer [0-9a-f]{8} import \d+ writer", name)
    single = {locks.migrating, locks.indexing}
    classes = {locks.imports, locks.deletions, locks.sinks}
    assert len(single) == 2
    assert len(classes) == 3
    assert not single & {plain.migrating, plain.indexing}
    assert not classes & {plain.imports, plain.deletions, plain.sinks}
    assert all(0 <= number < 2**63 for number in single)
    assert all(0 <= number < 2**31 for number in classes)


@pytest.mark.parametrize(
    ("dsn", "options"),
    [
        ("postgresql:///shop?host=%2Ftmp&port=1", "-csearch_path=%22toys%22"),
        ("postgresql://user:p%40ss@host/shop", "-csearch_path=%22toys%22"),
        ("postgresql://host/shop?search_path=elsewhere", "-csearch_path=%22toys%22"),
        ("postgresql://host/shop?options=-cjit%3Doff&user=me", "-cjit%3Doff%20-csearch_path=%22toys%22"),
    ],
)
def test_a_url_leads_to_the_schema(dsn, options):
    found = dsn_of_schema(dsn, TOY)

    assert f"options={options.replace('=%22', '%3D%22')}" in found
    assert "elsewhere" not in found
    assert found.partition("?")[0] == dsn.partition("?")[0]
    assert dsn_of_schema(dsn, None) == dsn


@pytest.mark.whole
async def test_the_embedded_database_has_room_for_several(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = public_directory()
    try:
        plain = Settings(data_dir=home / "data")
        async with (
            Importer.open(settings=plain) as first,
            Importer.open(settings=dataclasses.replace(plain, schema=TOY)) as second,
        ):
            for importer in (first, second, second):
                path = home / "products.csv"
                path.write_text(f"sku,name\nA,{importer.settings.schema}\n")
                report = await importer.run(path)
            assert report.id == 2
            assert [(await it.catalogue.list()).products[0].name for it in (first, second)] == ["None", TOY]
    finally:
        shutil.rmtree(home)
