"""Schemathesis reads ``/api/v1/openapi.json`` and asks a real server for all that stands there.

It asks for what fits the description and for much that doesn't. Each answer has to be as described.
``SCHEMATHESIS_EXAMPLES`` and ``SCHEMATHESIS_SEED`` make it ask for more, and for other things.
"""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from product_importer_web.api.openapi import PATH

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "4")
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
NO_PAGES = "^/(api/|healthz|readyz|metrics)"
SECONDS = 900
THERE = (
    *(("/api/v1/products", {"json": {"sku": f"A-{number}", "name": "Tea"}}) for number in range(3)),
    *(("/api/v1/webhooks", {"json": {"url": f"http://127.0.0.1:1/{number}"}}) for number in range(3)),
    *(
        (
            "/api/v1/schedules",
            {"json": {"name": "Tea", "url": f"https://127.0.0.1:1/{number}", "cron": "0 6 1 1 *"}},
        )
        for number in range(3)
    ),
    *(("/api/v1/imports", {"data": b"sku,name\nA,Tea\n"}) for _ in range(3)),
)


async def make(url):
    """What is to be found by its number."""
    async with aiohttp.ClientSession(url) as session:
        for path, sent in THERE:
            async with session.post(path, **sent) as response:
                assert response.status in (201, 202), await response.text()


@pytest.mark.slow
async def test_the_server_does_what_the_description_says(port, watched, tmp_path):
    url = f"http://127.0.0.1:{port}"
    await make(url)
    command = (
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml"),
        *("run", url + PATH, "--include-path-regex", NO_PAGES, "--request-timeout", "60"),
        *("--phases", "coverage,fuzzing", "--max-examples", EXAMPLES),
        *("--seed", SEED, "--no-shrink", "--continue-on-failure", "--no-color"),
    )
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")}
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    tested = re.search(r"Operations:\s+(\d+) selected / (\d+) total", done.stdout)
    assert tested, done.stdout
    assert int(tested[1]) > 40
    assert not watched.exists(), watched.read_text()
