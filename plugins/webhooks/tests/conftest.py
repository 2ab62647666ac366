import asyncio
import os

import pytest
from receiver import Hooks, receiving

import product_importer_webhooks
from product_importer.embedded import EmbeddedPostgres, default_data_dir
from product_importer.testing import temporary_importer
from product_importer_web.app import create_app
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.settings import WebSettings
from product_importer_webhooks.web import plugin


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    """Receivers under test are on this machine."""
    monkeypatch.setenv("PRODUCT_IMPORTER_WEBHOOKS_ALLOW", "127.0.0.0/8")
    monkeypatch.setenv("SECRET_KEY", "tests only: " + "k" * 40)


@pytest.fixture(scope="session")
def server():
    """The server of temporary databases, which would start anew for each test if nobody held it."""
    if "DATABASE_URL" in os.environ:
        yield
        return
    with asyncio.Runner() as runner:
        held = EmbeddedPostgres.open(default_data_dir() / "testing")
        runner.run(held.__aenter__())
        try:
            yield
        finally:
            runner.run(held.__aexit__(None, None, None))


@pytest.fixture
async def importer(settings, server):
    async with temporary_importer(product_importer_webhooks) as importer:
        yield importer


@pytest.fixture
def hooks(importer):
    return Hooks(importer)


@pytest.fixture
async def client(importer, aiohttp_client):
    """Talks to the pages, with the plugin's. Redis is away, which doesn't concern it."""
    async with Queues.open("redis://127.0.0.1:1/0", KINDS) as queues:
        yield await aiohttp_client(create_app(importer, WebSettings(), queues, [plugin]))


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver
