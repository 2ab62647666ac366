import json
import resource

import obstore
import pytest
import requests
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

import product_importer_files
from product_importer.errors import PluginError
from product_importer.testing import check_sink, plugin_set, sample_events


@pytest.fixture
def bucket(monkeypatch):
    """A new bucket on an S3-compatible server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    requests.put(f"{endpoint}/events", timeout=10).raise_for_status()
    yield S3Store("events", config={"endpoint": endpoint}, client_options={"allow_http": True})
    server.stop()


@pytest.fixture
def make_sink(monkeypatch):
    def make(url):
        monkeypatch.setenv("PRODUCT_IMPORTER_FILES_URL", url)
        return plugin_set(product_importer_files).event_sinks["files"]

    return make


def events(text):
    return [json.loads(line) for line in text.splitlines()]


async def test_a_directory(make_sink, tmp_path):
    folder = tmp_path / "not there" / "yet"

    async def received():
        return [event["id"] for path in folder.glob("*/*.jsonl") for event in events(path.read_text("utf-8"))]

    await check_sink(make_sink(folder.as_uri()), received)

    ids = await received()
    assert len(ids) == len(set(ids)), "repeated deliveries make the same files"
    assert not list(folder.rglob(".*"))


async def test_a_bucket(make_sink, bucket):
    async def received():
        paths = [entry["path"] for batch in obstore.list(bucket) for entry in batch]
        assert all(path.startswith("some/where/2026-01-02/") for path in paths)
        return [
            event["id"]
            for path in paths
            for event in events(bytes(obstore.get(bucket, path).bytes()).decode())
        ]

    await check_sink(make_sink("s3://events/some/where"), received)


async def test_what_a_file_holds(make_sink, tmp_path):
    await make_sink(tmp_path.as_uri()).deliver(sample_events())

    (path,) = tmp_path.glob("*/*")
    assert path.relative_to(tmp_path).as_posix() == "2026-01-02/000000.000000-product.created-sample-0.jsonl"
    assert events(path.read_text()) == [
        {
            "id": f"sample-{n}",
            "type": "product.created",
            "timestamp": "2026-01-02T00:00:00+00:00",
            "actor": "import:1",
            "data": {"product_id": n + 1, "sku": f"TEA-{n + 1}"},
        }
        for n in range(2)
    ]


async def test_a_full_disk_leaves_nothing_behind(make_sink, tmp_path):
    sink = make_sink(tmp_path.as_uri())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            await sink.deliver(sample_events())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_without_the_setting_there_is_no_sink(monkeypatch):
    monkeypatch.delenv("PRODUCT_IMPORTER_FILES_URL", raising=False)

    assert not plugin_set(product_importer_files).event_sinks


@pytest.mark.parametrize("url", ["/srv/events", "file://host/srv", "file:///", "s3://", "ftp://host/x"])
def test_what_is_no_place_for_files(make_sink, url):
    with pytest.raises(PluginError, match="it has to be file:///directory or s3://bucket/prefix"):
        make_sink(url)
