"""Products that the file lacks go off sale, but for those that somebody is at."""

import asyncio

import asyncpg

from halfway import until
from product_importer.model import ImportOptions, Status

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


async def test_a_product_that_is_edited_meanwhile_stays(shop):
    await shop.run("sku,name\nA,Tea\nB,Cup\nC,Pot\n")
    importer = await shop.importer()
    editor = await asyncpg.connect(shop.url)
    try:
        edit = editor.transaction()
        await edit.start()
        await editor.execute("UPDATE products SET name = 'Mug', version = version + 1 WHERE sku_key = 'b'")
        options = ImportOptions(missing="deactivate")
        running = asyncio.create_task(importer.run(shop.file("sku,name\nA,Tea\n"), options))

        async def blocked():
            return await shop.connection.fetchval(WAITING) > 0

        await until(blocked, "the import waited for the edit")
        await edit.commit()
        report = await running
    finally:
        await editor.close()

    assert (report.status, report.deactivated) == (Status.COMPLETED, 1)
    products = await shop.products()
    assert {key: product["active"] for key, product in products.items()} == {"a": True, "b": True, "c": False}
    assert products["b"]["name"] == "Mug"


async def test_an_import_that_was_cancelled_after_its_process_had_gone_goes_no_further(shop):
    importer = await shop.importer()
    import_id = await importer.create(shop.file("sku,name\nA,Tea\n"))
    await shop.connection.execute(
        "UPDATE imports SET status = 'running', lease_token = 1, attempts = 1, started_at = now(),"
        " cancel_requested_at = now() WHERE id = $1",
        import_id,
    )

    report = await importer.start(import_id)

    assert report.status is Status.CANCELLED
    assert await shop.products() == {}
