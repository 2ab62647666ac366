"""Imports of uploads: each file is handed over once, and read by whom it was handed to."""

import asyncio
import re

import pytest

from product_importer.errors import IdempotencyConflict, UploadIncomplete, UploadNotFound
from product_importer.model import ImportOptions, Once, Status
from sending import blocks

CSV = b"sku,name\nA,Apple\nB,Banana\n"


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
async def importer(shop):
    """It keeps no file longer than its import needs it."""
    return await shop.open(keep_files_days=0.0)


async def test_a_file_in_one_go(importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(CSV[:5], CSV[5:]))

    assert upload.complete
    assert re.fullmatch("[0-9a-f]{32}", upload.id)
    import_id, new = await importer.imports.create_from_upload(upload.id)
    assert new
    state = await importer.imports.state(import_id)
    assert (state.filename, state.bytes_total, state.status) == ("products.csv", len(CSV), Status.QUEUED)
    report = await importer.imports.start(import_id)
    assert report.created == 2
    assert stored() == []


async def test_an_incomplete_upload_can_not_be_imported(importer, uploads):
    upload = await uploads.begin("products.csv", 10)
    await uploads.append(upload.id, 0, blocks(b"12345"))

    with pytest.raises(UploadIncomplete, match="5 bytes have arrived; send the rest first"):
        await importer.imports.create_from_upload(upload.id)


async def test_a_dry_run_leaves_the_upload_for_the_import(importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(CSV))

    dry, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(dry_run=True))
    assert (await importer.imports.start(dry)).status is Status.PLANNED
    assert len(stored()) == 1
    real, _ = await importer.imports.create_from_upload(upload.id)
    with pytest.raises(UploadNotFound):
        await importer.imports.create_from_upload(upload.id)
    assert (await importer.imports.start(real)).created == 2

    assert stored() == []


async def test_two_imports_of_one_file_wait_for_each_other(importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(CSV))
    dry, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(dry_run=True))
    real, _ = await importer.imports.create_from_upload(upload.id)

    assert (await importer.imports.start(real)).created == 2
    assert len(stored()) == 1, "the dry run has yet to read it"
    assert (await importer.imports.start(dry)).read == 2
    assert stored() == []


async def test_once(shop, importer, uploads):
    made = []
    for _ in range(2):
        upload = await uploads.receive("products.csv", blocks(CSV))
        made.append(await importer.imports.create_from_upload(upload.id, once=Once("key", b"same")))

    (first, new), (second, again) = made
    assert (first, new, again) == (second, True, False)
    with pytest.raises(IdempotencyConflict, match=f"for another request, which made import {first}"):
        await importer.imports.create_from_upload("unread", once=Once("key", b"other"))


async def test_once_at_once(importer, uploads, rows):
    received = [await uploads.receive("products.csv", blocks(CSV)) for _ in range(5)]

    made = await asyncio.gather(
        *(importer.imports.create_from_upload(each.id, once=Once("key", b"same")) for each in received)
    )

    assert len({import_id for import_id, _ in made}) == 1
    assert sorted(new for _, new in made) == [False] * 4 + [True]
    assert await rows("imports") == 1


async def test_a_key_is_forgotten_after_a_day(shop, importer, uploads, rows):
    upload = await uploads.receive("products.csv", blocks(CSV))
    first, _ = await importer.imports.create_from_upload(upload.id, once=Once("key", b"one"))
    await shop.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")

    upload = await uploads.receive("products.csv", blocks(CSV))
    second, new = await importer.imports.create_from_upload(upload.id, once=Once("key", b"two"))
    assert new
    assert second != first

    await shop.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    await uploads.tidy()
    assert await rows("idempotency_keys") == 0


async def test_an_import_from_a_bucket(shop, bucket):
    """A worker on another machine has the bucket only."""
    importer = await shop.open(storage_url=f"s3://{bucket.name}/uploads", keep_files_days=0.0)
    upload = await importer.uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.imports.create_from_upload(upload.id)
    assert sum(bucket.names().values()) == len(CSV)

    other = await shop.open(
        storage_url=f"s3://{bucket.name}/uploads", data_dir=shop.folder / "other", keep_files_days=0.0
    )
    assert (await other.imports.start(import_id)).created == 2

    assert bucket.names() == {}


async def test_another_storage_than_the_import_began_with(shop, importer):
    upload = await importer.uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.imports.create_from_upload(upload.id)

    other = await shop.open(storage_url=(shop.folder / "elsewhere").as_uri())
    report = await other.imports.start(import_id)

    assert report.status is Status.FAILED
    assert "STORAGE_URL is now file://" in report.state.message
    assert (await importer.imports.resume(import_id)).created == 2


async def test_an_import_is_by_its_author_or_else_by_that_of_the_upload(importer, uploads):
    upload = await uploads.receive("products.csv", blocks(CSV), actor="user:ann")
    dry, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(dry_run=True))
    real, _ = await importer.imports.create_from_upload(upload.id, actor="user:bob")

    assert [(await importer.imports.state(each)).author for each in (dry, real)] == ["user:ann", "user:bob"]
