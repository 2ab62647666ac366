"""One import, several processes: exactly one of them saves. Cancelling is soon and never lost."""

import asyncio
import random
import signal
import time
from contextlib import suppress

import pytest

import rehearsal
from commandline import ended as wait_for
from halfway import Watch, catalogue_file, until
from product_importer.errors import DatabaseError, ImportBusy, LeaseLost, UsageError
from product_importer.model import ImportOptions, Status
from shop import Plugin, Shop, ledger

SLOW = ImportOptions(parser="small", duplicates="slow")
CANCELLED_WITHIN = 2.0


class SlowWhere:
    """A validator and a dedupe policy that take their time, each as long as the test wants."""

    def __init__(self, *, read=0.0, save=0.0):
        self.seconds = {"validator": read, "policy": save}

    def plugin(self):
        return Plugin(
            parsers=[rehearsal.Small()],
            validators=[self.Validator(self.seconds)],
            policies=[self.Policy(self.seconds)],
        )

    class Validator:
        name = "slow-validator"

        def __init__(self, seconds):
            self.seconds = seconds

        def check(self, batch):
            time.sleep(self.seconds["validator"])
            return ()

    class Policy:
        name = "slow"
        rejects = False

        def __init__(self, seconds):
            self.seconds = seconds

        def rank(self, batch):
            time.sleep(self.seconds["policy"])
            return batch.column("line")


async def whole(shop, content):
    """The outcome of the import with nobody in its way; the shop is empty again afterwards."""
    importer = await shop.open(SlowWhere().plugin())
    report = await importer.run(shop.file(content), SLOW)
    assert report.status is Status.COMPLETED, report.state.message
    outcome = await shop.outcome(report.id)
    await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
    return outcome


@pytest.fixture
def content(monkeypatch):
    """A file of some twenty chunks, each with a SKU that is repeated."""
    monkeypatch.setenv("REHEARSAL_ROWS", "50")
    return catalogue_file(1_000, version=1)


async def test_a_second_process_is_told_that_the_first_is_at_it(shop, content, watch):
    importer = await shop.open(SlowWhere(save=0.02).plugin())
    other = await shop.open(SlowWhere().plugin())
    import_id = await importer.imports.create(shop.file(content), SLOW)
    running = asyncio.create_task(importer.imports.resume(import_id))
    await watch.chunks(1)

    with pytest.raises(ImportBusy, match=f"Import {import_id} is being run by another process"):
        await other.imports.resume(import_id)
    assert await other.imports.interrupted() == []

    report = await running
    assert report.status is Status.COMPLETED
    with pytest.raises(UsageError, match="has ended as completed; there is nothing to resume"):
        await other.imports.resume(import_id)


async def test_of_many_who_begin_at_once_one_wins(shop, content):
    importer = await shop.open(SlowWhere(save=0.01).plugin())
    import_id = await importer.imports.create(shop.file(content), SLOW)

    ends = await asyncio.gather(
        *(importer.imports.resume(import_id) for _ in range(6)), return_exceptions=True
    )

    (report,) = [end for end in ends if not isinstance(end, Exception)]
    assert report.status is Status.COMPLETED
    assert [type(end) for end in ends if isinstance(end, Exception)] == [ImportBusy] * 5


async def test_a_stalled_owner_is_put_out_of_office(shop, content, command_line, watch):
    """Stopped, overtaken once its lease has run out, and woken: what it does then counts for nothing."""
    expected = await whole(shop, content)
    process = command_line.start(
        "import", shop.file(content), "--parser=small", "--duplicates=slow", REHEARSAL_SAVE="0.05"
    )
    import_id = await watch.import_id()
    await watch.chunks(3)
    process.send_signal(signal.SIGSTOP)
    importer = await shop.open(SlowWhere().plugin())
    with pytest.raises(ImportBusy):
        await importer.imports.resume(import_id)

    await shop.connection.execute("UPDATE imports SET lease_expires_at = now()")  # time passes
    taken_over = asyncio.create_task(importer.imports.resume(import_id))

    async def overtaken():
        return await shop.connection.fetchval("SELECT lease_token FROM imports") == 2

    await until(overtaken, "the import had a new owner")  # woken before, the old one would just go on
    await asyncio.sleep(random.random() * 0.1)
    process.send_signal(signal.SIGCONT)
    report = await taken_over
    ended = await asyncio.to_thread(wait_for, process)

    assert report.status is Status.COMPLETED
    assert ended.code == 1
    assert "taken over" in ended.complaint or "was lost" in ended.complaint
    assert await shop.outcome(import_id) == expected


async def test_an_owner_whose_lock_is_lost_is_fenced_off(shop, content, watch):
    """Its other connections live on, so nothing but the fencing token keeps it from saving."""
    expected = await whole(shop, content)
    slow = await shop.open(SlowWhere(save=0.05).plugin())
    import_id = await slow.imports.create(shop.file(content), SLOW)
    stalled = asyncio.create_task(slow.imports.resume(import_id))
    await watch.chunks(2)
    await shop.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        f"product-importer import {import_id}",
    )

    report = await (await shop.open(SlowWhere().plugin())).imports.resume(import_id)

    with pytest.raises((LeaseLost, DatabaseError)):
        await stalled
    assert report.status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected


async def taken_over(shop, import_id):
    """The report of an import that is taken from an owner who lives, and who goes on renewing its lease."""
    importer = await shop.open(SlowWhere().plugin())
    while True:
        await shop.connection.execute("UPDATE imports SET lease_expires_at = now() WHERE id = $1", import_id)
        with suppress(ImportBusy):
            return await importer.imports.resume(import_id)


async def test_taking_one_import_over_leaves_its_namesakes_alone(shop, content, watch):
    """Import 1 is overtaken while import 10 runs."""
    await shop.connection.execute("ALTER TABLE imports ALTER id RESTART WITH 10")
    slow = await shop.open(SlowWhere(save=0.2).plugin())
    ten = await slow.imports.create(shop.file(content), SLOW)
    await shop.connection.execute("ALTER TABLE imports ALTER id RESTART WITH 1")
    one = await slow.imports.create(
        shop.file(content.replace("SKU-", "OTHER-").replace("sku-", "other-")), SLOW
    )
    assert (one, ten) == (1, 10)
    tasks = [asyncio.create_task(slow.imports.resume(number)) for number in (one, ten)]
    await watch.chunks(6)

    report = await taken_over(shop, one)
    ends = await asyncio.gather(*tasks, return_exceptions=True)

    assert report.status is Status.COMPLETED
    assert isinstance(ends[0], (LeaseLost, DatabaseError))
    assert ends[1].status is Status.COMPLETED


@pytest.mark.parametrize(("where", "moment"), [("read", 0.3), ("save", 0.3), ("read", 0.0)])
async def test_cancel_and_resume(shop, content, where, moment):
    expected = await whole(shop, content)
    importer = await shop.open(SlowWhere(**{where: 0.1}).plugin())
    import_id = await importer.imports.create(shop.file(content), SLOW)
    running = asyncio.create_task(importer.imports.resume(import_id))
    await Watch(shop).import_id()
    await asyncio.sleep(moment)

    began = time.monotonic()
    await importer.imports.cancel(import_id)
    report = await running

    assert time.monotonic() - began < CANCELLED_WITHIN
    assert report.status is Status.CANCELLED
    assert report.state.message.startswith("Cancelled. ")
    assert report.state.percent < 100
    assert await shop.events("import.") == []
    quick = await shop.open(SlowWhere().plugin())
    assert (await quick.imports.resume(import_id)).status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected


async def test_a_cancelled_import_that_waited_never_begins(shop):
    importer = await shop.importer()
    import_id = await importer.imports.create(shop.file("sku,name\nA,Tea\n"))

    await importer.imports.cancel(import_id)

    report = await importer.imports.start(import_id)
    assert report.status is Status.CANCELLED
    assert report.state.finished_at is not None
    assert await shop.products() == {}
    assert (await importer.imports.resume(import_id)).created == 1  # asked for by name, it goes on after all


async def test_an_ended_import_can_not_be_cancelled(shop):
    report = await shop.run("sku,name\nA,Tea\n")
    await (await shop.importer()).imports.cancel(report.id)
    assert (await (await shop.importer()).imports.state(report.id)).status is Status.COMPLETED


SHOPS, CANCELS_EACH = 2, 50


@pytest.mark.slow
async def test_no_cancel_is_lost(server, tmp_path, content):
    """A hundred times, at random moments, in two shops at once, as much of it is waiting."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    slowest = await asyncio.gather(
        *(cancelled_often(server, tmp_path / str(n), content, random.Random(seed + n)) for n in range(SHOPS))
    )
    print(f"the slowest took {max(slowest):.2f} s")
    assert max(slowest) < CANCELLED_WITHIN


async def cancelled_often(server, folder, content, chance):
    """Each import that was cancelled is then resumed to its end. Gives how long the slowest cancel took."""
    folder.mkdir()
    slowest = 0.0
    async with server.database() as url, Shop.at(url, folder) as shop:
        expected = await whole(shop, content)
        importer = await shop.open(SlowWhere(read=0.03, save=0.03).plugin())
        finisher = await shop.open(SlowWhere().plugin())
        for _ in range(CANCELS_EACH):
            await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
            import_id = await importer.imports.create(shop.file(content, "cancelled.csv"), SLOW)
            running = asyncio.create_task(importer.imports.resume(import_id, lambda state: None))
            await Watch(shop).import_id()
            await asyncio.sleep(chance.random())
            began = time.monotonic()
            await importer.imports.cancel(import_id)
            report = await running
            slowest = max(slowest, time.monotonic() - began)
            assert report.status is Status.CANCELLED
            report = await finisher.imports.resume(import_id)
            assert await shop.outcome(import_id) == expected
            assert ledger(report)
    return slowest
