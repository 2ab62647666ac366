"""``python -m benchmarks.web``: what the web shell adds to an import, and an import to the web shell.

Three questions, all answered on one server, in turns. How much longer does an import take from the browser's
upload to its end than by command? How much longer do pages take meanwhile? What do a thousand watchers of its
progress cost? The table must hold the right products after each import, or the run ends with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Final

import aiohttp
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks import data
from benchmarks.database import BenchmarkError, Server, WrongResult, open_server, work_directory
from benchmarks.report import Spread
from benchmarks.systems import ProductImporter
from product_importer.errors import ProductImporterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from benchmarks.data import Dataset

PAGE: Final = "/products"
ASK_EVERY: Final = 0.05
"""Seconds between requests for a page: what is measured is waiting for an import, not for each other."""

IDLE_SECONDS: Final = 5.0
_START_SECONDS: Final = 60.0
_ADDRESS: Final = re.compile(rb"(http://\S+?)/?\s")


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds, each of the whole; page times at their 99th percentile; bytes of the shell's processes."""

    command: float
    browser: float
    after_upload: float
    page_idle: float
    page_busy: float
    watched: float
    stopping: float
    peak_bytes: int


class Shell:
    """A running ``product-importer serve``."""

    stopping = 0.0
    """Seconds that it took to end once it was asked to, idle."""

    def __init__(
        self, address: str, home: Path, process: psutil.Process, session: aiohttp.ClientSession
    ) -> None:
        self.address = address
        self.home = home
        self._process = process
        self._session = session

    async def upload(self, dataset: Dataset) -> str:
        """Sends the file; the new import's address."""
        with dataset.path.open("rb") as file:
            form = aiohttp.FormData({"file": file})
            async with self._session.post(f"{self.address}/api/v1/imports", data=form) as answer:
                if answer.status != 202:
                    raise WrongResult(f"The upload is answered with {answer.status}: {await answer.text()}")
                return f"{self.address}/api/v1/imports/{(await answer.json())['id']}"

    async def post(self, path: str, document: Mapping[str, object]) -> dict[str, object]:
        """What the API answers to this document."""
        async with self._session.post(self.address + path, json=document) as answer:
            if not answer.ok:
                raise WrongResult(f"{path} is answered with {answer.status}: {await answer.text()}")
            found: dict[str, object] = await answer.json()
            return found

    def cpu_seconds(self) -> float:
        """Those of the web process."""
        return cpu_seconds(self._process)

    def children(self) -> list[psutil.Process]:
        """The processes that work for it."""
        return self._process.children(recursive=True)

    async def watch(self, address: str) -> dict[str, object]:
        """The last message of the import's progress."""
        message: dict[str, object] = {}
        async with self._session.ws_connect(f"{address}/events") as socket:
            async for one in socket:
                message = one.json()
        return message

    async def page_times(self, until: asyncio.Event) -> list[float]:
        """How long the page of products took, each time, in seconds."""
        times = []
        while not until.is_set():
            began = time.perf_counter()
            async with self._session.get(self.address + PAGE, headers={"Accept": "text/html"}) as answer:
                await answer.read()
                if answer.status != 200:
                    raise WrongResult(f"{PAGE} is answered with {answer.status}.")
            times.append(time.perf_counter() - began)
            await asyncio.sleep(ASK_EVERY)
        return times

    def peak_bytes(self) -> int:
        """What web process and worker had in memory at their highest: an import goes through these two."""
        workers = [process for process in self.children() if "worker" in process.cmdline()]
        return sum(_peak(process.pid) for process in (self._process, *workers))


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


@asynccontextmanager
async def serving(dsn: str, directory: Path) -> AsyncIterator[Shell]:
    """The shell on this database, with files and a Valkey of its own, new in ``directory``: in one that has
    served another database, the jobs of this one would count as done.
    """
    home = directory / str(time.time_ns())
    environment = {
        **os.environ,
        "DATABASE_URL": dsn,
        "PRODUCT_IMPORTER_DATA_DIR": str(home),
        "PRODUCT_IMPORTER_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "product_importer", "serve", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = await process.stdout.readline()
        found = _ADDRESS.search(line)
        if found is None:
            raise BenchmarkError(f"serve doesn't say where it is, but {line!r}.")
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            shell = Shell(found[1].decode(), home, psutil.Process(process.pid), session)
            yield shell
        began = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        await process.wait()
        shell.stopping = time.perf_counter() - began
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def turn(server: Server, dataset: Dataset, directory: Path, watchers: int) -> Turn:
    """One round: by command, by browser while somebody looks at products, and watched by many."""
    dsn = await asyncio.to_thread(_database, server)
    command = await asyncio.to_thread(ProductImporter().run, "first", dataset, dsn)
    await asyncio.to_thread(server.check, dsn, dataset)

    dsn = await asyncio.to_thread(_database, server)
    async with serving(dsn, directory) as shell:
        browser, after_upload = await timed_import(server, dsn, shell, dataset)
        peak = shell.peak_bytes()
    dsn = await asyncio.to_thread(_database, server)
    async with serving(dsn, directory) as shell:
        page_idle = await _page(shell, asyncio.sleep(IDLE_SECONDS))
        page_busy = await _page(shell, timed_import(server, dsn, shell, dataset))
    dsn = await asyncio.to_thread(_database, server)
    async with serving(dsn, directory) as shell:
        watched, _ = await timed_import(server, dsn, shell, dataset, watchers=watchers)
    return Turn(command.seconds, browser, after_upload, page_idle, page_busy, watched, shell.stopping, peak)


def _database(server: Server) -> str:
    server.drop_all()
    dsn = server.create("web")
    ProductImporter().prepare(server, dsn)
    server.checkpoint()
    return dsn


async def timed_import(
    server: Server, dsn: str, shell: Shell, dataset: Dataset, *, watchers: int = 1, check: bool = True
) -> tuple[float, float]:
    """Seconds from the upload's first byte to the end, and from its last byte.

    ``check``: whether the table is looked at already.
    """
    began = time.perf_counter()
    address = await shell.upload(dataset)
    uploaded = time.perf_counter()
    messages = await asyncio.gather(*(shell.watch(address) for _ in range(watchers)))
    ended = time.perf_counter()
    for message in messages:
        if (message.get("status"), message.get("created")) != ("completed", dataset.products):
            raise WrongResult(f"A watcher's last message is {message}.")
    if check:
        await asyncio.to_thread(server.check, dsn, dataset)
    return ended - began, ended - uploaded


async def _page(shell: Shell, meanwhile: object) -> float:
    """The 99th percentile of the page's times."""
    done = asyncio.Event()
    asking = asyncio.create_task(shell.page_times(done))
    try:
        await meanwhile  # type: ignore[misc]
    finally:
        done.set()
    times = await asking
    return quantiles(times, n=100, method="inclusive")[98] if len(times) > 1 else times[0]


def show(turns: Sequence[Turn], watchers: int) -> None:
    """A table of medians and, in brackets, the lowest and the highest."""
    table = Table("what", "value", title=f"{len(turns)} turns")

    def row(what: str, values: Sequence[float], unit: str = "") -> None:
        table.add_row(what, Spread.of(values).text() + unit)

    row("import by command", [it.command for it in turns], " s")
    row(
        "from the upload's first byte to the end, against the command",
        [it.browser / it.command for it in turns],
        "×",
    )
    row(
        "from the upload's last byte, against the command",
        [it.after_upload / it.command for it in turns],
        "×",
    )
    row(f"{PAGE}, 99th percentile, idle", [it.page_idle * 1000 for it in turns], " ms")
    row(f"{PAGE} during an import, against idle", [it.page_busy / it.page_idle for it in turns], "×")
    row(f"import with {watchers:,} watchers, against one", [it.watched / it.browser for it in turns], "×")
    row("from SIGTERM to the end, idle", [it.stopping for it in turns], " s")
    row("peak memory of web and worker together", [it.peak_bytes / 1e6 for it in turns], " MB")
    Console().print(table)


async def _run(options: argparse.Namespace, work: Path) -> list[Turn]:
    dataset = data.products(work / "products.csv", options.rows)
    async with open_server(None, work / "server") as server:
        turns = []
        for number in range(options.rounds):
            turns.append(await turn(server, dataset, work / "shell", options.watchers))
            print(f"turn {number + 1}: {turns[-1]}", file=sys.stderr)
        return turns


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.web", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rows", type=int, default=500_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--watchers", type=int, default=1_000)
    parser.add_argument("--directory", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args(arguments)
    with work_directory(options.directory) as work:
        try:
            turns = asyncio.run(_run(options, work))
        except (BenchmarkError, ProductImporterError, psycopg.Error, aiohttp.ClientError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    show(turns, options.watchers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
