"""One import from the file to its end, with a lease in memory."""

import asyncio
import contextlib
import logging
import threading

import pytest
from in_memory import MemoryLease, MemoryStore

from halfway import PATIENCE, until
from product_importer.errors import (
    FileError,
    ImportCancelled,
    ImportInterrupted,
    LeaseLost,
    ParserDeclined,
    PluginError,
    QuestionsOpen,
    RejectedRowsError,
    WarnedError,
)
from product_importer.model import ImportOptions, Phase, Status
from product_importer.pipeline.run import ImportRun, Tuning
from product_importer.pipeline.saving import ChunkMaker
from product_importer.ports import InputFile
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


class Failing:
    """A dedupe policy that can't rank."""

    name = "failing"
    rejects = False

    def rank(self, batch):
        raise ArithmeticError("no rank")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sku,name\n" + "".join(f"S{n},Name\n" for n in range(ROWS)))
    return path


class Hanging(Failing):
    """A dedupe policy that gives no answer before ``go_on``, and none at all where the test has ended."""

    name = "hanging"

    def __init__(self):
        self.go_on = threading.Event()

    def rank(self, batch):
        self.go_on.wait(PATIENCE)
        raise ArithmeticError("too late")


def run_of(lease, file, *, tick=0.01, timeout=60.0, on_progress=None, stop=None, policy=None, **options):
    policies = [Failing() if policy is None else policy]
    plugins = plugin_set(Plugin(parsers=[TinyBatches(), Declining()], policies=policies))
    return ImportRun(
        *(lease, plugins, InputFile.at(file), ImportOptions(**{"parser": "tiny", **options})),
        tuning=Tuning(tick=tick, plugin_timeout=timeout, missing_share=100.0),
        on_progress=on_progress,
        stop=stop,
    )


async def test_rows_are_counted_while_they_are_read(file):
    lease = MemoryLease()
    await run_of(lease, file, tick=0.001).run()
    rows = [read.rows for read in lease.read]
    assert rows == sorted(rows)
    assert len(set(rows)) > 2
    assert rows[-1] == ROWS


async def test_rejected_rows_are_counted_while_they_are_read(file):
    file.write_text("sku,name\n" + "".join(f"{n if n % 2 else ''},Name\n" for n in range(ROWS)))
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


class _Disturbed(MemoryLease):
    """Something happens to the import when so many chunks are saved, before anybody saves another."""

    def __init__(self, *, after, disturb):
        super().__init__()
        self._after, self._disturb = after, disturb

    def fence(self):
        if len(self.chunks) == self._after:
            self._disturb(self)
        super().fence()


def cancel(lease):
    lease.cancelled = True


def lose(lease):
    lease.known.token += 1


@pytest.mark.parametrize(("disturb", "error"), [(cancel, ImportCancelled), (lose, LeaseLost)])
async def test_what_stops_an_import_between_two_chunks_leaves_the_saved_ones(file, disturb, error):
    lease = _Disturbed(after=3, disturb=disturb)
    with pytest.raises(error):
        await run_of(lease, file, tick=60).run()
    assert len(lease.chunks) == len(lease.known.saved) == 3
    assert len(lease.store.products) == 3 * TINY


async def test_a_process_that_stops_ends_at_the_edge_of_a_chunk(file):
    stop = asyncio.Event()
    lease = _Disturbed(after=2, disturb=lambda _: stop.set())
    with pytest.raises(ImportInterrupted):
        await run_of(lease, file, tick=60, stop=stop).run()
    assert 2 <= len(lease.chunks) <= 4  # each of the two writers ends the chunk that it is in
    assert lease.ended is None


async def test_a_resumed_import_saves_what_is_missing(file):
    store = MemoryStore()
    import_id = store.create(ImportOptions())
    first = store.lease(import_id, fail_at=6)
    with pytest.raises(OSError, match="disk"):
        await run_of(first, file).run()
    second = store.lease(import_id)
    await run_of(second, file).run()
    assert sorted(first.saved_lines + second.saved_lines) == list(range(2, ROWS + 2))
    assert second.known.counts.created == second.known.counts.read == ROWS
    assert second.ended is Status.COMPLETED
    with pytest.raises(LeaseLost):
        await first.finish(Status.FAILED, "")


async def test_rows_that_products_show_already_are_not_saved_again(file):
    store = MemoryStore()
    await run_of(store.lease(store.create(ImportOptions())), file).run()
    store.edit("s5", name="By hand")
    lease = store.lease(store.create(ImportOptions()))
    await run_of(lease, file).run()
    assert lease.saved_lines == [7]
    assert (lease.known.counts.unchanged, lease.known.counts.updated) == (ROWS - 1, 1)
    assert [read.unchanged > 0 for read in lease.read][-1]


@pytest.mark.parametrize(
    ("options", "gives_up"),
    [({"max_errors": 3}, False), ({"max_errors": 2}, True), ({"on_error": "abort"}, True), ({}, False)],
)
async def test_an_import_gives_up_before_it_saves_a_row(file, options, gives_up):
    rows = "".join(f"S{n},{'' if n in (0, 8, 16) else 'Tea'}\n" for n in range(ROWS))
    file.write_text("sku,name\n" + rows)
    lease = MemoryLease()
    if gives_up:
        with pytest.raises(RejectedRowsError, match="3 rows were rejected"):
            await run_of(lease, file, **options).run()
        assert (lease.chunks, lease.known.counts.invalid) == ([], 3)
        assert sorted(lease.known.rejects) == [1, 9, 17]
    else:
        await run_of(lease, file, **options).run()
        assert (lease.known.counts.created, lease.known.counts.invalid) == (ROWS - 3, 3)


@pytest.mark.parametrize(
    ("rejected", "limit", "sentence"),
    [(1, 0, "1 row was rejected and none is allowed"), (3, 2, "3 rows were rejected and at most 2 are")],
)
async def test_who_gives_up_says_how_many_rows_were_rejected(file, rejected, limit, sentence):
    file.write_text("sku,name\n" + "".join(f"S{n},\n" for n in range(rejected)) + "X,Tea\n")
    with pytest.raises(RejectedRowsError, match=sentence):
        await run_of(MemoryLease(), file, max_errors=limit).run()


async def test_reading_ends_after_the_batch_with_too_many_errors(file):
    file.write_text("sku,name\n" + "".join(f",Name {n}\n" for n in range(ROWS)))
    lease = MemoryLease()
    with pytest.raises(RejectedRowsError):
        await run_of(lease, file, max_errors=TINY).run()
    assert lease.known.counts.invalid == 2 * TINY
    assert lease.known.records is None


async def test_missing_products_are_deactivated_after_all_is_saved(file):
    store = MemoryStore()
    await run_of(store.lease(store.create(ImportOptions())), file).run()
    file.write_text("sku,name\nS1,Name\nS2,\n")
    lease = store.lease(store.create(ImportOptions()))
    await run_of(lease, file, missing="deactivate").run()
    assert lease.phases == [Phase.DEACTIVATING]
    assert {key for key, product in store.products.items() if product.values["active"]} == {"s1", "s2"}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("S1,#N/A\n", "nothing_to_keep"),
        ("X,\n", "nothing_to_keep"),
        ("X,\n" * 2 + "Y,\n" * TINY, "nothing_to_keep"),
        ("S1,Tea\n,Tea\n", "not_deactivated"),
    ],
)
async def test_nothing_is_deactivated_where_that_could_be_wrong(file, rows, code):
    store = MemoryStore()
    await run_of(store.lease(store.create(ImportOptions())), file).run()
    file.write_text("sku,name\n" + rows)
    lease = store.lease(store.create(ImportOptions()))
    with pytest.raises(FileError) as refused:
        await run_of(lease, file, missing="deactivate").run()
    assert refused.value.code == code
    assert all(product.values["active"] for product in store.products.values())
    assert (lease.phases, lease.ended) == ([], None)


async def test_a_dry_run_ends_as_planned(file):
    lease = MemoryLease()
    await run_of(lease, file, dry_run=True).run()
    assert (lease.ended, lease.known.counts.created) == (Status.PLANNED, ROWS)
    assert (lease.store.products, lease.store.events) == ({}, [])


async def test_a_warning_ends_an_import_that_allows_none(file):
    file.write_text("sku,name\nA,CafÃ©\nB,Tea\n")
    lease = MemoryLease()
    with pytest.raises(WarnedError, match="1 warning was given .* and none is allowed"):
        await run_of(lease, file, on_warning="abort").run()
    assert lease.chunks == []
    assert sum(lease.warnings.values()) == 1


async def test_a_file_without_rows_completes_with_a_warning(file):
    file.write_text("sku,name\n")
    lease = MemoryLease()
    await run_of(lease, file).run()
    assert (lease.ended, lease.warnings) == (Status.COMPLETED, {"no_rows": 1})


async def test_a_policy_that_fails_ends_the_import(file):
    file.write_text("sku,name\nA,Tea\nA,Tea\n")
    lease = MemoryLease()
    with pytest.raises(PluginError, match="failing"):
        await run_of(lease, file, duplicates="failing").run()
    assert lease.chunks == []


async def test_a_policy_that_gives_no_answer_ends_the_import(file):
    file.write_text("sku,name\nA,Tea\nA,Tea\n")
    lease, policy = MemoryLease(), Hanging()
    try:
        with pytest.raises(PluginError, match="dedupe policy 'hanging' .* gave no answer on a batch"):
            await run_of(lease, file, timeout=0.05, policy=policy, duplicates="hanging").run()
    finally:
        policy.go_on.set()
    assert lease.chunks == []


@pytest.mark.parametrize(
    ("blank", "kept"),
    [("keep", ("Green", 3, {"colour": "red"})), ("clear", (None, None, {}))],
)
async def test_a_blank_cell_keeps_what_is_there_or_clears_it(file, blank, kept):
    store = MemoryStore()
    for row in ("A,Tea,Green,3.00,red", "A,Tea,,,"):
        file.write_text(f"sku,name,description,price,colour\n{row}\n")
        await run_of(store.lease(store.create(ImportOptions())), file, blank=blank).run()
    values = store.products["a"].values
    assert (values["description"], values["price"], values["attributes"]) == kept


async def test_a_column_that_the_file_lacks_clears_nothing(file):
    store = MemoryStore()
    for content in ("sku,name,description\nA,Tea,Green\n", "sku,name\nA,Mate\n"):
        file.write_text(content)
        await run_of(store.lease(store.create(ImportOptions())), file, blank="clear").run()
    assert (store.products["a"].values["name"], store.products["a"].values["description"]) == (
        "Mate",
        "Green",
    )


@pytest.mark.whole
async def test_a_chunk_has_some_thousand_rows(file):
    """Smaller ones would take more transactions, larger ones more memory."""
    rows = 40_000
    file.write_text("sku,name\n" + "".join(f"S{n},Tea\n" for n in range(rows)))
    lease = MemoryLease()
    await run_of(lease, file, parser="csv").run()
    assert sorted(chunk.read for chunk in lease.chunks) == [rows - 2 * 16_384, 16_384, 16_384]


@pytest.mark.parametrize(
    ("words", "other"), [("DELETE,NEW,MERGE", "'new'"), (",,delete", None), ("x,ignore,x", "'x'")]
)
async def test_one_known_command_is_enough_for_a_question(file, words, other):
    rows = (f"S{n},Tea,{word}\n" for n, word in enumerate(words.split(",")))
    file.write_text("sku,name,Command\n" + "".join(rows))
    lease = MemoryLease()
    with pytest.raises(QuestionsOpen) as asked:
        await run_of(lease, file).run()
    (question,) = asked.value.questions
    heeded = question.answers[0].words
    assert question.code == "command_column"
    assert f"such as {other}, are rejected" in heeded if other else "another word" not in heeded
    assert lease.chunks == []
