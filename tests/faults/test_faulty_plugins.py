"""A plugin that raises, hangs or talks nonsense fails the import with its name; the process lives on."""

import asyncio
import threading
import time
from contextlib import contextmanager

import pyarrow as pa
import pytest

from product_importer.model import Dialect, ImportOptions, Status
from product_importer.ports import Finding, RawBatch
from shop import Plugin

FILE = "sku,name\nA,Tea\na,Tea\n"


class Bad:
    """Validator, dedupe policy, parser and source in one; ``deed`` is what it does when called."""

    name = "bad"
    rejects = False
    schemes = ("bad",)

    def __init__(self, deed):
        self.deed = deed

    def check(self, batch):
        return self.deed(batch)

    def rank(self, batch):
        return self.deed(batch)

    def open(self, path, options):
        return self.deed(path)

    async def fetch(self, url, into):
        return self.deed(into)


def raises(_):
    raise RuntimeError("out of\nluck")


class Hanging:
    """Blocks its thread until the test ends."""

    def __init__(self):
        self.ended = threading.Event()

    def __call__(self, _):
        self.ended.wait(30)
        return ()


@pytest.fixture
def hangs():
    hanging = Hanging()
    yield hanging
    hanging.ended.set()


KINDS = {
    "validator": (lambda bad: Plugin(validators=[bad]), {}),
    "dedupe policy": (lambda bad: Plugin(policies=[bad]), {"duplicates": "bad"}),
    "parser": (lambda bad: Plugin(parsers=[bad]), {"parser": "bad"}),
}


async def failed_by(shop, kind, deed, **settings):
    plugin, options = KINDS[kind]
    importer = await shop.open(plugin(Bad(deed)), **settings)
    report = await importer.run(shop.file(FILE), ImportOptions(**options))
    assert report.status is Status.FAILED
    assert f"The {kind} 'bad' (Plugin, given in code)" in report.state.message
    assert "\n" not in report.state.message
    assert await shop.products() == {}
    return report.state.message


async def the_process_lives_on(shop):
    report = await asyncio.wait_for(shop.run(FILE), 10)
    assert report.status is Status.COMPLETED


@pytest.mark.parametrize("kind", KINDS)
async def test_it_raises(shop, kind):
    message = await failed_by(shop, kind, raises)
    assert "RuntimeError: out of luck" in message
    await the_process_lives_on(shop)


@pytest.mark.parametrize("kind", KINDS)
async def test_it_hangs(shop, kind, hangs):
    began = time.monotonic()
    message = await failed_by(shop, kind, hangs, plugin_timeout=0.3)
    assert time.monotonic() - began < 5
    assert "gave no answer" in message
    await the_process_lives_on(shop)


NONSENSE = {
    "validator": [
        lambda batch: 7,
        lambda batch: ["wrong"],
        lambda batch: [Finding("sku", "x", "X.", pa.array([True]))],
        lambda batch: [Finding("sku", "x", "X.", pa.array(["a"] * batch.num_rows))],
    ],
    "dedupe policy": [
        lambda batch: None,
        lambda batch: [1] * batch.num_rows,
        lambda batch: pa.array([1]),
        lambda batch: pa.nulls(batch.num_rows, pa.int64()),
    ],
    "parser": [lambda path: None, lambda path: 7],
}


@pytest.mark.parametrize(
    ("kind", "deed"), [(kind, deed) for kind, deeds in NONSENSE.items() for deed in deeds]
)
async def test_it_talks_nonsense(shop, kind, deed):
    await failed_by(shop, kind, deed)
    await the_process_lives_on(shop)


class NoFile:
    """What a parser gives when its author has understood nothing."""

    def __init__(self, dialect, header, batches):
        self.dialect = dialect
        self.header = header
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


HEADER = "sku", "name"


def batch(**spoilt):
    """A batch of records 1 to 3: two rows and a blank."""
    values = {
        "cells": pa.RecordBatch.from_pydict({"sku": ["A", "B"], "name": ["Tea", "Cup"]}),
        "lines": pa.array([2, 4]),
        "records": pa.array([1, 3]),
        "first_record": 1,
        "last_record": 3,
        "malformed": (),
        "blank": 1,
        "end_offset": 10,
    }
    return RawBatch(**values | spoilt)


async def parse(shop, file):
    """The message of the import of what the parser gives."""

    @contextmanager
    def deed(path):
        yield file

    plugin, options = KINDS["parser"]
    importer = await shop.open(plugin(Bad(deed)))
    report = await importer.run(shop.file(FILE), ImportOptions(**options))
    assert report.read == await shop.connection.fetchval("SELECT count(*) FROM products") + report.skipped
    return report.state.message


async def test_a_parser_may_give_few_rows(shop):
    assert await parse(shop, NoFile(Dialect(), HEADER, [batch()])) == ""


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (NoFile(None, HEADER, []), "dialect is None"),
        (NoFile(Dialect(), None, []), "header is None; give a tuple of strings"),
        (NoFile(Dialect(), (1, 2), []), "give a tuple of strings"),
        (NoFile(Dialect(), HEADER, ["x"]), "it gave a str, which is not a product_importer.ports.RawBatch"),
        (NoFile(Dialect(), ("sku", "name", "price"), [batch()]), "the header"),
        (NoFile(Dialect(), HEADER, [batch(lines=pa.array([2]))]), "lines is int64 × 1; give int64 × 2"),
        (NoFile(Dialect(), HEADER, [batch(records=[1, 3])]), "records is list; give int64 × 2"),
        (NoFile(Dialect(), HEADER, [batch(blank=0)]), "the batch of 2 records says"),
        (NoFile(Dialect(), HEADER, [batch(last_record=9)]), "has the records 1 to 9"),
        (NoFile(Dialect(), HEADER, [batch(records=pa.array([1, 4]))]), "has the records 1 to 3"),
        (NoFile(Dialect(), HEADER, [batch(), batch()]), "has the records 1 to 3"),
        (NoFile(Dialect(), HEADER, [batch(first_record=2, last_record=4)]), "has the records 2 to 4"),
        (
            NoFile(
                Dialect(), HEADER, [batch(cells=pa.RecordBatch.from_pydict({"sku": [1, 2], "name": [1, 2]}))]
            ),
            "isn't of strings without nulls",
        ),
    ],
)
async def test_a_parser_gives_a_file_that_is_none(shop, file, message):
    told = await parse(shop, file)
    assert "The parser 'bad' (Plugin, given in code) failed on" in told
    assert message in told
    assert await shop.products() == {}
    await the_process_lives_on(shop)
