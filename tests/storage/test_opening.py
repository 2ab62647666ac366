"""From a URL to a storage, and what is said where there is none."""

import os

import pytest

from product_importer.errors import SettingsError, StorageError
from product_importer.storage import open_storage, s3


@pytest.mark.parametrize(
    "url", ["", "files", "/files", "file://", "file:///", "file://host/x", "s3://", "ftp://a/b"]
)
def test_other_urls_are_refused(url):
    with pytest.raises(SettingsError, match="it has to be file:///directory or s3://bucket/prefix"):
        open_storage(url)


def test_a_directory_with_spaces(tmp_path):
    folder = tmp_path / "my files"

    assert open_storage(folder.as_uri()).url == folder.as_uri()
    assert not folder.exists(), "made with the first file"


async def test_a_directory_that_can_not_be_made(tmp_path):
    (tmp_path / "file").touch()
    storage = open_storage((tmp_path / "file" / "files").as_uri())

    with pytest.raises(StorageError, match=r"can't be kept in .*Set STORAGE_URL to file://") as caught:
        await storage.check()
    assert caught.value.code == "storage"
    with pytest.raises(StorageError, match="can't be kept"):
        await storage.write(storage.new("x.csv"), 0, b"1")


async def test_no_bucket(bucket):
    with pytest.raises(StorageError, match=r"There is no bucket at s3://no-such-bucket\. Make it"):
        await open_storage("s3://no-such-bucket").check()


async def test_no_server(bucket, monkeypatch):
    monkeypatch.setattr(s3, "_RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(StorageError, match=r"The storage s3://somewhere can't be used: .*Check STORAGE_URL"):
        await open_storage("s3://somewhere").check()


async def test_prefixes_are_kept_apart(bucket):
    first, second = (open_storage(f"s3://{bucket.name}/{prefix}") for prefix in ("one", "one-more"))
    url = first.new("x.csv")
    await first.write(url, 0, b"1")

    assert not second.holds(url)
    assert [name.split("/")[0] for name in bucket.names()] == ["one"]
    assert "AWS_ENDPOINT_URL" in os.environ
