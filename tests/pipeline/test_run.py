"""One import from the file to its end, with a lease in memory."""

import asyncio
import contextlib
import logging
import threading

import pytest
from in_memory import MemoryLease

from halfway import PATIENCE, until
from product_importer.errors import FileError, ImportCancelled, ParserDeclined
from product_importer.model import ImportOptions, Status
from product_importer.pipeline.run import ImportRun, Tuning
from product_importer.pipeline.saving import ChunkMaker
from product_importer.testing import plugin_set
from shop import TINY, Plugin, TinyBatches

ROWS = 20 * TINY


class Declining(TinyBatches):
    """Gives some batches before it declines the file."""

    name = "declining"

    @contextlib.contextmanager
    def open(self, path, options):
        with super().open(path, options) as file:
            yield _DecliningFile(file)


class _DecliningFile:
    def __init__(self, file):
        self.header, self.dialect = file.header, file.dialect
        self._batches = iter(file)

    def __iter__(self):
        yield next(self._batches)
        yield next(self._batches)
        raise ParserDeclined("this row is not for me")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sku,name\n" + "".join(f"S{n},Name\n" for n in range(ROWS)))
    return path


def run_of(lease, file, *, tick=0.01, on_progress=None, **options):
    plugins = plugin_set(Plugin(parsers=[TinyBatches(), Declining()]))
    return ImportRun(
        *(lease, plugins, file, ImportOptions(**{"parser": "tiny", **options})),
        tuning=Tuning(tick=tick),
        on_progress=on_progress,
    )


async def test_rows_are_counted_while_they_are_read(file):
    lease = MemoryLease()
    await run_of(lease, file, tick=0.001).run()
    rows = [read.rows for read in lease.read]
    assert rows == sorted(rows)
    assert len(set(rows)) > 2
    assert rows[-1] == ROWS


async def test_rejected_rows_are_counted_while_they_are_read(file):
    file.write_text("sku,name\n" + "".join(f"S{n},{'Name' if n % 2 else ''}\n" for n in range(ROWS)))
    lease = MemoryLease()
    await run_of(lease, file, tick=0.001).run()
    assert len({read.rejected for read in lease.read}) > 2
    assert lease.read[-1].rejected == ROWS // 2
    assert all(read.rejected == (read.rows + 1) // 2 for read in lease.read)


async def test_what_is_told_does_not_go_back_where_the_file_is_begun_anew(file):
    lease = MemoryLease()
    await run_of(lease, file, tick=0.001, parser="declining").run()
    rows = [read.rows for read in lease.read]
    assert rows == sorted(rows)
    assert rows[-1] == ROWS


async def test_all_rows_are_saved_once(file):
    lease = MemoryLease(saved_ranges=[(1, 10), (50, 60)])
    await run_of(lease, file).run()
    saved = {*range(2, 12), *range(51, 62)}
    assert lease.saved_lines == [line for line in range(2, ROWS + 2) if line not in saved]
    assert lease.ended is Status.COMPLETED


async def test_a_file_that_its_parser_declines_midway_is_read_from_its_start(file):
    lease = MemoryLease()
    await run_of(lease, file, parser="declining").run()
    assert lease.saved_lines == list(range(2, ROWS + 2))
    assert sum(chunk.read for chunk in lease.chunks) == ROWS


async def test_when_one_writer_fails_the_others_save_no_further_chunk(file):
    lease = MemoryLease(fail_at=3)
    with pytest.raises(OSError, match="the disk is full"):
        await run_of(lease, file).run()
    assert lease.begun_saves <= 4
    assert lease.ended is None


async def test_a_progress_callback_that_fails_is_not_called_again(file, caplog):
    calls = []

    def fail(state):
        calls.append(state)
        raise RuntimeError("no terminal")

    lease = _Patient(heartbeats=5)
    with caplog.at_level(logging.ERROR):
        await run_of(lease, file, on_progress=fail, tick=0.001).run()
    assert lease.ended is Status.COMPLETED
    assert len(calls) == 1
    assert [record.message for record in caplog.records] == [
        "The progress callback failed; it is not called again"
    ]


async def test_a_cancelled_import_saves_no_further_chunk(file):
    lease = _Patient(heartbeats=2)
    lease.cancelled = True
    with pytest.raises(ImportCancelled):
        await run_of(lease, file, tick=0.001).run()
    assert lease.chunks == []


class _Patient(MemoryLease):
    """Describes the file only after so many heartbeats."""

    def __init__(self, *, heartbeats):
        super().__init__()
        self._wanted = heartbeats

    async def describe(self, *_, **__):
        for _ in range(1000):
            if self.heartbeats >= (1 if self.cancelled else self._wanted):
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the run sends no heartbeats")


async def test_a_refused_file_leaves_no_thread_behind(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("colour,size\nred,1\n")
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(FileError):
            await run_of(MemoryLease(), path, parser="csv").run()

    async def ended():
        return threading.active_count() <= before

    await until(ended, "the threads had ended")


async def test_products_are_looked_up_while_duplicates_are_resolved(file, monkeypatch):
    asked, waited = threading.Event(), []

    class Asked(MemoryLease):
        async def unchanged(self, keys, digests):
            asked.set()
            return await super().unchanged(keys, digests)

    def resolve(self):
        waited.append(asked.wait(PATIENCE))
        return resolve_really(self)

    resolve_really = ChunkMaker.resolve
    monkeypatch.setattr(ChunkMaker, "resolve", resolve)
    await run_of(Asked(), file).run()
    assert waited == [True]
