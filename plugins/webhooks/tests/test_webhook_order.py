"""An endpoint that wants it gets the events of each product in the order in which they were committed."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from receiver import Hooks, receiving, until

import product_importer_webhooks
from product_importer.product import ProductDraft
from product_importer.testing import temporary_importer
from product_importer_webhooks import channel
from product_importer_webhooks.bodies import MOST_EVENTS
from product_importer_webhooks.model import Delivery
from product_importer_webhooks.ordering import Waiting, next_in_order

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PRODUCTS = 3
IMPATIENT_RELAY = """
import sys
import product_importer_webhooks.schedule as schedule
schedule.DELAYS = (0.05,) * 1_000
from product_importer.__main__ import main
sys.exit(main())
"""


# --- what may go


@st.composite
def queues(draw):
    def one(position):
        delivery = Delivery(
            day=date(2026, 3, draw(st.integers(1, 2))),
            id=UUID(int=position),
            mode=draw(st.sampled_from(["batch", "single"])),
            sku_prefix=draw(st.sampled_from(["", "S"])),
            type="product.updated",
            parts=(),
            events=draw(st.sampled_from([1, 40, MOST_EVENTS])),
            attempts=0,
            due_at=NOW,
            created_at=NOW,
            position=position,
            products=draw(st.frozensets(st.integers(1, 5), max_size=3)),
        )
        return Waiting(delivery, due=draw(st.integers(0, 3)) > 0, begun=draw(st.booleans()))

    return [one(position) for position in range(draw(st.integers(0, 12)))]


@given(queues(), st.integers(1, 5))
def test_nothing_goes_before_what_tells_of_the_same_product(waiting, most):
    groups = next_in_order(waiting, most)

    chosen = {it.delivery.position: number for number, group in enumerate(groups) for it in group}
    assert len(groups) <= most
    for later in waiting:
        for earlier in waiting[: later.delivery.position]:
            if later.delivery.position in chosen and earlier.delivery.products & later.delivery.products:
                assert chosen[earlier.delivery.position] == chosen[later.delivery.position]
    for group in groups:
        assert all(it.due for it in group)
        assert [it.delivery.position for it in group] == sorted(it.delivery.position for it in group)
        if len(group) > 1:
            assert not any(it.begun for it in group)
            assert len({(it.delivery.day, it.delivery.sku_prefix, it.delivery.mode) for it in group}) == 1
            assert group[0].delivery.mode == "batch"
            assert sum(it.delivery.events for it in group) <= MOST_EVENTS


@given(queues(), st.integers(1, 5))
def test_what_nothing_holds_up_goes(waiting, most):
    groups = next_in_order(waiting, most)

    chosen = {it.delivery.position for group in groups for it in group}
    seen = set()
    for each in waiting:
        if each.due and not each.delivery.products & seen and len(groups) < most:
            assert each.delivery.position in chosen
        seen |= each.delivery.products


# --- what the receiver sees


async def well(request):
    return web.Response(text="thanks")


async def refuse(request):
    return web.Response(status=500)


async def throttle(request):
    return web.Response(status=429)


async def hang(request):
    await asyncio.sleep(3600)


async def reset(request):
    request.transport.abort()
    return web.Response()


class Witness:
    """Notes in which order it is told of a product's changes, and what came before the former had arrived."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.told = {}
        self.accepted = set()
        self.early = []

    async def take(self, request, receiver):
        document = receiver.documents[-1]
        events = document["events"] if document["type"] == "batch" else [document]
        changes = [(event["data"]["product_id"], label(event)) for event in events if "sku" in event["data"]]
        together = set(changes)
        for product, change in changes:
            told = self.told.setdefault(product, [])
            if change not in told:
                if told and (product, told[-1]) not in self.accepted | together:
                    self.early.append((product, change, told[-1]))
                told.append(change)
        answer = self.answers.pop(0) if self.answers else well
        response = await answer(request)
        if answer is well:
            self.accepted |= together
        return response


def label(event):
    """A change of a product that nobody else has: the SKU that it got, or the import that made it."""
    return event["actor"] if event["actor"].startswith("import:") else event["data"]["sku"]


class Relay:
    """A relay with its sender in a process of its own, with a schedule of twentieths of a second."""

    def __init__(self, importer, hooks):
        self.importer = importer
        self.hooks = hooks
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT_RELAY, "relay", "--database-url", self.importer.database.dsn],
            env={**os.environ, "PRODUCT_IMPORTER_DATA_DIR": str(self.importer.settings.data_dir)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def kill(self):
        """With SIGKILL. What it had taken would be due when its lease ends; here, at once."""
        self.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self.process.wait)

        async def gone():
            """The server may be about to do the last that it was told."""
            return not await self.hooks.execute(
                "SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE '%webhooks'"
            )

        await until(gone, "its sessions had ended")
        await self.hooks.hurry()

    @asynccontextmanager
    async def at_work(self):
        self.start()
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                await self.kill()


class Catalogue:
    """Changes products, and knows what is to be told of each."""

    def __init__(self, importer, folder):
        self.importer = importer
        self.folder = folder
        self.products = []
        self.expected = {}

    async def begin(self):
        for n in range(PRODUCTS):
            product = await self.importer.catalogue.create(
                ProductDraft(sku=f"T{n}", name="Tea"), actor="user:1"
            )
            self.products.append(product)
            self.expected[product.id] = [product.sku]

    async def edit(self, number):
        product = self.products[number]
        expected = self.expected[product.id]
        values = {"sku": f"T{number}-{len(expected)}"}
        product = await self.importer.catalogue.change(product.id, product.version, values, actor="user:1")
        self.products[number] = product
        expected.append(product.sku)

    async def import_all(self):
        path = self.folder / "all.csv"
        name = f"Tea {len(self.expected[self.products[0].id])}"
        path.write_text("sku,name\n" + "".join(f"{each.sku},{name}\n" for each in self.products))
        report = await self.importer.run(path)
        assert report.updated == PRODUCTS
        self.products = [await self.importer.catalogue.get(each.id) for each in self.products]
        for told in self.expected.values():
            told.append(f"import:{report.id}")


STEPS = st.one_of(
    st.integers(0, PRODUCTS - 1),
    st.integers(0, PRODUCTS - 1),
    st.just("import"),
    st.tuples(st.just("kill"), st.integers(0, 300)),
)
ANSWERS = st.sampled_from([well, well, refuse, throttle, hang, reset])


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(4, id="a few"),
        pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1_800)], id="many"),
    ],
)
def test_the_order_holds_through_failures_and_kills(examples, tmp_path):
    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(STEPS, min_size=8, max_size=20),
        st.lists(ANSWERS, min_size=4, max_size=25),
        st.sampled_from(["single", "batch"]),
        st.integers(1, 4),
    )
    def holds(steps, answers, mode, concurrency):
        asyncio.run(in_order(tmp_path, steps, answers, mode=mode, concurrency=concurrency))

    holds()


async def in_order(folder, steps, answers, **values):
    async with temporary_importer(product_importer_webhooks) as importer, receiving() as receiver:
        hooks, catalogue, witness = Hooks(importer), Catalogue(importer, folder), Witness(answers)
        receiver.answers = Endless(lambda request: witness.take(request, receiver))
        endpoint = await hooks.add(receiver, ordered=True, timeout_seconds=1, **values)
        relay = Relay(importer, hooks)
        async with relay.at_work():
            await catalogue.begin()
            for step in steps:
                if step == "import":
                    await catalogue.import_all()
                elif isinstance(step, int):
                    await catalogue.edit(step)
                else:
                    await anything_new(receiver)
                    await asyncio.sleep(step[1] / 1000)
                    await relay.kill()
                    relay.start()
            await everything_arrived(hooks, endpoint)
    assert witness.told == catalogue.expected
    assert witness.early == []


async def anything_new(receiver):
    """Something comes, unless all is there already."""
    seen = len(receiver.requests)
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            await until(lambda: len(receiver.requests) > seen, "something came")


class Endless:
    """As a list of answers that are all this one."""

    def __init__(self, answer):
        self.answer = answer

    def pop(self, _):
        return self.answer


async def everything_arrived(hooks, endpoint):
    async def arrived():
        await hooks.execute("UPDATE webhook_endpoints SET paused_until = NULL")
        return await hooks.all_delivered(endpoint)

    await until(arrived, "all had arrived")


# --- one by one


@pytest.fixture
def told(receiver):
    """The SKUs of which the receiver was told, as they came."""
    return lambda: [event["data"]["sku"] for event in receiver.events]


async def test_what_fails_holds_up_its_product_alone_until_it_is_given_up(importer, hooks, receiver, told):
    async def refuse_the_first(request):
        return web.Response(status=400 if "T0" in told()[-1:] else 200)

    endpoint = await hooks.add(receiver, ordered=True, mode="single", concurrency=1)
    receiver.answers = Endless(refuse_the_first)
    catalogue = Catalogue(importer, None)
    async with hooks.relaying():
        await catalogue.begin()
        await until(lambda: told() == ["T0", "T1", "T2"], "each product came")
        await catalogue.edit(0)
        await catalogue.edit(1)
        await until(lambda: told()[3:] == ["T1-1"], "the others went on")
        await hooks.execute(
            "UPDATE webhook_deliveries SET attempts = 9 WHERE state = 'waiting' AND attempts = 1"
        )
        await hooks.execute("UPDATE webhook_deliveries SET due_at = now() WHERE state = 'waiting'")
        await until(lambda: told()[4:] == ["T0", "T0-1"], "it was given up, and what was behind it came")

        async def noted():
            return await hooks.states(endpoint) == {"delivered": 4, "failed": 1}

        await until(noted, "that was noted")


async def test_changes_of_one_product_share_a_request(importer, hooks, receiver, told):
    await hooks.add(receiver, ordered=True)
    catalogue = Catalogue(importer, None)
    await catalogue.begin()
    for _ in range(20):
        await catalogue.edit(0)

    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 23, "all came")

    assert len(receiver.requests) < 10
    assert told() == ["T0", "T1", "T2", *(f"T0-{n}" for n in range(1, 21))]


async def test_changes_of_one_product_follow_each_other_quickly(importer, hooks, receiver, told):
    """Nothing waits for the sender to look again."""
    await hooks.add(receiver, ordered=True, mode="single")
    catalogue = Catalogue(importer, None)
    await catalogue.begin()
    for _ in range(200):
        await catalogue.edit(0)

    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 203, "all came")

    assert [sku for sku in told() if sku.startswith("T0")] == ["T0", *(f"T0-{n}" for n in range(1, 201))]


async def test_what_waits_when_the_option_is_switched_comes_as_well(importer, hooks, receiver, told):
    endpoint = await hooks.add(receiver, mode="single")
    catalogue = Catalogue(importer, None)
    queued = []
    for ordered in (False, True, False):
        await hooks.endpoints.change(endpoint.id, replace(endpoint.draft, ordered=ordered), actor="user:1")
        if not catalogue.products:
            await catalogue.begin()
        await catalogue.edit(0)
        queued.append(await hooks_put(importer, hooks))

    async with hooks.relaying():
        await until(lambda: len(receiver.events) == 6, "all came")

    assert sum(queued) == 6
    assert sorted(told()) == ["T0", "T0-1", "T0-2", "T0-3", "T1", "T2"]


async def hooks_put(importer, hooks):
    """Puts what was committed into the endpoints' queues, sending nothing. Says how many."""
    before = await hooks.execute("SELECT count(*) FROM webhook_deliveries")
    await hooks.execute("UPDATE webhook_endpoints SET paused_until = 'infinity'")
    await importer.sinks.relay_once()
    await hooks.execute("UPDATE webhook_endpoints SET paused_until = NULL")
    after = await hooks.execute("SELECT count(*) FROM webhook_deliveries")
    return after[0][0] - before[0][0]


async def test_what_another_may_have_taken_over_is_left_to_it(importer, hooks, receiver, monkeypatch):
    endpoint = await hooks.add(receiver, ordered=True, mode="single")
    monkeypatch.setattr(channel, "_LEASE_SECONDS", -1_000.0)  # it has run out when the sender comes to it
    await Catalogue(importer, None).begin()

    async with hooks.relaying():

        async def taken():
            rows = await hooks.execute("SELECT count(*) FROM webhook_deliveries WHERE begun_at IS NOT NULL")
            return rows[0][0] == PRODUCTS

        await until(taken, "it had taken them")
        assert await hooks.states(endpoint) == {"waiting": PRODUCTS}
        assert receiver.requests == []
        monkeypatch.setattr(channel, "_LEASE_SECONDS", 60.0)
        await until(lambda: len(receiver.requests) == PRODUCTS, "they were sent")
