"""What a plugin's own tests need: sample data, the plugin loaded as the program would, contracts, a database.

The ``check_…`` functions raise AssertionError (or what the plugin raised) where an object breaks the contract
of :mod:`product_importer.ports`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.app import Importer
from product_importer.cells.sku import sku_key
from product_importer.delimited.header import fold_cell
from product_importer.embedded import EmbeddedPostgres, default_data_dir
from product_importer.errors import PluginError
from product_importer.guards import sound_findings, sound_ranks
from product_importer.model import Counts, MigrationSet, ParseOptions
from product_importer.outbox.delivering import MOST_EVENTS
from product_importer.outbox.isolation import IsolatedSink, SinkFailed
from product_importer.pipeline.convert import MAPPED_SCHEMA
from product_importer.plugins import load_plugins
from product_importer.ports import (
    ConnectedSink,
    DedupePolicy,
    EventBatch,
    EventSink,
    Parser,
    RawBatch,
    SinkHost,
    SubscribedSink,
    Validator,
)
from product_importer.settings import load_settings
from product_importer.store.connect import Database
from product_importer.store.migrate import migrate
from product_importer.wire import event_objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from product_importer.registry import PluginSet

SAMPLE_ROWS: Sequence[Mapping[str, object]] = (
    {"sku": "TEA-1", "name": "Green tea", "description": "Loose leaves", "price": "4.50", "active": True},
    {"sku": "TEA-2", "name": "Schwarzer Tee", "price": "0", "attributes": '{"origin": "Assam"}'},
    {"sku": "CUP-1", "name": "Becher »Groß«", "description": "0,4 l", "price": "12000", "active": False},
    {"sku": "tea-1", "name": "Green tea, new harvest", "price": "5.0001"},
    {"sku": None, "name": None},
)
"""A product in full, one with attributes, an expensive one, a duplicate of the first, and a row of blanks."""


def sample_batch(rows: Iterable[Mapping[str, object]] = SAMPLE_ROWS) -> pa.RecordBatch:
    """A mapped batch, as validators and dedupe policies get it, of these rows.

    What a row leaves out is null; ``record`` counts from 1, ``line`` from 2 (after the header), and
    ``sku_key`` follows from ``sku``. Prices may be given as numbers or as text.
    """
    full = []
    for record, row in enumerate(rows, start=1):
        sku, price = row.get("sku"), row.get("price")
        full.append(
            {
                "line": record + 1,
                "record": record,
                "sku_key": None if sku is None else sku_key(str(sku)),
                **row,
                "price": None if price is None else Decimal(str(price)),
            }
        )
    return pa.RecordBatch.from_pylist(full, schema=MAPPED_SCHEMA)


def sample_events(event_type: str = "product.created") -> EventBatch:
    """Two events of one transaction that made two products."""
    data = pa.RecordBatch.from_pylist(
        [{"product_id": number, "sku": row["sku"]} for number, row in enumerate(SAMPLE_ROWS[:2], start=1)]
    )
    return EventBatch("sample", event_type, datetime(2026, 1, 2, tzinfo=UTC), "import:1", data)


def plugin_set(*plugins: object) -> PluginSet:
    """The built-in plugin and these (modules or objects with hooks), and none that happens to be installed.

    Raises PluginError, with the reason, where a plugin would be left out.
    """
    loaded = load_plugins(plugins, entry_points=False)
    for failure in loaded.failed:
        raise PluginError(f"The plugin {failure.name!r} does not load: {failure.reason}", plugin=failure.name)
    return loaded


def check_validator(validator: Validator, batch: pa.RecordBatch | None = None) -> None:
    """Its findings fit the batch and are the same each time, for a part of it and an empty one too."""
    _require(isinstance(validator, Validator), f"{validator!r} lacks what a Validator has")
    batch = sample_batch() if batch is None else batch
    for part in (batch, batch.slice(1), batch.slice(0, 0)):
        once, twice, copied = (
            [
                (found.field, found.code, found.message, found.rows.to_pylist())
                for found in sound_findings(validator.check(given), given)
            ]
            for given in (part, part, _copied(part))
        )
        _require(once == twice, f"a second look finds something else: {once} and {twice}")
        _require(once == copied, f"the place in memory matters: {once} and {copied}")


def check_dedupe_policy(policy: DedupePolicy, batch: pa.RecordBatch | None = None) -> None:
    """Its ranks fit the batch and are the same each time, for a part of it and an empty one too."""
    _require(isinstance(policy, DedupePolicy), f"{policy!r} lacks what a DedupePolicy has")
    batch = sample_batch() if batch is None else batch
    for part in (batch, batch.slice(1), batch.slice(0, 0)):
        once, twice, copied = (
            sound_ranks(policy, policy.rank(given), given).to_pylist()
            for given in (part, part, _copied(part))
        )
        _require(once == twice, f"a second look ranks otherwise: {once} and {twice}")
        _require(once == copied, f"the place in memory matters: {once} and {copied}")


def check_parser(parser: Parser, path: Path, options: ParseOptions | None = None) -> None:
    """Its batches of this file are whole, in order, add up, and hold the same rows whatever their size.

    The header's names differ in more than case and normal form, and no cell holds a NUL character.
    """
    _require(isinstance(parser, Parser), f"{parser!r} lacks what a Parser has")
    options = options or ParseOptions()
    whole = _rows(parser, path, options)
    _require(whole == _rows(parser, path, options), "a second reading gives something else")
    two = ParseOptions(options.encoding, options.delimiter, options.limits, 2, options.batch_chars)
    _require(whole == _rows(parser, path, two), "with two rows a batch, the rows are others")


async def check_sink(
    sink: EventSink,
    received: Callable[[], Awaitable[Iterable[str]]] | None = None,
    *,
    database_url: str = "",
    seconds: float = 30.0,
) -> None:
    """It takes events as a relay brings them: in a thread of its own, of every type, few and many, the
    same ones again, after a delivery that was broken off, and after it was closed and opened anew.

    One that wants events at times only says when in SQL that ``database_url`` understands, if it is given.
    ``received`` tells the ids of the events that got to where the sink takes them: none may be missing or
    foreign, however often it is there. ``seconds``: what one delivery may take.
    """
    _require(isinstance(sink, EventSink), f"{sink!r} lacks what an EventSink has")
    if isinstance(sink, SubscribedSink) and database_url:
        await _check_condition(sink, database_url)
    batches = _event_batches()
    host = SinkHost(database_url)
    watched = _WatchedSink(sink)
    try:
        for _ in range(2):
            async with IsolatedSink.open(watched, host, seconds) as isolated:
                for batch in batches:
                    await isolated.deliver(batch)
                    await isolated.deliver(batch)
                    await _break_off(isolated, watched.began, batch, seconds)
                    await isolated.deliver(batch)
    except SinkFailed as failure:
        raise AssertionError(f"The sink failed: {failure}") from failure
    if received is not None:
        expected = {event["id"] for batch in batches for event in event_objects(batch)}
        found = set(await received())
        missing, foreign = sorted(expected - found), sorted(found - expected)
        _require(not missing, f"{len(missing)} events are missing, {missing[:3]} among them")
        _require(not foreign, f"{len(foreign)} events were never delivered, {foreign[:3]} among them")


async def _check_condition(sink: SubscribedSink, database_url: str) -> None:
    async with Database.open(database_url) as database, database.connection() as connection:
        try:
            answer = await connection.fetchval(f"SELECT ({sink.wanted})")
        except asyncpg.PostgresError as error:
            raise AssertionError(f"Its condition, {sink.wanted!r}, can't be asked: {error}") from error
    _require(isinstance(answer, bool), f"its condition, {sink.wanted!r}, is {answer!r}, not true or false")


class _WatchedSink:
    """Tells the event loop it was made in when a delivery begins: one broken off before never reaches it."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self.name = sink.name
        self.began = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def connected(self, host: SinkHost) -> AbstractAsyncContextManager[object]:
        return self._sink.connected(host) if isinstance(self._sink, ConnectedSink) else nullcontext()

    async def deliver(self, batch: EventBatch) -> None:
        self._loop.call_soon_threadsafe(self.began.set)
        await self._sink.deliver(batch)


async def _break_off(isolated: IsolatedSink, began: asyncio.Event, batch: EventBatch, seconds: float) -> None:
    """A delivery that ends in the middle, as one does that takes too long."""
    began.clear()
    delivery = asyncio.create_task(isolated.deliver(batch))
    delivery.add_done_callback(lambda _: began.set())
    await began.wait()
    delivery.cancel()
    await asyncio.wait({delivery})
    if not delivery.cancelled():
        delivery.result()  # it was over before, and may have failed
    end = time.monotonic() + seconds
    while isolated.busy:
        _require(time.monotonic() < end, "a delivery goes on after it was broken off")
        await asyncio.sleep(0.005)


def _event_batches() -> list[EventBatch]:
    """Of every type there is; one with as many events as there are at most, and the rest of it."""
    many = {"product_id": pa.array(range(1, MOST_EVENTS + 1)), "sku": [f"S {n}" for n in range(MOST_EVENTS)]}
    changed = [{"product_id": 7, "sku": "TEE »Süß«", "changed": ["name", "attributes"]}]
    end = {"import_id": 3, "filename": "Ware.csv", "message": "", **asdict(Counts(read=1, created=1))}
    return [
        sample_events(),
        replace(sample_events(), id="many", data=pa.RecordBatch.from_pydict(many)),
        replace(sample_events(), id="many", first=MOST_EVENTS),
        replace(sample_events("product.updated"), id="changed", data=pa.RecordBatch.from_pylist(changed)),
        replace(sample_events("product.deleted"), id="deleted", actor="user:1"),
        replace(sample_events("import.completed"), id="ended", data=pa.RecordBatch.from_pylist([end])),
        replace(sample_events("import.failed"), id="failed", data=pa.RecordBatch.from_pylist([end])),
    ]


@asynccontextmanager
async def temporary_importer(*plugins: object) -> AsyncIterator[Importer]:
    """An importer on a :func:`temporary_database`, with the plugins of :func:`plugin_set`."""
    loaded = plugin_set(*plugins)
    with TemporaryDirectory(prefix="product-importer-") as directory:
        async with (
            temporary_database(*loaded.migrations.values()) as url,
            Database.open(url) as database,
        ):
            settings = replace(load_settings(), data_dir=Path(directory))
            yield Importer(database, loaded, settings)


@asynccontextmanager
async def temporary_database(*migrations: MigrationSet) -> AsyncIterator[str]:
    """The URL of a new, migrated, empty database, which is dropped afterwards.

    It lies on the server of ``DATABASE_URL``, where that is set, or else on an embedded server of the tests'
    own, which takes some two seconds the first time and a third of a second after that.
    """
    async with AsyncExitStack() as stack:
        server = os.environ.get("DATABASE_URL")
        if not server:
            home = default_data_dir() / "testing"
            server = (await stack.enter_async_context(EmbeddedPostgres.open(home))).dsn
        name = f"product_importer_test_{secrets.token_hex(6)}"
        parts = urlsplit(server)
        url = f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")
        admin = await asyncpg.connect(server)
        try:
            await admin.execute(f"CREATE DATABASE {name}")
            connection = await asyncpg.connect(url)
            try:
                await migrate(connection, migrations)
            finally:
                await connection.close()
            yield url
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()


def _require(kept: bool, otherwise: str, /) -> None:
    if not kept:
        raise AssertionError(otherwise)


def _copied(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows in memory of their own, from offset 0."""
    return pa.RecordBatch.from_pylist(batch.to_pylist(), schema=batch.schema)


def _rows(parser: Parser, path: Path, options: ParseOptions) -> list[tuple[int, int, object]]:
    """Every row of the file as (record, line, content), once the batches are known to be sound."""
    rows: list[tuple[int, int, object]] = []
    record = offset = 0
    with parser.open(path, options) as parsed:
        names = set(map(fold_cell, parsed.header))
        _require(len(names) == len(parsed.header), f"two columns have one name: {list(parsed.header)}")
        for batch in parsed:
            _check_raw_batch(batch, parsed.header, options)
            _require(batch.first_record == record + 1, f"the records after {record} are missing")
            _require(batch.end_offset >= offset, "end_offset goes back")
            record, offset = batch.last_record, batch.end_offset
            cells = zip(*(column.to_pylist() for column in batch.cells.columns), strict=True)
            rows += zip(batch.records.to_pylist(), batch.lines.to_pylist(), cells, strict=True)
            rows += ((row.record, row.line, (row.cells, row.error)) for row in batch.malformed)
    _require(offset <= path.stat().st_size, f"end_offset is {offset}, beyond the file's end")
    return sorted(rows, key=itemgetter(0))


def _check_raw_batch(batch: RawBatch, header: tuple[str, ...], options: ParseOptions) -> None:
    cells, size = batch.cells, batch.cells.num_rows
    _require(tuple(cells.schema.names) == header, f"the columns are {cells.schema.names}, not the header's")
    _require(all(it.type == pa.string() and not it.null_count for it in cells.columns), "a cell is no string")
    _require(
        not any(pc.any(pc.match_substring(it, "\0")).as_py() for it in cells.columns),
        "a cell holds a NUL character",
    )
    for places in (batch.lines, batch.records):
        _require(places.type == pa.int64(), "lines and records are int64")
        _require(len(places) == size, "lines and records are as long as the cells")
        _require(places.to_pylist() == sorted(set(places.to_pylist())), "lines and records rise")
    _require(size <= options.batch_rows, f"{size} rows, more than batch_rows")
    first, last = batch.first_record, batch.last_record
    numbers = batch.records.to_pylist() + [row.record for row in batch.malformed]
    _require(all(first <= it <= last for it in numbers), "a record is out of its batch")
    read, known = last - first + 1, len(numbers) + batch.blank
    _require(read == known, f"records {first}–{last} are {read}; rows, malformed and blank make {known}")
