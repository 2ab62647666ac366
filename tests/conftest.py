"""What all tests share."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from buckets import object_store
from commandline import CommandLine
from halfway import Barrier, Watch
from servers import (
    Server,
    embedded_server,
    embedded_valkey,
    installed_binaries,
    installed_server,
    public_directory,
)
from shop import Shop

# A busy machine is no defect: how long one example takes says nothing about the code.
settings.register_profile("any-machine", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("any-machine")


HERE = Path(__file__).parent


def pytest_configure(config):
    """The quick loop looks at a quarter of the examples that the others look at."""
    if "not whole" in config.option.markexpr:
        settings.load_profile("quick")


WHOLE = {
    "benchmarks",
    "browser",
    "cases",
    "cli",
    "embedded",
    "faults",
    "imports",
    "outbox",
    "roundtrips",
    "testing",
    "web",
}
"""Folders whose tests run the program or imports as a whole, as those of plugins do. The quick loop is for
the parts of the program, on the newest PostgreSQL.
"""

PARTS = {
    *("imports/test_attempts.py", "imports/test_inspect.py", "imports/test_ledger.py"),
    *("imports/test_merge.py", "imports/test_preview.py", "imports/test_times.py"),
    "outbox/test_delivering.py",
    *("web/test_handlers.py", "web/test_routes.py", "web/test_wording.py"),
}
"""Files of these folders that are in the quick loop: they run a part only, or the steps of all imports."""

MANY_WAYS = {
    *("catalogue/test_export.py", "delimited/encodings/test_languages.py"),
    *("catalogue/test_indexing.py", "plugins/test_two_of_each.py"),
    *("plugins/test_exports_again.py", "plugins/test_rejects_formats.py"),
    *("store/changes/test_chains.py", "store/changes/test_histories.py"),
    *("store/test_settling.py", "store/test_taking_over.py"),
}
"""Files outside these folders that run one part in very many ways, by imports into PostgreSQL or on large
data. The quick loop has quicker tests of the same parts.
"""

MINUTES = 30
"""What a slow test may take before it counts as hanging; for the others it stands in pyproject.toml."""


def pytest_addoption(parser):
    parser.addoption("--screens", action="store_true", help="make the documentation's pictures of pages anew")


def is_whole(path):
    """Whether all tests of the file or folder are marked ``whole``."""
    if not path.is_relative_to(HERE):
        return True  # those of plugins
    path = path.relative_to(HERE)
    name = path.as_posix()
    has_parts = any(part == name or part.startswith(f"{name}/") for part in PARTS)
    return name in MANY_WAYS or (name.partition("/")[0] in WHOLE and not has_parts)


def pytest_ignore_collect(collection_path, config):
    """The quick loop doesn't even import the files of which it runs nothing."""
    left_out = "not whole" in config.option.markexpr and collection_path.name != "conftest.py"
    return (left_out and is_whole(collection_path)) or None


def pytest_collection_modifyitems(config, items):
    for item in items:
        if is_whole(item.path):
            item.add_marker(pytest.mark.whole)
        if item.path.is_relative_to(HERE / "browser"):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(MINUTES * 60))
    mark_other_ways(items)
    workers = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    items[:] = slow_ones_first(items, workers)


def slow_ones_first(items, workers):
    """The items in an order in which no worker is still at slow ones when the others have nothing left: each
    worker, which begins with its share of the items, has some of them at the start of that.
    """
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    ordered, left = [], len(items)
    for worker in range(workers):
        share = left // (workers - worker)
        left -= share
        own = slow[worker::workers]
        ordered += own + others[: max(0, share - len(own))]
        others = others[max(0, share - len(own)) :]
    return ordered + others


def pytest_collection_finish():
    """What is there by now stays: looking for garbage in it again and again takes a fifth of the time."""
    gc.collect()
    gc.freeze()


def mark_other_ways(items):
    """Of a test that works on PostgreSQL with many parameters, the quick loop runs the first ones only."""
    tried = set()
    for item in items:
        if "server" in item.fixturenames and not item.get_closest_marker("whole"):
            test = item.nodeid.partition("[")[0]
            if test in tried:
                item.add_marker(pytest.mark.whole)
            tried.add(test)


@pytest.fixture
def tmp_path(tmp_path):
    """Started by root, commands that serve go on as another user, whom pytest's directories keep out."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix="pi-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_18():
    if running := os.environ.get("POSTGRES_OF_TESTS"):  # whoever runs the tests again and again has one
        yield Server(*running.split(" "))
        return
    with embedded_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_15_binaries():
    """The oldest PostgreSQL that we promise to run on, as Debian 12 installs it."""
    binaries = installed_binaries(15)
    if binaries is None:
        reason = "PostgreSQL 15 is not installed (Debian: apt-get install postgresql-15)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return binaries


@pytest.fixture(scope="session")
def postgres_15(postgres_15_binaries):
    with installed_server(postgres_15_binaries) as server:
        yield server


@pytest.fixture(scope="session")
def valkey():
    """The URL of an embedded Valkey."""
    with embedded_valkey() as url:
        yield url


@pytest.fixture
async def redis_url(valkey):
    """An empty Redis."""
    from redis.asyncio import Redis  # noqa: PLC0415 - only some tests need it

    async with Redis.from_url(valkey) as client:
        await client.flushall()
    return valkey


@pytest.fixture
def server(postgres_18):
    """Where databases are made; some directories' tests run on several."""
    return postgres_18


@pytest.fixture
async def shop(server, tmp_path):
    """An importer on a new database."""
    async with server.database() as url, Shop.at(url, tmp_path) as shop:
        yield shop


@pytest.fixture(scope="session")
def s3_server():
    with object_store() as server:
        yield server


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """A new bucket, and an environment that leads to it."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server.bucket()


@pytest.fixture
def command_line(shop, tmp_path):
    """The command line, on the shop's database."""
    command_line = CommandLine(tmp_path, shop.url)
    yield command_line
    command_line.close()


@pytest.fixture
def watch(shop):
    return Watch(shop)


@pytest.fixture
def barrier(shop):
    return Barrier(shop)


@pytest.fixture
def small_disk():
    """A file system of one megabyte."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root can mount a small disk")
    place = public_directory()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)
    place.rmdir()
