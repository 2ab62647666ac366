"""The pages in a real browser, against the real program, PostgreSQL and Valkey."""

import asyncio
import os
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import rehearsal
from commandline import CommandLine
from halfway import until

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SCREENS = Path(__file__).parents[2] / "docs" / "_static" / "screens"
PATIENCE = 20_000.0


def _lacking(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
async def chromium():
    """A browser. Without Chromium the tests are skipped, unless CI=true: then they fail."""
    if CHROMIUM is None:
        _lacking("Chromium is not installed (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.async_api")
    playwright.expect.set_options(timeout=PATIENCE)
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Site:
    """The running program. ``url`` has no slash at its end; ``process`` is its ``serve``."""

    url: str
    process: object
    line: CommandLine

    def worker(self):
        """The process that runs imports."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if "worker" in child.cmdline())


@pytest.fixture
def address():
    """``await address(process)``: where it serves."""
    return _address


async def _address(process):
    first = await asyncio.to_thread(process.stdout.readline)
    found = re.fullmatch(r"Product Importer is at (http://127\.0\.0\.1:\d+)/\n", first.decode())
    assert found, first + process.stderr.read()
    return found[1]


@pytest.fixture
def line(shop, redis_url, tmp_path):
    """The command line, on the shop's database and an empty Redis, with a plugin that can be slow."""
    line = CommandLine(
        tmp_path, shop.url, REDIS_URL=redis_url, REHEARSAL_ROWS="40", PRODUCT_IMPORTER_LOG_LEVEL="WARNING"
    )
    yield line
    line.close()


@pytest.fixture
def serve(line):
    """``await serve(**environment)``: a site. It is stopped at the test's end."""

    async def start(**environment):
        process = line.start("serve", "--port", "0", **environment)
        return Site(await _address(process), process, line)

    return start


@pytest.fixture
async def site(serve):
    return await serve()


@pytest.fixture
async def importer(shop, monkeypatch):
    """The library, on the site's database, in this process."""
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    return await shop.open(rehearsal)


class Complaints(list):
    """What pages have complained about; ``expected`` says what may be among it."""

    def __init__(self):
        super().__init__()
        self.expected = []

    def unexpected(self):
        return [each for each in self if not any(re.search(pattern, each) for pattern in self.expected)]


@pytest.fixture
def complaints():
    """No page may complain in the console: no script may fail, nothing be tried that the policy forbids."""
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected() == []


@pytest.fixture
def open_tab(chromium, complaints):
    """``async with open_tab(url, **options) as page``: each in a profile of its own."""

    @asynccontextmanager
    async def opened(url, *, width=1440, height=900, **options):
        context = await chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        await page.goto(url)
        yield page
        await page.unroute_all(behavior="wait")  # what is at a request when the page ends, fails
        await context.close()

    return opened


@pytest.fixture
async def page(open_tab, site):
    """The site's first page, on a screen of usual size."""
    async with open_tab(site.url) as page:
        yield page


@pytest.fixture
def screen(request):
    """``await screen(page, name)`` keeps a picture for the documentation, where ``--screens`` asks for it."""

    async def keep(page, name):
        if request.config.getoption("--screens"):
            SCREENS.mkdir(exist_ok=True)
            await page.evaluate("scrollTo(0, 0)")
            await page.screenshot(path=SCREENS / f"{name}.png", animations="disabled")

    return keep


@pytest.fixture
def import_ended(importer):
    """``await import_ended(import_id)``: its state then."""

    async def wait(import_id):
        async def state():
            state = await importer.imports.state(import_id)
            return state if state.ended else None

        return await until(state, "the import had ended")

    return wait
