"""The pages and the API, over real HTTP, on a new database and an empty Redis."""

import asyncio
import re
import threading

import msgspec
import pytest
from aiohttp import web

from commandline import CommandLine
from product_importer_web.api.openapi import ProblemShown, refusals_of
from product_importer_web.app import create_app
from product_importer_web.declarations import custom
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.keys import ROUTE_OF
from product_importer_web.principals import as_owner
from product_importer_web.settings import WebSettings


@pytest.fixture
async def queues(redis_url):
    async with Queues.open(redis_url, KINDS) as opened:
        yield opened


def undeclared(route, response):
    """What of an answer is otherwise than its route declares."""
    if route is None or not route.answers:
        return
    answers = [each for each in route.answers if each.status == response.status]
    if response.status in refusals_of(route):
        kind = ProblemShown
    elif not answers:
        yield f"{route.name} answers {response.status}"
        return
    else:
        kind = answers[0].type
    if kind is not None and isinstance(response, web.Response) and response.body:
        try:
            msgspec.json.decode(response.body, type=kind, dec_hook=custom)
        except msgspec.ValidationError as error:
            yield f"{route.name} answers {response.status}: {error}"


@pytest.fixture
def make_app(shop, queues):
    """``await make_app(*plugins, **settings)``: an application; settings are those of WebSettings.

    ``importer`` is the one to be used, if not one with these plugins; ``authenticator`` tells who asks.
    Whatever it answers has to be as its route declares.
    """

    faults = []

    async def compare(request, response):
        if request.transport is not None and not request.transport.is_closing():
            faults.extend(undeclared(request.app[ROUTE_OF].get(request.match_info.route), response))

    async def make(*plugins, importer=None, authenticator=as_owner, **settings):
        importer = importer or await shop.open(*plugins)
        app = create_app(importer, WebSettings(**settings), queues, authenticator=authenticator)
        app.on_response_prepare.append(compare)
        return app

    yield make
    assert faults == []


@pytest.fixture
async def client(make_app, aiohttp_client):
    """Talks to the application as it is out of the box."""
    return await aiohttp_client(await make_app())


@pytest.fixture
def watched(tmp_path):
    return tmp_path / "busy.txt"


@pytest.fixture
async def port(shop, redis_url, tmp_path, watched):
    """Of a server process, whose event loop is watched, and which reaches no other machine.

    At its end nothing may have gone wrong in it.
    """
    environment = {
        "SECRET_KEY": "tests only: " + "k" * 40,
        "PRODUCT_IMPORTER_LOG_LEVEL": "ERROR",
        "WATCHDOG_FILE": str(watched),
    }
    line = CommandLine(tmp_path, shop.url, REDIS_URL=redis_url, **environment)
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import loopback\nimport watchdog\n\nloopback.install()\nwatchdog.install()\n"
    )
    migrated = await asyncio.to_thread(line.run, "migrate")
    assert migrated.code == 0, migrated.stderr
    process = line.start("web", "--port", "0")
    log = []
    reading = threading.Thread(target=lambda: log.extend(process.stderr))
    reading.start()
    first = (await asyncio.to_thread(process.stdout.readline)).decode()
    found = re.search(r":(\d+)/", first)
    assert found, (first, log)
    yield int(found[1])
    assert process.poll() is None, log[-20:]
    process.terminate()
    assert await asyncio.to_thread(process.wait, 30) == 0
    reading.join()
    process.stdout.close()
    process.stderr.close()
    assert not [line for line in log if b"Traceback" in line], b"".join(log[:20]).decode()
