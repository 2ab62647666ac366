"""No room where the temporary file or the copy of standard input is to lie."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from product_importer.errors import FileError
from product_importer.files import KeptFiles
from product_importer.model import Status
from servers import public_directory

BIG = "sku,name,description\n" + "".join(f"S{n},Name,{'text ' * 100}\n" for n in range(6_000))


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
    report = await importer.resume(report.id)
    assert report.status is Status.COMPLETED
    assert report.created == 6_000


def test_no_room_for_the_copy_of_standard_input(small_disk, tmp_path):
    kept = KeptFiles(small_disk / "imports")
    source = tmp_path / "big.csv"
    source.write_text(BIG)

    with source.open("rb") as stream, pytest.raises(FileError, match="No space left on device") as caught:
        kept.keep(stream, "stdin.csv")

    assert caught.value.code == "disk_full"
    assert list(kept.directory.iterdir()) == []


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
        import_id = await importer.create(shop.file(BIG))
        with pytest.raises(Exception, match="The database's disk is full") as caught:
            await importer.resume(import_id)
        assert caught.value.code == "database_full"
        await shop.connection.execute("ALTER TABLE products SET TABLESPACE pg_default")
        assert (await importer.resume(import_id)).created == 6_000
    finally:
        await shop.connection.execute("ALTER TABLE products SET TABLESPACE pg_default")
        await shop.connection.execute("DROP TABLESPACE small")
