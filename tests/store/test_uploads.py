"""What becomes of uploads, and of their files: nothing is left behind."""

import uuid

import pytest

from product_importer.errors import UploadNotFound
from product_importer.model import ImportOptions, Status
from product_importer.store.queries import statements
from sending import blocks

CSV = b"sku,name\nA,Apple\nB,Banana\n"


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
async def importer(shop):
    """It keeps no file longer than its import needs it."""
    return await shop.open(keep_files_days=0.0)


async def test_giving_up(uploads, stored, rows):
    upload = await uploads.begin("products.csv", 10)
    await uploads.append(upload.id, 0, blocks(b"12345"))

    await uploads.remove(upload.id)

    assert stored() == []
    assert await rows("uploads") == 0
    for call in (uploads.get(upload.id), uploads.remove(upload.id), uploads.append(upload.id, 5, blocks())):
        with pytest.raises(UploadNotFound, match="it was imported or given up, or it has expired"):
            await call


async def test_giving_up_while_it_is_being_sent(uploads, stored, small_parts):
    upload = await uploads.begin("products.csv", 100)

    async def sending():
        yield b"12345"
        await uploads.remove(upload.id)
        yield b"67890"

    with pytest.raises(UploadNotFound):
        await uploads.append(upload.id, 0, sending())
    assert stored() == []


async def test_what_expired_is_tidied_up(shop, importer, uploads, stored, rows):
    old, fresh = await uploads.begin("old.csv", 5), await uploads.begin("fresh.csv", 5)
    for upload in (old, fresh):
        await uploads.append(upload.id, 0, blocks(b"123"))
    await shop.connection.execute("UPDATE uploads SET expires_at = now() WHERE id = $1", old.id)
    with pytest.raises(UploadNotFound):
        await uploads.append(old.id, 3, blocks(b"45"))

    await uploads.tidy()

    assert [file.name for file in stored()] == ["fresh.csv"]
    assert await rows("uploads") == 1


async def test_a_failed_import_keeps_its_file_for_a_while(shop, importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(b"sku,name\nA\nB,Banana\n"))
    import_id, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(on_error="abort"))
    assert (await importer.imports.start(import_id)).status is Status.FAILED
    await uploads.tidy()
    assert len(stored()) == 1
    assert "none is allowed" in (await importer.imports.resume(import_id)).state.message

    await shop.connection.execute("UPDATE imports SET finished_at = now() - interval '31 days'")
    await uploads.tidy()

    assert stored() == []
    assert "is gone. Hand the file over again." in (await importer.imports.resume(import_id)).state.message


async def test_a_file_left_by_a_process_that_was_killed_is_tidied_up(shop, importer, uploads, stored):
    """It was killed after its import had completed, and before the file was removed."""
    upload = await uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.imports.create_from_upload(upload.id)
    await uploads.tidy()
    assert len(stored()) == 1, "the import has yet to run"
    await shop.connection.execute(
        "UPDATE imports SET status = 'running', phase = 'saving', started_at = now(),"
        " lease_started_at = now() WHERE id = $1",
        import_id,
    )
    await shop.connection.execute(
        "UPDATE imports SET status = 'completed', phase = 'finished', finished_at = now() WHERE id = $1",
        import_id,
    )

    await uploads.tidy()

    assert stored() == []
    assert not await shop.connection.fetchval("SELECT file_kept FROM imports")


@pytest.mark.whole
async def test_statements_find_their_rows_through_indexes(shop):
    await shop.connection.execute(
        "INSERT INTO imports ("
        " status, phase, source, filename, options, bytes_total, file_kept, started_at, finished_at)"
        " SELECT 'completed', 'finished', 'file:///x/' || n, 'x', '{}', 1, n % 1000 = 0, now(), now()"
        " FROM generate_series(1, 50000) AS n;"
        "INSERT INTO uploads (id, filename, source, expires_at)"
        " SELECT md5(n::text), 'x', 'file:///x/' || n, now() + interval '1 day'"
        " FROM generate_series(1, 20000) AS n;"
        "INSERT INTO idempotency_keys (key, fingerprint, import_id)"
        " SELECT n, '', n FROM generate_series(1, 20000) AS n;"
        "ANALYZE imports, uploads, idempotency_keys"
    )
    pen = uuid.uuid4()
    taken = {"id": "x", "offset": 0, "writer": pen, "seconds": 1.0, "sender": None}
    for name, arguments in {
        "get": ["x"],
        "take": statements("uploads").arguments("take", **taken),
        "record": ["x", pen, 1, 1.0],
        "expired": [],
        "needed": ["file:///x/1", 1.0, 1.0],
        "expired_files": [1.0, 1.0, "", 100],
        "file_removed": ["file:///x/1"],
        "done_once": ["x"],
        "forget_keys": [],
    }.items():
        plan = await shop.connection.fetch(f"EXPLAIN {statements('uploads')[name]}", *arguments)
        assert not any("Seq Scan" in line for (line,) in plan), (name, plan)
