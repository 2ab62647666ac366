"""``python -m benchmarks.webhooks``: what webhooks cost an import, and how fast events get to receivers.

All answered in one run, in turns: an import through the web shell with two endpoints, one of which hangs,
against one with none, and how long the events take after it; single deliveries against a bare loop of the
same client; how soon an edit is seen, with and without a neighbour that hangs. Every request is verified by
the public library, and every event must arrive once it was committed, or the run ends with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Final

import aiohttp
import psutil
import psycopg
import redis.asyncio
from rich.console import Console
from rich.table import Table

from benchmarks import data
from benchmarks.database import BenchmarkError, Server, WrongResult, open_server, work_directory
from benchmarks.receiving import Receiver, receiving
from benchmarks.report import Spread, machine
from benchmarks.systems import ProductImporter
from benchmarks.web import Shell, cpu_seconds, serving, timed_import
from product_importer import Importer
from product_importer.embedded import EmbeddedValkey
from product_importer.errors import ProductImporterError
from product_importer.product import ProductDraft
from product_importer_webhooks.model import EndpointDraft
from product_importer_webhooks.signing import secret_text
from product_importer_webhooks.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from benchmarks.data import Dataset

HERE: Final = Path(__file__).parent
_AT_ONCE: Final = 4
"""Requests at once: what an endpoint has unless its user says otherwise."""

_PATIENCE: Final = 600.0
_EDITS_A_SECOND: Final = 5.0
_AT_REST: Final = 0.05
"""CPU seconds within a second: a relay that uses less waits for events."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import: seconds from its request to its end, and meanwhile the bytes that were written, the CPU
    seconds of the relay.

    The seconds are by the database's clock: while deliveries come in, the benchmark checks their signatures
    and sees the end late.
    """

    seconds: float
    wal: int
    redis: int
    relay_cpu: float


@dataclass(frozen=True, slots=True)
class Turn:
    """``delivered``: seconds after the import. ``single``, ``bare``: deliveries a second, and a CPU second.
    ``alone``, ``beside``: seconds from edits to their arrival, without and with a neighbour that hangs.
    """

    without: Import
    within: Import
    delivered: float
    single: tuple[float, float]
    bare: tuple[float, float]
    alone: tuple[float, ...]
    beside: tuple[float, ...]


class Book:
    """What the servers and the relay have used up by now."""

    def __init__(self, dsn: str, valkey: redis.asyncio.Redis, relay: psutil.Process) -> None:
        self._dsn = dsn
        self._valkey = valkey
        self._relay = relay

    async def read(self) -> tuple[int, int, float]:
        """Bytes of WAL, bytes of memory in Redis, CPU seconds of the relay."""
        memory = (await self._valkey.info("memory"))["used_memory"]
        return int(await asyncio.to_thread(_number, self._dsn, WAL)), memory, cpu_seconds(self._relay)


WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
TAKEN = "SELECT extract(epoch FROM finished_at - created_at) FROM imports"


def _number(dsn: str, query: str) -> float:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return float(row[0]) if row else 0.0


async def imported(
    server: Server, dataset: Dataset, directory: Path, receiver: Receiver | None
) -> tuple[Import, float]:
    """The import, and the seconds after it until the receiver has all its events."""
    dsn = await asyncio.to_thread(database, server)
    async with serving(dsn, directory) as shell, EmbeddedValkey.open(shell.home) as embedded:
        if receiver is not None:
            receiver.forget()
            receiver.secret = await subscribe(shell, f"{receiver.address}/well")
            await subscribe(shell, f"{receiver.address}/hanging")
        async with redis.asyncio.Redis.from_url(embedded.url) as valkey:
            book = Book(dsn, valkey, await relay_of(shell))
            wal, memory, cpu = await book.read()
            await timed_import(server, dsn, shell, dataset, check=False)
            ended = time.perf_counter()
            wal_end, memory_end, cpu_end = await book.read()
            if receiver is not None:
                await receiver.all(dataset.products + 1, _PATIENCE)
            delivered = time.perf_counter() - ended
        await asyncio.to_thread(server.check, dsn, dataset)
        seconds = await asyncio.to_thread(_number, dsn, TAKEN)
    measured = Import(seconds, wal_end - wal, memory_end - memory, cpu_end - cpu)
    return measured, delivered


async def subscribe(shell: Shell, url: str) -> str:
    """A new endpoint's secret."""
    answer = await shell.post("/api/v1/webhooks", {"url": url})
    return str(answer["secret"])


async def relay_of(shell: Shell) -> psutil.Process:
    """The shell's relay, once it has started and waits for events: starting takes longer than delivering."""
    end = time.perf_counter() + _PATIENCE
    while time.perf_counter() < end:
        for process in shell.children():
            if "relay" in process.cmdline() and process.num_threads() > 1:
                before = cpu_seconds(process)
                await asyncio.sleep(1.0)
                if cpu_seconds(process) - before < _AT_REST:
                    return process
        await asyncio.sleep(0.1)
    raise BenchmarkError("serve runs no relay that waits.")


async def single(server: Server, receiver: Receiver, events: int, work: Path) -> tuple[float, float]:
    """Deliveries of one event each: a second, and a CPU second of the relay."""
    dsn = await asyncio.to_thread(database, server)
    path = work / "single.csv"
    path.write_text("sku,name\n" + "".join(f"SKU-{number},Tea\n" for number in range(events)), "utf-8")
    async with Importer.open(dsn) as importer:
        hooks = await Webhooks.on(importer.database.connection)
        draft = EndpointDraft(f"{receiver.address}/well", mode="single", concurrency=_AT_ONCE)
        _, secret = await hooks.endpoints.create(draft, actor="benchmark")
        await importer.run(path)
    receiver.forget()
    receiver.secret = secret_text(secret)
    async with relaying(dsn) as relay:
        await receiver.until(1, _PATIENCE)
        began, cpu = time.perf_counter(), cpu_seconds(relay)
        first = len(receiver.seen)
        await receiver.all(events + 1, _PATIENCE)
        seconds, cpu = time.perf_counter() - began, cpu_seconds(relay) - cpu
    done = events + 1 - first
    return done / seconds, done / cpu


async def bare(receiver: Receiver, events: int) -> tuple[float, float]:
    """The same for the bare loop, against the same receiver."""
    receiver.forget()
    arguments = (f"{receiver.address}/well", receiver.secret or "", str(events), str(_AT_ONCE))
    command = (sys.executable, "-m", "benchmarks.posting", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode != 0 or len(receiver.seen) != events:
        raise WrongResult(f"The bare loop delivered {len(receiver.seen):,} events of {events:,}.")
    seconds, cpu = map(float, said.split())
    return events / seconds, events / cpu


async def edits(
    server: Server, receiver: Receiver, number: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds from each edit to its arrival: without a neighbour that hangs, and beside one, by turns."""
    dsn = await asyncio.to_thread(database, server)
    found: dict[bool, list[float]] = {False: [], True: []}
    async with Importer.open(dsn) as importer, relaying(dsn):
        hooks = await Webhooks.on(importer.database.connection)
        _, secret = await hooks.endpoints.create(EndpointDraft(f"{receiver.address}/well"), actor="benchmark")
        receiver.forget()
        receiver.secret = secret_text(secret)
        await importer.catalogue.create(ProductDraft(sku="first", name="Tea"), actor="benchmark")
        await receiver.until(1, _PATIENCE)
        for beside in (False, True, False, True):
            hanging = None
            if beside:
                hanging, _ = await hooks.endpoints.create(
                    EndpointDraft(f"{receiver.address}/hanging"), actor="benchmark"
                )
            found[beside] += await _edits(importer, receiver, -(-number // 2))
            if hanging is not None:
                await hooks.endpoints.delete(hanging.id, actor="benchmark")
    return tuple(found[False]), tuple(found[True])


async def _edits(importer: Importer, receiver: Receiver, number: int) -> list[float]:
    receiver.forget()
    chance = random.Random(number)
    committed = []
    for one in range(number):
        await asyncio.sleep(chance.uniform(0.5, 1.5) / _EDITS_A_SECOND)
        draft = ProductDraft(sku=f"{time.time_ns()}-{one}", name="Tea")
        await importer.catalogue.create(draft, actor="benchmark")
        committed.append(time.perf_counter())
    await receiver.all(number, _PATIENCE)
    arrived = sorted(receiver.seen.values())
    return [there - here for here, there in zip(committed, arrived, strict=True)]


@asynccontextmanager
async def relaying(dsn: str) -> AsyncIterator[psutil.Process]:
    """``product-importer relay``."""
    command = (sys.executable, "-m", "product_importer", "relay", "--database-url", dsn)
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


def database(server: Server) -> str:
    server.drop_all()
    dsn = server.create("webhooks")
    ProductImporter().prepare(server, dsn)
    server.checkpoint()
    return dsn


async def turn(
    number: int, server: Server, receiver: Receiver, dataset: Dataset, work: Path, options: argparse.Namespace
) -> Turn:
    """One round; whether the import with endpoints comes first depends on its number."""
    order = (None, receiver) if number % 2 else (receiver, None)
    measured = {one is not None: await imported(server, dataset, work / "shell", one) for one in order}
    (without, _), (within, delivered) = measured[False], measured[True]
    singly = await single(server, receiver, options.singles, work)
    loop = await bare(receiver, options.singles)
    alone, beside = await edits(server, receiver, options.edits)
    return Turn(without, within, delivered, singly, loop, alone, beside)


def p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[98]


def show(turns: Sequence[Turn]) -> None:
    """Medians and, in brackets, the lowest and the highest."""
    table = Table("what", "value", title=f"{len(turns)} turns")

    def row(what: str, values: Sequence[float], unit: str, digits: int = 2) -> None:
        table.add_row(what, Spread.of(values).text(digits) + unit)

    row("import without webhooks, from its request", [it.without.seconds for it in turns], " s")
    row(
        "with two, one of which hangs, against it",
        [it.within.seconds / it.without.seconds for it in turns],
        "×",
    )
    row("WAL more, when the import ends", [(it.within.wal - it.without.wal) / 1e6 for it in turns], " MB", 1)
    row("memory of Redis more", [(it.within.redis - it.without.redis) / 1e6 for it in turns], " MB", 1)
    row("CPU of the relay meanwhile", [it.within.relay_cpu for it in turns], " s")
    row("all events delivered, after the import", [it.delivered for it in turns], " s")
    row("single deliveries a second", [it.single[0] for it in turns], "", 0)
    row("against the bare loop, by the clock", [it.single[0] / it.bare[0] for it in turns], "×")
    row("against the bare loop, by CPU", [it.single[1] / it.bare[1] for it in turns], "×")
    row("from an edit to its arrival, 99th percentile", [1e3 * p99(it.alone) for it in turns], " ms", 0)
    row("beside a neighbour that hangs, against that", [p99(it.beside) / p99(it.alone) for it in turns], "×")
    Console().print(table)


def save(path: Path, turns: Sequence[Turn], about: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"machine": about, "turns": [asdict(each) for each in turns]}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


async def _run(options: argparse.Namespace, work: Path) -> None:
    os.environ["PRODUCT_IMPORTER_WEBHOOKS_ALLOW"] = "127.0.0.0/8"
    os.environ["SECRET_KEY"] = "of the benchmark: " + "k" * 40
    dataset = data.products(work / "products.csv", options.rows)
    async with open_server(None, work / "server") as server, receiving() as receiver:
        about = machine(server.settings())
        turns = []
        for number in range(options.rounds):
            turns.append(await turn(number, server, receiver, dataset, work, options))
            print(f"turn {number + 1} has ended", file=sys.stderr)
        await asyncio.to_thread(server.drop_all)
    show(turns)
    if options.results is not None:
        save(options.results / "webhooks.json", turns, about)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.webhooks", description=(__doc__ or "").split("\n")[0]
    )
    add = parser.add_argument
    add("--rows", type=int, default=500_000, metavar="N", help="rows of the file (default: %(default)s)")
    add("--singles", type=int, default=10_000, metavar="N", help="single deliveries (default: %(default)s)")
    add(
        "--edits",
        type=int,
        default=200,
        metavar="N",
        help="edits, each with and without (default: %(default)s)",
    )
    add("--rounds", type=int, default=3, help="turns (default: %(default)s)")
    add("--directory", type=Path, default=Path(tempfile.gettempdir()), help="for its files")
    add("--results", type=Path, default=None, help="a directory for the figures as JSON")
    options = parser.parse_args(arguments)
    with work_directory(options.directory) as work:
        try:
            asyncio.run(_run(options, work))
        except (BenchmarkError, ProductImporterError, psycopg.Error, aiohttp.ClientError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
