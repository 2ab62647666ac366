"""No request, however odd, is answered by a failure of ours, waits for ever or holds the others up.

``FUZZ_REQUESTS`` and ``FUZZ_SEED`` make the long one longer, and another one: ``tox -e fuzz``.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_requests import Hostile, Maker

import watchdog
from product_importer_web.extensions import load_web_plugins, routes_with
from product_importer_web.problems import CONTENT_TYPE
from product_importer_web.routes import ROUTES

CLIENTS = 8
PATIENCE = 30
SHORT = 2_000
LONG = int(os.environ.get("FUZZ_REQUESTS", "25000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
THERE = (
    *(("/api/v1/products", {"sku": f"A-{number}", "name": "Tea"}) for number in range(3)),
    *(("/api/v1/webhooks", {"url": f"http://127.0.0.1:1/{number}"}) for number in range(3)),
    *(("/api/v1/imports", b"sku,name\nA,Tea\n") for _ in range(3)),
)
NO_BODY = (204, 304)


class Client:
    """One connection after the other."""

    def __init__(self, port):
        self._port = port
        self._streams = None

    async def ask(self, hostile):
        """Status, headers and body of the answer; None where the connection ended without one."""
        kept = self._streams is not None
        if not kept:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            writer.write(hostile.data)
            answer = await self._answer(reader, hostile.method)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            return await self.ask(hostile) if kept else None  # it may have ended before
        if answer[0] == 101 or "close" in answer[1].get("connection", ""):
            self.close()
        return answer

    def close(self):
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _answer(self, reader, method):
        status = 100
        while status == 100:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            status = int(first.split()[1])
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        if method == "HEAD" or status in NO_BODY or status == 101:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, b"".join([chunk async for chunk in _chunks(reader)])
        return status, headers, await reader.readexactly(int(headers.get("content-length", 0)))


async def _chunks(reader):
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)


def complaint(hostile, answer):
    """What is wrong with the answer, if anything."""
    if answer is None:
        return "no answer"
    status, headers, body = answer
    if status >= 500 and not (status == 503 and "retry-after" in headers):
        return f"{status}: {body[:300]!r}"
    if status >= 400 and hostile.method != "HEAD" and hostile.path.startswith("/api/"):
        if not headers.get("content-type", "").startswith(CONTENT_TYPE):
            return f"{status} without a problem document: {body[:300]!r}"
        if json.loads(body)["status"] not in (status, 460):
            return f"{status} with another one's document"
    return None


async def seeded(port, path, sent):
    """Something to be found by its number."""
    body = json.dumps(sent).encode() if isinstance(sent, dict) else sent
    kind = "application/json" if isinstance(sent, dict) else "text/csv"
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    )
    head = "\r\n".join((*lines, "", ""))
    client = Client(port)
    status, _, answer = await client.ask(Hostile("POST", path, head.encode() + body))
    client.close()
    assert status in (201, 202), answer


@pytest.mark.parametrize(
    ("requests", "seed"),
    [(SHORT, 2), pytest.param(LONG, SEED, marks=pytest.mark.slow)],
    ids=["short", "long"],
)
async def test_no_request_brings_the_server_down(port, watched, requests, seed):
    for path, sent in THERE:
        await seeded(port, path, sent)
    make = Maker(routes_with(ROUTES, load_web_plugins(())), seed)
    faults, answers = [], {}
    waiting = iter(range(requests))

    async def ask_on():
        client = Client(port)
        for _ in waiting:
            hostile = make()
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await client.ask(hostile)
                found = complaint(hostile, answer)
            except TimeoutError:
                client.close()
                answer, found = None, f"no answer within {PATIENCE} s"
            status = answer[0] if answer else 0
            answers[status] = answers.get(status, 0) + 1
            if found:
                faults.append(f"{found}\n    {hostile.data[:600]!r}")
        client.close()

    await asyncio.gather(*(ask_on() for _ in range(CLIENTS)))
    print(f"{requests:,} requests, seed {seed}: {dict(sorted(answers.items()))}")
    assert not faults, f"{len(faults)} faults, such as:\n" + "\n".join(faults[:10])
    assert sum(answers.values()) == requests
    assert not watched.exists(), watched.read_text()


def test_the_watchdog_tells_what_a_busy_loop_was_at(tmp_path):
    code = """
import asyncio, time, watchdog
watchdog.install()

async def main():
    await asyncio.sleep(0.2)
    while time.thread_time() < 2 * watchdog.LIMIT:
        pass
    await asyncio.sleep(0.2)

asyncio.run(main())
"""
    file = tmp_path / "busy.txt"
    environment = {
        **os.environ,
        "WATCHDOG_FILE": str(file),
        "PYTHONPATH": str(Path(watchdog.__file__).parent),
    }
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert "in main" in file.read_text()
    assert file.read_text().count("busy for") == 1
