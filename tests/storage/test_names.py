"""A stored file's name leads nowhere but into its own folder."""

import os
from pathlib import Path

import pytest

from product_importer.errors import StorageError
from product_importer.storage import open_storage
from product_importer.storage.names import new_url, split_url

FOLDER = "0123456789abcdef" * 2


@pytest.mark.parametrize("name", ["products.csv", "50 % off?.csv", "ünï#1.csv", "..csv", "a..b", "x%2Fy"])
def test_what_is_made_is_understood(name):
    folder, found = split_url("file:///files", new_url("file:///files", name))
    assert len(folder) == 32
    assert found == name.lstrip(".")


@pytest.mark.parametrize(
    "path",
    [
        "x/..%2F..%2Fetc%2Fpasswd",
        f"{FOLDER}/..%2Fpasswd",
        f"{FOLDER}/../passwd",
        f"{FOLDER}/..",
        f"{FOLDER}/%2E%2E",
        f"{FOLDER}/.",
        f"{FOLDER}/",
        FOLDER,
        f"{FOLDER}/a%00b",
        f"{FOLDER}/a/b",
        "../x/passwd",
        f"{FOLDER[:-1]}/products.csv",
        f"{FOLDER.upper()}/products.csv",
        f"{FOLDER}\n/products.csv",
        f"{FOLDER}//etc/passwd",
        f"/{FOLDER}/passwd",
        "",
    ],
)
async def test_anything_else_is_refused(storage, path):
    url = f"{storage.url}/{path}"
    for ask in (storage.head(url, 1), storage.write(url, 0, b"x"), storage.remove(url)):
        with pytest.raises(StorageError, match=r"is no file of the storage .* Hand the file over again\."):
            await ask
    with pytest.raises(StorageError, match="is no file of the storage"):
        async with storage.local(url, 1):
            pass


async def test_no_link_is_followed(kept, tmp_path):
    storage = kept.storage
    if not storage.url.startswith("file:"):
        pytest.skip("a bucket has no links")
    victim = tmp_path / "victim"
    victim.mkdir()
    files = tmp_path / "files"
    files.mkdir()
    (files / FOLDER).symlink_to(victim)
    with pytest.raises(StorageError):
        await storage.write(f"{storage.url}/{FOLDER}/made.csv", 0, b"x")
    (files / FOLDER).unlink()
    (files / FOLDER).mkdir()
    (files / FOLDER / "made.csv").symlink_to(victim / "made.csv")
    with pytest.raises(StorageError):
        await storage.write(f"{storage.url}/{FOLDER}/made.csv", 0, b"x")
    assert list(victim.iterdir()) == []


async def test_new_names_outlive_a_crash(tmp_path, monkeypatch):
    """The file, its folder, the storage, and what that lies in are told to be written to the disk."""
    synced = []
    fsync = os.fsync

    def noted(descriptor):
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    storage = open_storage((tmp_path / "files").as_uri())
    url = storage.new("products.csv")
    await storage.write(url, 0, b"x")
    (folder,) = (tmp_path / "files").iterdir()
    assert {str(folder / "products.csv"), str(folder), str(tmp_path / "files"), str(tmp_path)} <= set(synced)
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try this")
async def test_what_root_makes_belongs_to_the_storages_owner(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    os.chown(files, 4711, 4712)
    storage = open_storage(files.as_uri())
    await storage.write(storage.new("products.csv"), 0, b"x")
    (folder,) = files.iterdir()
    for path in (folder, folder / "products.csv"):
        assert (path.stat().st_uid, path.stat().st_gid) == (4711, 4712)
