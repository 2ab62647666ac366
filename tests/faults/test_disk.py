"""No room where the temporary file or the copy of standard input is to lie."""

import shutil
import tempfile
from pathlib import Path

import pytest

from product_importer.errors import StorageError
from product_importer.model import Status
from sending import blocks

BIG = "sku,name,description\n" + "".join(f"S{n},Name,{'text ' * 100}\n" for n in range(6_000))


async def test_no_room_for_the_temporary_file(shop, small_disk, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    importer = await shop.importer()
    path = shop.file(BIG)

    report = await importer.run(path)

    assert report.status is Status.FAILED
    assert f"temporary file can't be written in {small_disk}" in report.state.message
    assert "No space left on device" in report.state.message
    assert await shop.products() == {}
    assert list(small_disk.iterdir()) == []

    monkeypatch.setattr(tempfile, "tempdir", str(shop.folder))
    report = await importer.imports.resume(report.id)
    assert report.status is Status.COMPLETED
    assert report.created == 6_000


async def test_no_room_for_the_copy_of_standard_input(shop, small_disk, tmp_path):
    importer = await shop.open(storage_url=(small_disk / "files").as_uri(), disk_reserve=0)
    source = tmp_path / "big.csv"
    source.write_text(BIG)

    with source.open("rb") as stream, pytest.raises(StorageError, match="No space left on device") as caught:
        await importer.imports.create_from(stream, "stdin.csv")

    assert caught.value.code == "disk_full"
    assert list((small_disk / "files").iterdir()) == []
    assert await shop.connection.fetchval("SELECT count(*) FROM uploads") == 0


async def test_a_full_disk_does_not_harm_what_an_upload_has(shop, small_disk):
    """A sender may go on from there, once there is room."""
    importer = await shop.open(storage_url=(small_disk / "files").as_uri(), disk_reserve=0)
    upload = await importer.uploads.begin("big.csv", 3 << 20)
    begun = await importer.uploads.append(upload.id, 0, blocks(b"a" * 500_000))

    with pytest.raises(StorageError, match="There is no room left"):
        await importer.uploads.append(upload.id, 500_000, blocks(b"b" * 1_000_000))

    assert (await importer.uploads.get(upload.id)).received == begun.received == 500_000
    (stored,) = (path for path in small_disk.rglob("*") if path.is_file())
    assert stored.stat().st_size == 500_000
    await importer.uploads.append(upload.id, 500_000, blocks(b"b" * 100_000))
    assert (await importer.uploads.head(upload.id, 1 << 20))[0] == b"a" * 500_000 + b"b" * 100_000


async def test_the_database_runs_out_of_room(shop, small_disk):
    """A table space on the small disk stands for the database's disk."""
    place = small_disk / "space"
    place.mkdir()
    cluster = Path(await shop.connection.fetchval("SELECT current_setting('data_directory')"))
    shutil.chown(place, cluster.owner(), cluster.group())
    await shop.connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
    await shop.connection.execute("ALTER TABLE products SET TABLESPACE small")
    try:
        importer = await shop.importer()
        import_id = await importer.imports.create(shop.file(BIG))
        with pytest.raises(Exception, match="The database's disk is full") as caught:
            await importer.imports.resume(import_id)
        assert caught.value.code == "database_full"
        assert await shop.connection.fetchval("SELECT attempts FROM imports WHERE id = $1", import_id) == 0
        await shop.connection.execute("ALTER TABLE products SET TABLESPACE pg_default")
        assert (await importer.imports.resume(import_id)).created == 6_000
    finally:
        await shop.connection.execute("ALTER TABLE products SET TABLESPACE pg_default")
        await shop.connection.execute("DROP TABLESPACE small")
