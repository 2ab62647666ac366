"""Random histories of a catalogue end as a model in plain Python says (:mod:`catalogue_model`).

A history is any sequence of imports, edits, deletions, plans, undos and ways back to a moment. After each
step, the table is as the model says, the plan has said so before, and the events of all steps make up the
same table. At the end, the log rebuilds the table of each moment, and each product's history leads to what
the product is. ``HISTORIES`` is the number of long ones.
"""

import asyncio
import json
import os
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest
from catalogue_model import BAD_PRICE, NEW, CatalogueModel
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from logs import latest, rebuilt

from product_importer.errors import ConflictError
from product_importer.fields import NAMES
from product_importer.model import ImportOptions, Status
from product_importer.model.resubmissions import CorrectedRow
from product_importer.product import ProductDraft
from receiving import Recorder
from shop import Plugin, Shop, TinyBatches

ME = "user:1"
SKUS = [f"S{n}" for n in range(6)]
SPELLINGS = st.sampled_from(SKUS) | st.sampled_from(SKUS).map(str.lower)
CELLS = {
    "name": st.sampled_from(["Tea", "Cup", "Mug", ""]),
    "price": st.sampled_from(["1", "2", "2.5", "", BAD_PRICE]),
    "stock": st.sampled_from(["1", "2", ""]),
    "description": st.sampled_from(["x", "y", ""]),
    "active": st.sampled_from(["true", "false", ""]),
    "Colour": st.sampled_from(["red", "blue", ""]),
}
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Tea", "Pot"]),
        "price": st.sampled_from([None, 1, 2, 3]),
        "stock": st.sampled_from([None, 1, 3]),
        "description": st.sampled_from([None, "x", "z"]),
        "attributes": st.sampled_from([{}, {"Colour": "red"}, {"Colour": "green"}]),
        "sku": SPELLINGS,
    },
).filter(bool)
NUMBERS = st.integers(0, 30)
"""Places in lists that only a run knows, by their remainders."""


@st.composite
def files(draw):
    """A header, and rows with an SKU each."""
    optional = draw(st.lists(st.sampled_from([name for name in CELLS if name != "name"]), unique=True))
    header = ["sku", "name", *optional]
    cells = st.tuples(SPELLINGS, *(CELLS[name] for name in header[1:])).map(list)
    return header, draw(st.lists(cells, min_size=1, max_size=6, unique_by=lambda row: row[0].lower()))


MODES = st.one_of(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["merge", "merge", "merge", "update", "create"]),
            "blank": st.sampled_from(["keep", "clear"]),
            "missing": st.sampled_from(["keep", "keep", "deactivate", "delete"]),
        }
    ),
    st.fixed_dictionaries({"mode": st.sampled_from(["delete", "deactivate"])}),
)
WAYS = st.sampled_from(["at once", "planned", "planned", "atomic"])
PARTS = st.one_of(
    st.none(),
    st.none(),
    st.fixed_dictionaries({"fields": st.sets(st.sampled_from(NAMES), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"skus": st.sets(st.sampled_from(SKUS), min_size=1, max_size=3)}),
)
KNOWN = f"SELECT id, version, created_at, created_by_import, {', '.join(NAMES)} FROM products ORDER BY id"
FORGET = """
SET session_replication_role = replica;
TRUNCATE change_sets, actions;
SET session_replication_role = DEFAULT;
TRUNCATE products, imports, outbox, deletions, uploads, attribute_names RESTART IDENTITY CASCADE
"""


class Full(Recorder):
    """A sink that asks for all values."""

    values = "full"


class Two(TinyBatches):
    name = "two"


class World:
    """A shop whose histories begin anew, and a loop that all of them use."""

    def __init__(self, server, folder):
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.runner.run(self._open(server, folder))

    async def _open(self, server, folder):
        url = await self.stack.enter_async_context(server.database())
        self.connection = await asyncpg.connect(url)
        self.stack.push_async_callback(self.connection.close)
        self.shop = Shop(url, folder, self.connection, self.stack)
        self.sink = Full("full")
        self.importer = await self.shop.open(Plugin(parsers=[Two(2)], sinks=[self.sink]))

    def close(self):
        self.runner.run(self.stack.aclose())
        self.runner.close()


@pytest.fixture
def world(server, tmp_path):
    world = World(server, tmp_path)
    yield world
    world.close()


class Histories(RuleBasedStateMachine):
    """``known``: all rows of the table after the last step, by id; ``told``: the products as events tell."""

    def __init__(self, world):
        super().__init__()
        self.runner, self.connection, self.sink = world.runner, world.connection, world.sink
        self.shop, self.importer = world.shop, world.importer
        self.imports, self.catalogue = self.importer.imports, self.importer.catalogue
        self.model = CatalogueModel()
        self.edits = 0
        self.known, self.told, self.origins, self.versions = {}, {}, {}, {}
        self.numbers, self.tables = [], []
        self.ended, self.deletions = [], []
        self.run(self._begin())

    async def _begin(self):
        await self.connection.execute(FORGET)
        await self._look()

    def run(self, step):
        """Runs a coroutine; once one has failed, the history isn't looked at as a whole."""
        self.whole = False
        self.runner.run(step)
        self.whole = True

    def teardown(self):
        if self.whole:
            self.run(self._end())

    # --- what a history is made of

    @rule(file=files(), options=MODES, way=WAYS)
    def import_a_file(self, file, options, way):
        self.run(self._import(*file, options, way))

    @rule(file=files(), options=MODES)
    def import_a_file_and_undo_that(self, file, options):
        self.run(self._import_and_undo(*file, options))

    @precondition(lambda self: self.known)
    @rule(place=NUMBERS, values=EDITS)
    def edit(self, place, values):
        self.run(self._edit(place, values))

    @rule(sku=SPELLINGS, price=st.sampled_from([None, 4]))
    def create(self, sku, price):
        self.run(self._create(sku, price))

    @precondition(lambda self: self.known)
    @rule(places=st.sets(NUMBERS, min_size=1, max_size=2), active=st.sampled_from([True, False, None]))
    def activate_or_delete(self, places, active):
        self.run(self._choose(places, active))

    @precondition(lambda self: self.known)
    @rule()
    def delete_all(self):
        self.run(self._delete_all())

    @precondition(lambda self: self.ended)
    @rule(place=NUMBERS, part=PARTS, atomic=st.booleans(), meanwhile=st.none() | st.tuples(NUMBERS, EDITS))
    def undo(self, place, part, atomic, meanwhile):
        self.run(self._undo(place, part or {}, atomic, meanwhile))

    @precondition(lambda self: self.ended)
    @rule(back=st.integers(1, 3), part=PARTS)
    def undo_one_of_the_latest(self, back, part):
        self.run(self._undo(max(-back, -len(self.ended)), part or {}, False, None))

    @rule(place=NUMBERS, atomic=st.booleans())
    def go_back_to_a_moment(self, place, atomic):
        self.run(self._restore(place % len(self.model.moments), atomic))

    @precondition(lambda self: self.deletions)
    @rule(place=NUMBERS)
    def undo_a_deletion(self, place):
        self.run(self._undo_deletion(place))

    @precondition(lambda self: any(rejected for _, rejected, _, _ in self.ended))
    @rule(place=NUMBERS, cells=files())
    def resubmit_a_row(self, place, cells):
        self.run(self._resubmit(place, cells))

    # --- the steps

    async def _import(self, header, rows, options, way):
        """Returns the import's report, or None if it failed."""
        expected = self.model.imported(header, rows, **options)
        path = self.shop.file([header, *rows], "history.csv")
        asked = ImportOptions(**options, parser="two", dry_run=way != "at once")
        report = await self.importer.run(path, asked)
        if expected is None:
            assert report.status is Status.FAILED, report.state.message
            await self._look()
            return None
        if way == "at once":
            assert report.status is Status.COMPLETED, report.state.message
        else:
            report = await self._apply(report, atomic=way == "atomic")
        assert [row.record for row in report.rejected] == expected.rejected
        counts = {name: getattr(report.counts, name) for name in expected.counts}
        assert counts == dict(expected.counts)
        await self._settle(report.id, expected.values)
        self.ended.append((report.id, expected.rejected, header, options))
        return report

    async def _settle(self, step, values):
        """Lets the model know what a step has done; new products get their ids from the table."""
        new = {row["sku"]: row["id"] for row in await self.connection.fetch("SELECT id, sku FROM products")}
        for product, after in values.items():
            self.model.change(step, new[product] if isinstance(product, str) else product, after)
        await self._look()

    async def _apply(self, planned, *, atomic=False):
        """Applies a plan, and compares its list with what it does; returns the report."""
        assert planned.status is Status.PLANNED, planned.state.message
        listed = [change async for change in self.imports.plan_changes(planned.id)]
        before = await self._table()
        assert before == self.known
        await self.imports.apply(planned.id, atomic=atomic)
        report = await self.imports.start(planned.id)
        assert report.status is Status.COMPLETED, report.state.message
        assert report.counts == planned.counts
        assert sorted(map(_told, listed)) == _difference(before, await self._table())
        return report

    async def _import_and_undo(self, header, rows, options):
        before = {product: (*row[1:],) for product, row in self.known.items()}
        report = await self._import(header, rows, options, "at once")
        if report is None or not _changed(report):
            return
        await self._undo(-1, {}, False, None)
        assert {product: (*row[1:],) for product, row in self.known.items()} == before

    async def _edit(self, place, values):
        """Edits a product, unless its SKU would be taken; returns its id."""
        product = sorted(self.known)[place % len(self.known)]
        holder = self.model.holder(values.get("sku", ""))
        if holder not in (None, product):
            values = {name: value for name, value in values.items() if name != "sku"}
        await self.catalogue.change(product, self.known[product][0], values, actor=ME)
        self.edits += 1
        self.model.change(f"edit {self.edits}", product, {**self.model.products[product], **values})
        await self._look()
        return product

    async def _create(self, sku, price):
        if self.model.holder(sku) is None:
            made = await self.catalogue.create(ProductDraft(sku, "Made", price=price), actor=ME)
            self.edits += 1
            self.model.change(
                f"edit {self.edits}", made.id, {**NEW, "sku": sku, "name": "Made", "price": price}
            )
            await self._look()

    async def _choose(self, places, active):
        ids = {sorted(self.known)[place % len(self.known)] for place in places}
        self.edits += 1
        if active is None:
            await self.catalogue.delete_selected(list(ids), actor=ME)
        else:
            await self.catalogue.activate(list(ids), active, actor=ME)
        for product in ids:
            after = None if active is None else {**self.model.products[product], "active": active}
            self.model.change(f"edit {self.edits}", product, after)
        await self._look()

    async def _delete_all(self):
        deletion = await self.importer.deletions.request(len(self.known), actor=ME)
        await self.importer.deletions.run(deletion.id)
        for product in list(self.model.products):
            self.model.change(f"deletion {deletion.id}", product, None)
        self.deletions.append(deletion.id)
        await self._look()

    async def _undo(self, place, part, atomic, meanwhile):
        number, *_ = self.ended[place % len(self.ended) if place >= 0 else place]
        refused = None
        try:
            undo = await self.imports.undo(number, **part)
        except ConflictError as error:
            refused = error.code
        if refused is not None:
            undone = refused == "already_undone"
            assert not (self.model.counts(number) if undone else self.model.changed_by(number))
            return
        planned = await self.imports.start(undo)
        if meanwhile is not None and self.known:
            await self._meanwhile(planned, *meanwhile)
            return
        products = None
        if "skus" in part:
            products = await self._named(number, part["skus"])
        warnings = self.model.undo(undo, number, products=products, fields=part.get("fields"))
        await self._undone(planned, warnings, atomic)

    async def _named(self, number, skus):
        """The products that had one of these SKUs after the import."""
        keys = {sku.lower() for sku in skus}
        return {
            product
            for product, change in self.model.changed_by(number).items()
            if (change.after or change.before)["sku"].lower() in keys
        }

    async def _undone(self, planned, warnings, atomic):
        report = await self._apply(planned, atomic=atomic)
        found = Counter()
        async for _, warning in self.imports.warnings(report.id):
            found[warning.code, warning.column] += 1
        assert found == warnings
        self.ended.append((report.id, [], [], {}))
        await self._look()

    async def _meanwhile(self, planned, place, values):
        """A product is edited before the undo is applied: if the plan changes it, nothing is applied."""
        listed = {change.product_id async for change in self.imports.plan_changes(planned.id)}
        versions = {product: row[0] for product, row in self.known.items()}
        product = await self._edit(place, values)
        if product not in listed or versions[product] == self.known[product][0]:
            return
        await self.imports.apply(planned.id)
        report = await self.imports.start(planned.id)
        assert report.status is Status.PLANNED
        assert "Plan the import again" in report.state.message or "Preview" in report.state.message
        assert await self._table() == self.known

    async def _restore(self, place, atomic):
        moment = self.model.moments[place][0]
        undo = await self.imports.restore(moment, actor=ME)
        planned = await self.imports.start(undo)
        self.model.restore(undo, place)
        await self._undone(planned, Counter(), atomic)
        assert {product: (*row[1:],) for product, row in self.known.items()} == {
            product: (*row[1:],) for product, row in self.tables[place].items()
        }

    async def _undo_deletion(self, place):
        deletion = self.deletions[place % len(self.deletions)]
        undo = await self.imports.undo_deletion(deletion, actor=ME)
        planned = await self.imports.start(undo)
        warnings = self.model.undo(undo, f"deletion {deletion}")
        await self._undone(planned, warnings, atomic=False)

    async def _resubmit(self, place, file):
        several = [each for each in self.ended if each[1]]
        number, rejected, header, options = several[place % len(several)]
        if (await self.imports.state(number)).status is not Status.COMPLETED:
            return
        cells = dict(zip(file[0], file[1][0], strict=True))
        row = [cells.get(name, "") for name in header]
        expected = self.model.imported(header, [row], **{**options, "missing": "keep"})
        again = await self.imports.resubmit(number, [CorrectedRow(rejected[0], tuple(row))])
        report = await self.imports.start(again)
        assert report.status is Status.COMPLETED, report.state.message
        counts = {name: getattr(report.counts, name) for name in expected.counts}
        assert counts == dict(expected.counts)
        if not expected.rejected:
            del rejected[0]
        left = [each.record async for each in self.imports.rejects(number)]
        assert left == rejected
        await self._settle(report.id, expected.values)
        self.ended.append((report.id, [], [], {}))

    # --- what is true after each step

    async def _table(self):
        return {row["id"]: _row(row) for row in await self.connection.fetch(KNOWN)}

    async def _look(self):
        """Compares the table with the model, with what was before, and with the events."""
        before, self.known = self.known, await self._table()
        table = {product: dict(zip(NAMES, row[3:], strict=True)) for product, row in self.known.items()}
        assert table == self.model.products
        for product, (version, *row) in self.known.items():
            assert self.origins.setdefault(product, row[:2]) == row[:2]
            same = before.get(product) == (version, *row)
            assert same or version > self.versions.get(product, 0)
            self.versions[product] = version
        await self.importer.sinks.relay_once()
        for event in self.sink.events:
            self._hear(event)
        self.sink.batches.clear()
        assert self.told == {product: _shown(values) for product, values in table.items()}
        self.numbers.append(await latest(self.connection))
        self.tables.append(self.known)
        self.model.remember(datetime.now(UTC))

    def _hear(self, event):
        kind = event["type"].removeprefix("product.")
        if kind == event["type"]:
            return
        data = event["data"]
        product, values = data["product_id"], data["product"]
        if kind == "created":
            assert product not in self.told
        elif kind == "updated":
            assert values != self.told[product]
        else:
            assert values == self.told.pop(product)
            return
        self.told[product] = values

    async def _end(self):
        """The log rebuilds each moment's table, and each product's history leads to the product."""
        for number, table in zip(self.numbers, self.tables, strict=True):
            products = await rebuilt(self.connection, number)
            assert {product: _values(row) for product, row in products.items()} == {
                product: row[3:] for product, row in table.items()
            }
        for product in self.origins:
            history = await self.importer.changes.history(product, limit=200)
            state = {}
            for entry in reversed(history.entries):
                before = {name: _some(change.before) for name, change in entry.changes.items()}
                assert {name: state.get(name) for name in before} == before, (product, entry)
                state |= {name: _some(change.after) for name, change in entry.changes.items()}
            assert [state.get(name) for name in NAMES] == _fields(self.known.get(product))


def _row(row):
    return (row["version"], row["created_at"], row["created_by_import"], *_values([*row][4:]))


def _values(values):
    by_name = dict(zip(NAMES, values, strict=True))
    return tuple((by_name | {"attributes": json.loads(by_name["attributes"])}).values())


def _shown(values):
    """The values as events have them."""
    price = values["price"]
    return {**values, "price": None if price is None else f"{price:.2f}"}


def _changed(report):
    counts = report.counts
    return counts.created + counts.updated + counts.deleted + counts.deactivated + counts.removed


def _told(change):
    """What a plan lists of a product: its SKU, and its fields before and after."""
    return change.sku, *(
        (name, str(_some(each.before)), str(_some(each.after)))
        for name, each in change.changes.items()
        if _some(each.before) != _some(each.after)
    )


def _difference(before, after):
    """The same from two tables, sorted."""
    found = []
    for product in before.keys() | after.keys():
        pairs = zip(_fields(before.get(product)), _fields(after.get(product)), strict=True)
        fields = [
            (name, *map(str, pair)) for name, pair in zip(NAMES, pairs, strict=True) if pair[0] != pair[1]
        ]
        if fields:
            found.append(((before.get(product) or after[product])[3], *fields))
    return sorted(found)


def _fields(row):
    return [None] * len(NAMES) if row is None else [_some(value) for value in row[3:]]


def _some(value):
    if isinstance(value, Decimal):
        return value.normalize()
    return None if value == {} else value


relaxed = settings(suppress_health_check=list(HealthCheck), deadline=None, print_blob=True)


def test_histories_end_as_the_model_says(world):
    run_state_machine_as_test(
        lambda: Histories(world), settings=settings(relaxed, max_examples=6, stateful_step_count=12)
    )


@pytest.mark.slow
def test_many_histories_end_as_the_model_says(world):
    number = int(os.environ.get("HISTORIES", "30"))
    run_state_machine_as_test(
        lambda: Histories(world), settings=settings(relaxed, max_examples=number, stateful_step_count=25)
    )
