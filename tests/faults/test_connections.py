"""The server or a connection goes away in the middle; the import says so, and is resumed to the same end."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from halfway import Barrier, Watch, catalogue_file
from product_importer.errors import DatabaseError
from product_importer.model import ImportOptions, Status
from product_importer.store.migrate import migrate
from servers import InstalledServer
from shop import Shop

CONTENT = catalogue_file(300, version=1)
OPTIONS = ImportOptions(parser="tiny")


async def whole(shop):
    report = await shop.run(CONTENT, parser="tiny")
    assert report.status is Status.COMPLETED
    outcome = await shop.outcome(report.id)
    await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
    return outcome


@pytest.mark.parametrize("who", ["import 1 writer", "import 1"])
async def test_a_connection_is_terminated(shop, barrier, who):
    expected = await whole(shop)
    importer = await shop.importer()
    await barrier.put("BEFORE INSERT", "products", "NEW.sku_key = 'sku-222'")
    import_id = await importer.imports.create(shop.file(CONTENT), OPTIONS)
    running = asyncio.create_task(importer.imports.resume(import_id))
    await barrier.reached()

    terminated = await shop.connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        f"product-importer {who}",
    )
    assert terminated
    await barrier.lift("products")
    with pytest.raises(DatabaseError, match=r"^The connection to the database was lost: ") as caught:
        await running

    assert "\n" not in str(caught.value)
    assert caught.value.code == "database_lost"
    assert [state.id for state in await importer.imports.interrupted()] == [import_id]
    assert (await importer.imports.resume(import_id)).status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected


async def test_a_statement_is_refused(shop):
    """Something in the database that nobody foresaw: the import ends, and goes on once it is mended."""
    expected = await whole(shop)
    importer = await shop.importer()
    await shop.connection.execute("ALTER TABLE products ADD CONSTRAINT odd CHECK (sku_key <> 'sku-222')")
    import_id = await importer.imports.create(shop.file(CONTENT), OPTIONS)

    with pytest.raises(DatabaseError, match='The database refused a statement: .*"odd"'):
        await importer.imports.resume(import_id)

    await shop.connection.execute("ALTER TABLE products DROP CONSTRAINT odd")
    assert [state.id for state in await importer.imports.interrupted()] == [import_id]
    assert (await importer.imports.resume(import_id)).status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected


async def test_interrupted_between_two_blocks_of_deactivation(shop):
    importer = await shop.importer()
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name)"
        " SELECT 's' || n, 'S' || n, 'N' FROM generate_series(1, 40000) AS n;"
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON import_chunks FOR EACH ROW"
        " WHEN (NEW.phase = 'deactivating' AND NEW.first > 1) EXECUTE FUNCTION refuse()"
    )
    path = shop.file("sku,name\nS7,N\nS39999,N\n")
    import_id = await importer.imports.create(path, ImportOptions(missing="deactivate"))
    with pytest.raises(DatabaseError, match="not now"):
        await importer.imports.resume(import_id)
    half_way = await shop.connection.fetchval("SELECT count(*) FROM products WHERE active")
    assert 2 < half_way < 40_000

    await shop.connection.execute("DROP TRIGGER refuse ON import_chunks")
    report = await importer.imports.resume(import_id)

    assert report.status is Status.COMPLETED
    assert report.deactivated == 39_998
    assert await shop.connection.fetchval("SELECT count(*) FROM products WHERE active") == 2
    assert len(await shop.events("product.updated")) == 39_998


async def test_a_file_that_changed_meanwhile_is_refused(shop, barrier):
    importer = await shop.importer()
    path = shop.file(CONTENT)
    await barrier.put("BEFORE INSERT", "products", "NEW.sku_key IN ('sku-111', 'sku-222')")
    import_id = await importer.imports.create(path, OPTIONS)
    running = asyncio.create_task(importer.imports.resume(import_id))
    await barrier.reached(by=2)  # so that neither writer can finish the file
    await importer.imports.cancel(import_id)
    await barrier.lift("products")
    assert (await running).status is Status.CANCELLED

    path.write_text(CONTENT.replace("Text 5", "Text V"))
    report = await importer.imports.resume(import_id)
    assert report.status is Status.FAILED
    assert "not the one that this import began with" in report.state.message

    path.unlink()
    report = await importer.imports.resume(import_id)
    assert report.status is Status.FAILED
    assert "No such file" in report.state.message

    path.write_text(CONTENT)
    report = await importer.imports.resume(import_id)
    assert report.status is Status.COMPLETED
    assert len(await shop.events("product.")) == report.created


async def test_the_server_stops_at_once_and_comes_back(postgres_15_binaries, tmp_path):
    """An immediate stop in the middle of COPY, as in a power failure, and recovery from the log."""
    server = await asyncio.to_thread(InstalledServer, postgres_15_binaries)
    try:
        await asyncio.to_thread(server.start)
        async with AsyncExitStack() as stack:
            connection = await asyncpg.connect(server.url)
            await migrate(connection)
            shop = Shop(server.url, tmp_path, connection, stack)
            expected = await whole(shop)
            barrier = Barrier(shop)
            importer = await shop.importer()
            await barrier.put("BEFORE INSERT", "products", "NEW.sku_key = 'sku-222'")
            import_id = await importer.imports.create(shop.file(CONTENT), OPTIONS)
            running = asyncio.create_task(importer.imports.resume(import_id))
            await Watch(shop).chunks(3)
            await barrier.reached()

            await asyncio.to_thread(server.stop)
            with pytest.raises(DatabaseError) as caught:
                await running
            assert "\n" not in str(caught.value)
            with pytest.raises(DatabaseError):
                await importer.imports.resume(import_id)

            await asyncio.to_thread(server.start)
            shop.connection = await asyncpg.connect(server.url)
            stack.push_async_callback(shop.connection.close)
            await shop.connection.execute("DROP TRIGGER barrier ON products")
            assert (await importer.imports.resume(import_id)).status is Status.COMPLETED
            assert await shop.outcome(import_id) == expected
    finally:
        await asyncio.to_thread(server.remove)


async def test_a_completed_import_survives_an_immediate_stop(postgres_15_binaries, tmp_path):
    """Chunks are committed without waiting for the disk; the commit that ends the import waits for them."""
    server = await asyncio.to_thread(InstalledServer, postgres_15_binaries)
    try:
        await asyncio.to_thread(server.start)
        async with AsyncExitStack() as stack:
            connection = await asyncpg.connect(server.url)
            await migrate(connection)
            shop = Shop(server.url, tmp_path, connection, stack)
            report = await shop.run(CONTENT, parser="tiny")
            await asyncio.to_thread(server.stop)
            assert report.status is Status.COMPLETED

            await asyncio.to_thread(server.start)
            shop.connection = await asyncpg.connect(server.url)
            stack.push_async_callback(shop.connection.close)
            importer = await shop.importer()
            assert await importer.imports.report(report.id) == report
            found = await shop.connection.fetchval("SELECT count(*) FROM products")
            assert found == report.created > 0
            assert len(await shop.events("product.")) == report.created
    finally:
        await asyncio.to_thread(server.remove)
