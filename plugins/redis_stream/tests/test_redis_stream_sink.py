import asyncio
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from redis.asyncio import Redis

import product_importer_redis_stream
from product_importer.embedded import EmbeddedValkey
from product_importer.errors import PluginError
from product_importer.ports import SinkHost
from product_importer.product import ProductDraft
from product_importer.testing import check_sink, plugin_set, sample_events, temporary_importer

STREAM = "product-importer:events"


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="pi-"))
    folder.chmod(0o777)  # as root, Valkey runs under another account
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def url(home):
    """A Valkey of our own."""
    async with EmbeddedValkey.open(home / "data") as valkey:
        yield valkey.url


@pytest.fixture
def make_sink(monkeypatch):
    def make(**settings):
        for name, value in settings.items():
            monkeypatch.setenv(f"PRODUCT_IMPORTER_STREAM_{name}", value)
        return plugin_set(product_importer_redis_stream).event_sinks["redis-stream"]

    return make


@pytest.fixture
async def client(url):
    async with Redis.from_url(url, decode_responses=True) as client:
        yield client


async def test_it_keeps_the_contract(make_sink, url, client):
    async def received():
        ids, after = set(), "-"
        while entries := await client.xrange(STREAM, after, count=2_000):
            ids |= {fields["id"] for _, fields in entries}
            after = f"({entries[-1][0]}"
        return ids

    await check_sink(make_sink(URL=url), received)


async def test_what_an_entry_holds(make_sink, url, client):
    sink = make_sink(URL=url, NAME="elsewhere")
    async with sink.connected(SinkHost("")):
        await sink.deliver(sample_events())

    (_, entry), _ = await client.xrange("elsewhere")
    assert {**entry, "data": json.loads(entry["data"])} == {
        "id": "sample-0",
        "type": "product.created",
        "timestamp": "2026-01-02T00:00:00+00:00",
        "actor": "import:1",
        "data": {"product_id": 1, "sku": "TEA-1"},
    }


async def test_a_catalogue_in_a_schema_of_its_own_has_a_stream_of_its_own(make_sink, url, client):
    sink = make_sink(URL=url)
    async with sink.connected(SinkHost("", "toys")):
        await sink.deliver(sample_events())

    assert await client.xlen("product-importer:toys:events") == 2
    assert await client.exists(STREAM) == 0


async def test_the_stream_is_trimmed(make_sink, url, client):
    sink = make_sink(URL=url, LENGTH="300")
    async with sink.connected(SinkHost("")):
        for _ in range(1_000):
            await sink.deliver(sample_events())

    assert 300 <= await client.xlen(STREAM) <= 300 + 100  # whole nodes of a hundred entries are dropped


async def test_a_redis_that_is_away_is_waited_for(url, client, monkeypatch):
    """The plugin in an importer, from the change to the stream."""
    monkeypatch.setenv("PRODUCT_IMPORTER_STREAM_URL", "redis://127.0.0.1:1/0")
    async with temporary_importer(product_importer_redis_stream) as importer:
        await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
        await importer.sinks.relay_once()
        states = {state.name: state for state in await importer.sinks.states()}
        assert states["redis-stream"].waiting == 1
        assert "Connect" in states["redis-stream"].error
        importer.plugins.event_sinks["redis-stream"]._url = url
        await importer.sinks.retry("redis-stream")
        await asyncio.wait_for(importer.sinks.relay_once(), 30)
        ((_, entry),) = await client.xrange(STREAM)
        assert (entry["type"], entry["actor"]) == ("product.created", "user:1")


def test_without_the_setting_there_is_no_sink(monkeypatch):
    monkeypatch.delenv("PRODUCT_IMPORTER_STREAM_URL", raising=False)

    assert not plugin_set(product_importer_redis_stream).event_sinks


def test_settings_that_cannot_be_used(make_sink):
    with pytest.raises(PluginError, match="STREAM_URL is 'localhost'; it has to be a redis://"):
        make_sink(URL="localhost")
    with pytest.raises(PluginError, match="STREAM_LENGTH is '0'; it has to be a whole number above 0"):
        make_sink(URL="redis://localhost/0", LENGTH="0")
