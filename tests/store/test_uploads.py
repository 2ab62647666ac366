"""Uploads: they go on after any break, from the byte that was noted, and leave nothing behind."""

import asyncio
import hashlib
import uuid

import pytest

from product_importer.errors import (
    ChecksumMismatch,
    IdempotencyConflict,
    UploadBusy,
    UploadConflict,
    UploadIncomplete,
    UploadNotFound,
)
from product_importer.model import Checksum, ImportOptions, Once, Status
from product_importer.store import sending as parts
from product_importer.store import uploads as module
from product_importer.store.queries import statements
from sending import blocks

CSV = b"sku,name\nA,Apple\nB,Banana\n"


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 4)


@pytest.fixture
async def importer(shop):
    return await shop.importer()


@pytest.fixture
def uploads(importer):
    return importer.uploads


@pytest.fixture
def stored(shop):
    """The files in the storage."""
    folder = shop.folder / "data" / "imports"
    return lambda: [path for path in folder.rglob("*") if path.is_file()]


async def expire(shop, upload):
    await shop.connection.execute("UPDATE uploads SET expires_at = now() WHERE id = $1", upload.id)


async def rows(shop, table="uploads"):
    return await shop.connection.fetchval(f"SELECT count(*) FROM {table}")


async def test_piece_by_piece(uploads, stored):
    begun = await uploads.begin("../products.csv", len(CSV), note="from the till")
    assert (begun.filename, begun.received, begun.note) == ("../products.csv", 0, "from the till")

    first = await uploads.append(begun.id, 0, blocks(CSV[:5], CSV[5:7]))
    assert (first.received, first.complete) == (7, False)
    last = await uploads.append(begun.id, 7, blocks(CSV[7:]))

    assert last.complete
    assert last.expires_at >= first.expires_at > begun.expires_at
    assert await uploads.get(begun.id) == last
    (file,) = stored()
    assert (file.name, file.read_bytes()) == ("products.csv", CSV)


@pytest.mark.parametrize("size", [1, 4, 5, len(CSV)])
async def test_a_broken_connection_loses_nothing_that_came(uploads, small_parts, size):
    upload = await uploads.begin("products.csv", len(CSV))

    with pytest.raises(ConnectionResetError):
        await uploads.append(upload.id, 0, blocks(CSV[:size], then=ConnectionResetError()))

    assert (await uploads.get(upload.id)).received == size
    assert (await uploads.append(upload.id, size, blocks(CSV[size:]))).complete
    assert await uploads.head(upload.id, 100) == (CSV, True)


async def test_a_stopped_server_keeps_what_came(uploads):
    upload = await uploads.begin("products.csv", len(CSV))
    arrived = asyncio.Event()

    async def slow():
        yield CSV[:9]
        arrived.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(uploads.append(upload.id, 0, slow()))
    await arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert (await uploads.append(upload.id, 9, blocks(CSV[9:]))).complete


async def test_a_sender_that_breaks_off_at_once_leaves_the_pen(uploads):
    """Wherever it is cancelled, the next sender need not wait."""
    upload = await uploads.begin("products.csv", 1000)
    for patience in (0.0, 0.0005, 0.001, 0.002, 0.004):
        at = (await uploads.get(upload.id)).received
        sending = asyncio.create_task(uploads.append(upload.id, at, blocks(b"1")))
        await asyncio.wait({sending}, timeout=patience)
        sending.cancel()
        await asyncio.wait({sending})
        at = (await uploads.get(upload.id)).received
        assert (await uploads.append(upload.id, at, blocks(b"2"))).received == at + 1


async def test_a_sender_that_is_cancelled_again_and_again_leaves_the_pen(shop, uploads):
    """As when a server is stopped that is just giving somebody up."""
    for patience in (0.0, 0.0005, 0.001, 0.002):
        upload = await uploads.begin("products.csv", 1000)
        sending = asyncio.create_task(
            uploads.append(upload.id, 0, blocks(b"123", then=ConnectionResetError()))
        )
        while not sending.done():
            await asyncio.wait({sending}, timeout=patience)
            sending.cancel()
        assert await shop.connection.fetchval("SELECT writer IS NULL FROM uploads WHERE id = $1", upload.id)


async def test_the_sender_has_to_go_on_where_the_upload_stands(uploads):
    upload = await uploads.begin("products.csv", 10)
    await uploads.append(upload.id, 0, blocks(b"1234"))

    for offset in (0, 3, 5, 10):
        with pytest.raises(UploadConflict, match="4 bytes of products.csv are there"):
            await uploads.append(upload.id, offset, blocks(b"x"))
    with pytest.raises(UploadConflict, match="was to have 10 bytes; more were sent"):
        await uploads.append(upload.id, 4, blocks(b"567", b"89012"))
    assert (await uploads.get(upload.id)).received == 7


async def test_one_sender_at_a_time(uploads, monkeypatch):
    upload = await uploads.begin("products.csv", 8)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def first():
        yield b"1234"
        begun.set()
        await go_on.wait()
        yield b"5678"

    sending = asyncio.create_task(uploads.append(upload.id, 0, first()))
    await begun.wait()
    with pytest.raises(UploadBusy, match="is being sent over another connection"):
        await uploads.append(upload.id, 0, blocks(b"abcdefgh"))
    go_on.set()

    assert (await sending).complete
    assert await uploads.head(upload.id, 8) == (b"12345678", True)


async def test_a_sender_that_fell_silent_is_replaced_and_can_note_nothing_more(uploads, monkeypatch):
    """Its process is stopped, or the network has forgotten its connection."""
    monkeypatch.setattr(module, "STALE_SECONDS", 0.0)
    upload = await uploads.begin("products.csv", 8)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def silent():
        begun.set()
        await go_on.wait()
        yield b"123"

    sending = asyncio.create_task(uploads.append(upload.id, 0, silent()))
    await begun.wait()
    await uploads.append(upload.id, 0, blocks(b"1234"))
    go_on.set()

    with pytest.raises(UploadBusy, match="is now being sent over another connection"):
        await sending
    await uploads.append(upload.id, 4, blocks(b"5678"))
    assert await uploads.head(upload.id, 8) == (b"12345678", True)


async def test_a_checksum_is_all_or_nothing(uploads, small_parts):
    upload = await uploads.begin("products.csv", len(CSV))
    await uploads.append(upload.id, 0, blocks(CSV[:4]))
    good = Checksum("sha1", hashlib.sha1(CSV[4:]).digest())

    with pytest.raises(ChecksumMismatch, match="Nothing of it was kept"):
        await uploads.append(upload.id, 4, blocks(CSV[4:15], b"damaged"), good)
    with pytest.raises(ConnectionResetError):
        await uploads.append(upload.id, 4, blocks(CSV[4:15], then=ConnectionResetError()), good)
    assert (await uploads.get(upload.id)).received == 4

    assert (await uploads.append(upload.id, 4, blocks(CSV[4:15], CSV[15:]), good)).complete
    assert await uploads.head(upload.id, 100) == (CSV, True)


async def test_the_head_of_an_upload_in_progress(uploads):
    upload = await uploads.begin("products.csv", 10)
    assert await uploads.head(upload.id, 100) == (b"", False)
    await uploads.append(upload.id, 0, blocks(b"12345"))

    assert await uploads.head(upload.id, 100) == (b"12345", False)
    assert await uploads.head(upload.id, 2) == (b"12", False)


async def test_a_file_in_one_go(importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(CSV[:5], CSV[5:]))

    assert upload.complete
    import_id, new = await importer.create_from_upload(upload.id)
    assert new
    state = await importer.state(import_id)
    assert (state.filename, state.bytes_total, state.status) == ("products.csv", len(CSV), Status.QUEUED)
    report = await importer.start(import_id)
    assert report.created == 2
    assert stored() == []


async def test_a_file_that_breaks_off_leaves_nothing(shop, uploads, stored):
    for failure in (ConnectionResetError(), asyncio.CancelledError(), TimeoutError()):
        with pytest.raises(type(failure)):
            await uploads.receive("products.csv", blocks(CSV, then=failure))

        assert stored() == []
        assert await rows(shop) == 0


async def test_a_file_cancelled_in_the_middle_of_a_write_leaves_nothing(shop, uploads, stored, small_parts):
    """The write goes on in its thread; what it makes has to go all the same."""
    for patience in (0.0, 0.001, 0.002, 0.004, 0.008):
        receiving = asyncio.create_task(uploads.receive("products.csv", blocks(*[b"12345678"] * 100)))
        await asyncio.wait({receiving}, timeout=patience)
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving

        assert stored() == []
        assert await rows(shop) == 0


async def test_giving_up(shop, uploads, stored):
    upload = await uploads.begin("products.csv", 10)
    await uploads.append(upload.id, 0, blocks(b"12345"))

    await uploads.remove(upload.id)

    assert stored() == []
    assert await rows(shop) == 0
    for call in (uploads.get(upload.id), uploads.remove(upload.id), uploads.append(upload.id, 5, blocks())):
        with pytest.raises(UploadNotFound, match="it was imported or given up, or it has expired"):
            await call


async def test_giving_up_while_it_is_being_sent(uploads, stored, small_parts):
    upload = await uploads.begin("products.csv", 100)

    async def sending():
        yield b"12345"
        await uploads.remove(upload.id)
        yield b"67890"

    with pytest.raises(Exception, match="gone|no upload"):
        await uploads.append(upload.id, 0, sending())
    assert stored() == []


async def test_what_expired_is_tidied_up(shop, importer, uploads, stored):
    old, fresh = await uploads.begin("old.csv", 5), await uploads.begin("fresh.csv", 5)
    for upload in (old, fresh):
        await uploads.append(upload.id, 0, blocks(b"123"))
    await expire(shop, old)
    with pytest.raises(UploadNotFound):
        await uploads.append(old.id, 3, blocks(b"45"))

    await uploads.tidy()

    assert [file.name for file in stored()] == ["fresh.csv"]
    assert await rows(shop) == 1


async def test_an_incomplete_upload_can_not_be_imported(importer, uploads):
    upload = await uploads.begin("products.csv", 10)
    await uploads.append(upload.id, 0, blocks(b"12345"))

    with pytest.raises(UploadIncomplete, match="5 bytes have arrived; send the rest first"):
        await importer.create_from_upload(upload.id)


async def test_a_dry_run_leaves_the_upload_for_the_import(importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(CSV))

    dry, _ = await importer.create_from_upload(upload.id, ImportOptions(dry_run=True))
    assert (await importer.start(dry)).status is Status.PLANNED
    assert len(stored()) == 1
    real, _ = await importer.create_from_upload(upload.id)
    with pytest.raises(UploadNotFound):
        await importer.create_from_upload(upload.id)
    assert (await importer.start(real)).created == 2

    assert stored() == []


async def test_two_imports_of_one_file_wait_for_each_other(importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(CSV))
    dry, _ = await importer.create_from_upload(upload.id, ImportOptions(dry_run=True))
    real, _ = await importer.create_from_upload(upload.id)

    assert (await importer.start(real)).created == 2
    assert len(stored()) == 1, "the dry run has yet to read it"
    assert (await importer.start(dry)).read == 2
    assert stored() == []


async def test_a_failed_import_keeps_its_file_for_a_while(shop, importer, uploads, stored):
    upload = await uploads.receive("products.csv", blocks(b"sku,name\nA\nB,Banana\n"))
    import_id, _ = await importer.create_from_upload(upload.id, ImportOptions(on_error="abort"))
    assert (await importer.start(import_id)).status is Status.FAILED
    await uploads.tidy()
    assert len(stored()) == 1
    assert "none is allowed" in (await importer.resume(import_id)).state.message

    await shop.connection.execute("UPDATE imports SET finished_at = now() - interval '31 days'")
    await uploads.tidy()

    assert stored() == []
    assert "is gone. Hand the file over again." in (await importer.resume(import_id)).state.message


async def test_a_file_left_by_a_process_that_was_killed_is_tidied_up(shop, importer, uploads, stored):
    """It was killed after its import had completed, and before the file was removed."""
    upload = await uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.create_from_upload(upload.id)
    await uploads.tidy()
    assert len(stored()) == 1, "the import has yet to run"
    await shop.connection.execute(
        "UPDATE imports SET status = 'completed', finished_at = now() WHERE id = $1", import_id
    )

    await uploads.tidy()

    assert stored() == []
    assert not await shop.connection.fetchval("SELECT file_kept FROM imports")


async def test_once(shop, importer, uploads):
    made = []
    for _ in range(2):
        upload = await uploads.receive("products.csv", blocks(CSV))
        made.append(await importer.create_from_upload(upload.id, once=Once("key", b"same")))

    (first, new), (second, again) = made
    assert (first, new, again) == (second, True, False)
    with pytest.raises(IdempotencyConflict, match=f"for another request, which made import {first}"):
        await importer.create_from_upload("unread", once=Once("key", b"other"))


async def test_once_at_once(shop, importer, uploads):
    received = [await uploads.receive("products.csv", blocks(CSV)) for _ in range(5)]

    made = await asyncio.gather(
        *(importer.create_from_upload(each.id, once=Once("key", b"same")) for each in received)
    )

    assert len({import_id for import_id, _ in made}) == 1
    assert sorted(new for _, new in made) == [False] * 4 + [True]
    assert await rows(shop, "imports") == 1


async def test_a_key_is_forgotten_after_a_day(shop, importer, uploads):
    upload = await uploads.receive("products.csv", blocks(CSV))
    first, _ = await importer.create_from_upload(upload.id, once=Once("key", b"one"))
    await shop.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")

    upload = await uploads.receive("products.csv", blocks(CSV))
    second, new = await importer.create_from_upload(upload.id, once=Once("key", b"two"))
    assert new
    assert second != first

    await shop.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    await uploads.tidy()
    assert await rows(shop, "idempotency_keys") == 0


async def test_an_import_from_a_bucket(shop, bucket):
    """A worker on another machine has the bucket only."""
    importer = await shop.open(storage_url=f"s3://{bucket.name}/uploads")
    upload = await importer.uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.create_from_upload(upload.id)
    assert sum(bucket.names().values()) == len(CSV)

    other = await shop.open(storage_url=f"s3://{bucket.name}/uploads", data_dir=shop.folder / "other")
    assert (await other.start(import_id)).created == 2

    assert bucket.names() == {}


async def test_another_storage_than_the_import_began_with(shop, importer):
    upload = await importer.uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.create_from_upload(upload.id)

    other = await shop.open(storage_url=(shop.folder / "elsewhere").as_uri())
    report = await other.start(import_id)

    assert report.status is Status.FAILED
    assert "STORAGE_URL is now file://" in report.state.message
    assert (await importer.resume(import_id)).created == 2


async def test_statements_find_their_rows_through_indexes(shop):
    await shop.connection.execute(
        "INSERT INTO imports (status, source, filename, options, bytes_total, file_kept, finished_at)"
        " SELECT 'completed', 'file:///x/' || n, 'x', '{}', 1, n % 1000 = 0, now()"
        " FROM generate_series(1, 50000) AS n;"
        "INSERT INTO uploads (id, filename, source, expires_at)"
        " SELECT md5(n::text), 'x', 'file:///x/' || n, now() + interval '1 day'"
        " FROM generate_series(1, 20000) AS n;"
        "INSERT INTO idempotency_keys (key, fingerprint, import_id)"
        " SELECT n, '', n FROM generate_series(1, 20000) AS n;"
        "ANALYZE imports, uploads, idempotency_keys"
    )
    pen = uuid.uuid4()
    for name, arguments in {
        "get": ["x"],
        "take": ["x", 0, pen, 1.0],
        "record": ["x", pen, 1, 1.0],
        "expired": [],
        "needed": ["file:///x/1", 1.0],
        "ended_with_file": [],
        "file_removed": ["file:///x/1"],
        "done_once": ["x"],
        "forget_keys": [],
    }.items():
        plan = await shop.connection.fetch(f"EXPLAIN {statements('uploads')[name]}", *arguments)
        assert not any("Seq Scan" in line for (line,) in plan), (name, plan)
