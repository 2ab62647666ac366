import secrets

import obstore
import pytest
import requests
from moto.server import ThreadedMotoServer

import product_importer_s3
from product_importer.errors import FetchError
from product_importer.model import Status
from product_importer.model.schedules import ScheduleDraft
from product_importer.ports import Fetch, Fetched, NotModified
from product_importer.support.buckets import open_bucket
from product_importer.testing import check_source, plugin_set, temporary_importer

CSV = b"sku,name\nA,Apple\nB,Pear\n"


@pytest.fixture(scope="module")
def server():
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    yield "http://{}:{}".format(*made.get_host_and_port())
    made.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{secrets.token_hex(4)}"
    requests.put(f"{server}/{name}", timeout=10).raise_for_status()
    return name


@pytest.fixture
def fetch(tmp_path):
    async def fetching(url, previous=None, progress=lambda *_: None):
        path = tmp_path / "copy"
        source = plugin_set(product_importer_s3).sources["s3"]
        found = await source.fetch(Fetch(url, path, progress, previous))
        return (path.read_bytes(), found) if isinstance(found, Fetched) else found

    return fetching


async def test_an_object(bucket, fetch):
    seen = []
    obstore.put(open_bucket(bucket), "a/fruit list.csv", CSV)
    content, found = await fetch(f"s3://{bucket}/a/fruit%20list.csv", progress=lambda *at: seen.append(at))

    assert (content, found.filename) == (CSV, "fruit list.csv")
    assert seen[0] == (0, len(CSV))
    assert seen[-1] == (len(CSV), len(CSV))


async def test_the_contract(bucket):
    obstore.put(open_bucket(bucket), "fruit.csv", CSV)
    await check_source(plugin_set(product_importer_s3).sources["s3"], f"s3://{bucket}/fruit.csv")


async def test_an_object_that_has_not_changed(bucket, fetch):
    obstore.put(open_bucket(bucket), "fruit.csv", CSV)
    _, found = await fetch(f"s3://{bucket}/fruit.csv")

    assert await fetch(f"s3://{bucket}/fruit.csv", found) == NotModified()
    obstore.put(open_bucket(bucket), "fruit.csv", CSV + b"C,Cherry\n")
    assert (await fetch(f"s3://{bucket}/fruit.csv", found))[0].endswith(b"Cherry\n")


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/", "s3:///key"])
async def test_what_names_no_object(bucket, fetch, url):
    with pytest.raises(FetchError, match="has to be s3://bucket/key"):
        await fetch(url)


async def test_an_object_that_is_not_there(bucket, fetch):
    with pytest.raises(FetchError, match="has no such file, none.csv, or there is no such bucket"):
        await fetch(f"s3://{bucket}/none.csv")


async def test_too_much(bucket, fetch):
    def full(done, total):
        raise FetchError(f"{total} is too much.")

    obstore.put(open_bucket(bucket), "fruit.csv", CSV)
    with pytest.raises(FetchError, match=f"{len(CSV)} is too much"):
        await fetch(f"s3://{bucket}/fruit.csv", progress=full)


async def test_a_schedule(bucket):
    obstore.put(open_bucket(bucket), "fruit.csv", CSV)
    async with temporary_importer(product_importer_s3) as importer:
        made = await importer.schedules.create(ScheduleDraft("S3", f"s3://{bucket}/fruit.csv", "0 6 * * *"))
        report = await importer.imports.start(await importer.schedules.run(made.id, actor="user:1"))

    assert (report.status, report.created) == (Status.COMPLETED, 2)
    assert report.state.origin == f"s3://{bucket}/fruit.csv"


async def test_all_files_that_match(bucket):
    for name in ("in/b.csv", "in/a 1.csv", "in/a.txt", "in/deep/c.csv", "d.csv"):
        obstore.put(open_bucket(bucket), name, CSV)
    async with temporary_importer(product_importer_s3) as importer:
        found = await importer.imports.entries(f"s3://{bucket}/in/*.csv")
        assert found == [f"s3://{bucket}/in/a%201.csv", f"s3://{bucket}/in/b.csv"]
        assert (await importer.run(found[0])).created == 2
        with pytest.raises(FetchError, match="0 files match"):
            await importer.imports.entries(f"s3://{bucket}/in/*.xml")
