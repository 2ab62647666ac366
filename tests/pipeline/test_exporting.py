"""An exporter runs in a thread, and neither its errors nor those of its batches are lost."""

import threading
from contextlib import aclosing

import pyarrow as pa
import pytest

from product_importer import hookimpl
from product_importer.errors import DatabaseError, PluginError, UsageError
from product_importer.model import ExportOptions
from product_importer.pipeline.exporting import checked_export, written
from product_importer.testing import plugin_set

BATCH = pa.record_batch({"n": [1, 2, 3]})


class Exporter:
    name = "rows"
    title = "Rows"
    media_type = "text/plain"

    def __init__(self, write=None):
        self._write = write
        self.threads = set()

    def write(self, schema, batches, out):
        self.threads.add(threading.get_ident())
        out.write(b",".join(name.encode() for name in schema.names))
        if self._write is not None:
            self._write(batches, out)
        for batch in batches:
            out.write(b";%d" % batch.num_rows)


async def batches(count, error=None):
    yield BATCH.slice(0, 0)
    for _ in range(count):
        yield BATCH
    if error is not None:
        raise error


class Plugin:
    def __init__(self, exporter):
        self._exporter = exporter

    @hookimpl
    def product_importer_exporters(self):
        return [self._exporter]


def export(exporter, given):
    return written(plugin_set(Plugin(exporter)), exporter, given)


async def test_the_file_comes_in_pieces():
    exporter = Exporter(lambda _, out: out.write(b"x" * 1_000_000))

    pieces = [piece async for piece in export(exporter, batches(3))]

    assert b"".join(pieces) == b"n" + b"x" * 1_000_000 + b";3;3;3"
    assert exporter.threads.isdisjoint({threading.get_ident()})


async def test_nothing_is_written_ahead_of_its_reader():
    sizes = []

    def write(_, out):
        for number in range(1000):
            out.write(b"x" * 65_536)
            sizes.append(number)

    async with aclosing(export(Exporter(write), batches(1))) as pieces:
        await anext(pieces)
    assert len(sizes) < 20


async def test_who_goes_away_ends_the_thread():
    ended = threading.Event()

    def write(given, out):
        try:
            for _ in given:
                out.write(b"x" * 65_536)
        finally:
            ended.set()

    async with aclosing(export(Exporter(write), batches(10_000))) as pieces:
        await anext(pieces)
    assert ended.is_set()


async def test_a_failing_exporter_is_named():
    def fail(given, out):
        raise ValueError("no ink")

    with pytest.raises(PluginError, match="exporter 'rows' .* failed: ValueError: no ink"):
        [piece async for piece in export(Exporter(fail), batches(1))]


async def test_an_error_of_the_products_is_passed_on():
    with pytest.raises(DatabaseError, match="lost"):
        [piece async for piece in export(Exporter(), batches(1, DatabaseError("lost")))]


async def test_products_that_do_not_fit_are_no_defect():
    def refuse(given, out):
        raise UsageError("too many")

    with pytest.raises(UsageError, match="too many"):
        [piece async for piece in export(Exporter(refuse), batches(1))]


def test_only_known_formats():
    plugins = plugin_set()
    assert checked_export(ExportOptions(), plugins) is None
    with pytest.raises(UsageError, match="no format 'rows'"):
        checked_export(ExportOptions(format="rows"), plugins)
    with pytest.raises(UsageError, match="character that no text can have"):
        checked_export(ExportOptions(columns=("sku", "bad\0")), plugins)


@pytest.mark.parametrize("option", [{"bom": True}, {"delimiter": ";"}, {"decimal": "comma"}])
def test_options_of_csv_are_refused(option):
    with pytest.raises(UsageError, match="for CSV only"):
        checked_export(ExportOptions(format="rows", **option), plugin_set(Plugin(Exporter())))
