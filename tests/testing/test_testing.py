import asyncio
from contextlib import asynccontextmanager, nullcontext

import asyncpg
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from product_importer import hookimpl, row_validator
from product_importer.builtin.csv_parser import CsvParser
from product_importer.builtin.validators import PRODUCT_VALIDATORS
from product_importer.errors import PluginError
from product_importer.model import MigrationSet
from product_importer.pipeline.convert import MAPPED_SCHEMA
from product_importer.ports import Finding, RawBatch
from product_importer.testing import (
    check_dedupe_policy,
    check_parser,
    check_sink,
    check_validator,
    plugin_set,
    sample_batch,
    temporary_database,
    temporary_importer,
)
from product_importer.wire import event_objects

CSV = 'sku,name,price\nA,Tea,1\nB,,2\n\nC,too,many,cells\nD,Cup,3\nE,"two\nlines",4\n'


class Spoilt:
    """A validator and dedupe policy that gives what ``answer`` makes of the batch."""

    name = "spoilt"
    rejects = False

    def __init__(self, answer):
        self.answer = answer

    def check(self, batch):
        return [Finding("sku", "x", "X.", self.answer(batch))]

    def rank(self, batch):
        return self.answer(batch)


def second_time_otherwise():
    turns = iter([True, False] * 20)
    return lambda batch: pa.array([next(turns)] * batch.num_rows, pa.bool_())


def by_the_raw_buffer(batch):
    """Forgets that a part of a batch begins at an offset."""
    line = batch["line"]
    return pa.Array.from_buffers(pa.int64(), len(line), line.buffers())


def test_a_sample_batch_is_what_validators_get():
    batch = sample_batch([{"sku": " Ab ", "price": 3}, {"line": 9}])

    assert batch.schema == MAPPED_SCHEMA
    assert batch["sku_key"].to_pylist() == ["ab", None]
    assert batch["line"].to_pylist() == [2, 9]
    assert batch["record"].to_pylist() == [1, 2]
    assert str(batch["price"][0]) == "3.0000"


@pytest.mark.parametrize("validator", PRODUCT_VALIDATORS, ids=lambda it: it.name)
def test_the_built_in_validators_keep_the_contract(validator):
    check_validator(validator)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (lambda _: pa.array([True]), ValueError, "'x' has bool × 1 as rows"),
        (lambda batch: pa.nulls(batch.num_rows), ValueError, "'x' has null × 5 as rows"),
        (second_time_otherwise(), AssertionError, "a second look finds something else"),
        (
            lambda batch: pc.equal(by_the_raw_buffer(batch), 2),
            AssertionError,
            "the place in memory matters",
        ),
    ],
)
def test_a_spoilt_validator_is_caught(answer, error, message):
    with pytest.raises(error, match=message):
        check_validator(Spoilt(answer))


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (lambda batch: batch["price"], ValueError, r"rank\(\) gave decimal128"),
        (lambda batch: pa.nulls(batch.num_rows, pa.int64()), ValueError, "gave nulls"),
        (by_the_raw_buffer, AssertionError, "the place in memory matters"),
    ],
)
def test_a_spoilt_policy_is_caught(answer, error, message):
    with pytest.raises(error, match=message):
        check_dedupe_policy(Spoilt(answer))


@pytest.mark.parametrize("check", [check_validator, check_dedupe_policy])
def test_an_object_without_the_shape_is_caught(check):
    with pytest.raises(AssertionError, match="lacks what a"):
        check(object())


class Editing(CsvParser):
    """Gives the CSV parser's batches, but edited."""

    def __init__(self, edit):
        super().__init__()
        self.edit = edit

    def open(self, path, options):
        parser = super().open(path, options)
        edit = self.edit

        class Edited:
            def __enter__(self):
                self.parsed = parser.__enter__()
                self.header, self.read_as = self.parsed.header, self.parsed.read_as
                return self

            def __exit__(self, *exc):
                return parser.__exit__(*exc)

            def __iter__(self):
                return (edit(batch) for batch in self.parsed)

        return Edited()


def edited(**changes):
    fields = RawBatch.__dataclass_fields__

    def edit(batch):
        values = {name: getattr(batch, name) for name in fields}
        return RawBatch(**values | {name: change(batch) for name, change in changes.items()})

    return edit


@pytest.fixture
def products(tmp_path):
    path = tmp_path / "products.csv"
    path.write_text(CSV)
    return path


def test_the_csv_parser_keeps_the_contract(products):
    check_parser(CsvParser(), products)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blank": lambda _: 0}, "rows, malformed and blank make"),
        ({"malformed": lambda _: ()}, "rows, malformed and blank make"),
        ({"first_record": lambda batch: batch.first_record + 1}, "a record is out of its batch"),
        ({"end_offset": lambda batch: -batch.end_offset}, "end_offset goes back"),
        ({"end_offset": lambda batch: batch.end_offset + 1}, "beyond the file's end"),
        ({"lines": lambda batch: batch.lines[1:]}, "as long as the cells"),
        ({"records": lambda batch: batch.records[::-1]}, "lines and records rise"),
        ({"lines": lambda batch: batch.lines.cast(pa.int32())}, "lines and records are int64"),
        ({"lines": lambda batch: pc.add(batch.lines, len(batch.lines))}, "with two rows a batch"),
        ({"cells": lambda batch: batch.cells.select([0])}, "not the header's"),
        (
            {"cells": lambda batch: batch.cells.set_column(0, "sku", pa.array(["A\0"] * 4))},
            "a cell holds a NUL",
        ),
    ],
)
def test_a_spoilt_parser_is_caught(products, changes, message):
    with pytest.raises(AssertionError, match=message):
        check_parser(Editing(edited(**changes)), products)


def test_two_columns_of_one_name_are_caught(products):
    class Doubling(CsvParser):
        def open(self, path, options):
            parser = super().open(path, options)

            class Doubled:
                def __enter__(self):
                    parsed = parser.__enter__()
                    self.header, self.read_as = (*parsed.header, " SKU "), parsed.read_as
                    return self

                def __exit__(self, *exc):
                    return parser.__exit__(*exc)

                def __iter__(self):
                    return iter(())

            return Doubled()

    with pytest.raises(AssertionError, match="two columns have one name"):
        check_parser(Doubling(), products)


class Keeper:
    """A sink that keeps ids, as ``take`` makes them of a batch's events."""

    name = "keeper"

    def __init__(self, take=lambda ids: ids):
        self.kept = []
        self.take = take

    async def deliver(self, batch):
        self.kept += self.take([event["id"] for event in event_objects(batch)])

    async def received(self):
        return self.kept


async def test_a_sink_that_keeps_what_it_gets_is_fine():
    keeper = Keeper()

    await check_sink(keeper, keeper.received)

    assert {"sample-0", "many-10001", "failed-1"} - {*keeper.kept} == {"failed-1"}


@pytest.mark.parametrize(
    ("take", "message"),
    [
        (lambda ids: ids[:-1], "events are missing"),
        (lambda ids: ids[:9_999], "1 events are missing, \\['many-9999'\\]"),
        (lambda ids: [*ids, "mine"], "1 events were never delivered, \\['mine'\\]"),
    ],
)
async def test_a_sink_that_loses_or_invents_is_caught(take, message):
    keeper = Keeper(take)

    with pytest.raises(AssertionError, match=message):
        await check_sink(keeper, keeper.received)


@pytest.mark.parametrize(("most", "events"), [(1, 10_000), (7, 10_000), (10_000, 7)])
async def test_a_sink_gets_no_more_than_it_takes_at_once(most, events):
    sizes = []

    class Small(Keeper):
        most_events = most

        async def deliver(self, batch):
            sizes.append(batch.data.num_rows)
            await super().deliver(batch)

    keeper = Small()
    await check_sink(keeper, keeper.received, events=events)

    assert max(sizes) == min(most, events)
    assert len({*keeper.kept}) > 6


@pytest.mark.parametrize("most", [0, "many"])
async def test_a_limit_that_is_no_number_is_caught(most):
    keeper = Keeper()
    keeper.most_events = most
    with pytest.raises(AssertionError, match="most_events is .*; give a whole number above 0"):
        await check_sink(keeper)


async def test_a_sink_that_takes_a_batch_only_once_is_caught():
    class Once(Keeper):
        async def deliver(self, batch):
            if batch.id in self.kept:
                raise KeyError(batch.id)
            self.kept.append(batch.id)

    with pytest.raises(AssertionError, match="The sink failed: KeyError: 'sample'"):
        await check_sink(Once())


async def test_a_sink_that_goes_on_after_it_was_broken_off_is_caught():
    class Stubborn(Keeper):
        async def deliver(self, batch):
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                await asyncio.sleep(30)

    with pytest.raises(AssertionError, match="goes on after it was broken off"):
        await check_sink(Stubborn(), seconds=2)


async def test_a_sink_that_cannot_be_opened_twice_is_caught():
    class Single(Keeper):
        opened = False

        @asynccontextmanager
        async def connected(self, host):
            if self.opened:
                raise RuntimeError("no second time")
            self.opened = True
            yield

    with pytest.raises(AssertionError, match="no second time"):
        await check_sink(Single())


def test_a_faulty_plugin_is_an_error_in_tests():
    with pytest.raises(PluginError, match="The plugin 'object' does not load: it has no hooks"):
        plugin_set(object())


async def test_a_temporary_database_has_the_plugins_tables_and_is_gone_afterwards(tmp_path):
    (tmp_path / "0001_notes.sql").write_text("CREATE TABLE acme_notes (note text)")

    async with temporary_database() as url:
        async with temporary_database(MigrationSet("acme", tmp_path)) as other:
            assert await answer_of(other, "SELECT count(*) FROM products") == 0
            assert await answer_of(other, "SELECT count(*) FROM acme_notes") == 0
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(other)
        assert await answer_of(url, "SELECT to_regclass('acme_notes')") is None


async def answer_of(url, question):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_a_plugin_can_be_tested_from_file_to_table(products):
    def tea_only(row):
        return None if row["name"] == "Tea" else "We sell tea only."

    class Plugin:
        @hookimpl
        def product_importer_validators(self):
            return [row_validator(tea_only, name="tea-only", field="name")]

    async with temporary_importer(Plugin()) as importer:
        report = await importer.run(products)

    assert report.created == 1
    assert [(row.record, row.column) for row in report.rejected if row.code == "tea_only"] == [
        (2, "name"),  # the name is missing, which a product that is there already may lack
        (5, "name"),
        (6, "name"),
    ]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("true", None),
        ("EXISTS (SELECT FROM nowhere)", "'EXISTS \\(SELECT FROM nowhere\\)', can't be asked: .* not exist"),
        ("1", "'1', is 1, not true or false"),
    ],
)
async def test_a_condition_that_cannot_be_asked_is_caught(shop, wanted, message):
    keeper = Keeper()
    keeper.wanted = wanted

    with nullcontext() if message is None else pytest.raises(AssertionError, match=message):
        await check_sink(keeper, keeper.received, database_url=shop.url)
