"""Workers begin what is due by a schedule, and import it."""

from working import working

from halfway import until
from product_importer.model import Status
from product_importer.model.schedules import ScheduleDraft
from webserver import CSV, LOOPBACK, site


async def test_a_worker_imports_at_the_time_of_a_schedule(shop, queues):
    importer = await shop.open(fetch_allow=LOOPBACK)
    async with site() as there, working(importer, queues):
        made = await importer.schedules.create(
            ScheduleDraft("Supplier", there.add("/fruit.csv", CSV), "0 6 * * *")
        )
        await shop.connection.execute("UPDATE schedules SET next_at = now()")

        async def imported():
            last = (await importer.schedules.get(made.id)).last
            return last is not None and last.status is Status.COMPLETED

        await until(imported, "the file was imported")

    assert len(await shop.products()) == 2
    assert (await importer.schedules.get(made.id)).next_at == made.next_at
    assert len(await importer.schedules.runs(made.id)) == 1
