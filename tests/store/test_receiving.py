"""Bytes of uploads: sending goes on after any break, from the byte that was noted."""

import asyncio
import hashlib
import uuid
from functools import partial

import pytest

from halfway import until
from product_importer.errors import ChecksumMismatch, UploadBusy, UploadConflict
from product_importer.model import Checksum
from product_importer.store import uploads as module
from sending import blocks

CSV = b"sku,name\nA,Apple\nB,Banana\n"


@pytest.fixture
def server(postgres_18):
    return postgres_18


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


async def test_a_replaced_sender_stores_nothing_more(shop, uploads, stored, small_parts, monkeypatch):
    monkeypatch.setattr(module, "STALE_SECONDS", 0.0)
    upload = await uploads.begin("products.csv", 12)

    async def replaced():
        yield b"1234"
        await until(partial(noted, 4), "the first part was noted")
        await shop.connection.execute("UPDATE uploads SET writer = $1", uuid.uuid4())
        yield b"5678"

    async def noted(number):
        return (await uploads.get(upload.id)).received == number

    with pytest.raises(UploadBusy, match="is now being sent over another connection"):
        await uploads.append(upload.id, 0, replaced())
    (file,) = stored()
    assert file.read_bytes() == b"1234"


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


async def test_a_file_that_breaks_off_leaves_nothing(uploads, stored, rows):
    for failure in (ConnectionResetError(), asyncio.CancelledError(), TimeoutError()):
        with pytest.raises(type(failure)):
            await uploads.receive("products.csv", blocks(CSV, then=failure))

        assert stored() == []
        assert await rows("uploads") == 0


async def test_a_file_cancelled_in_the_middle_of_a_write_leaves_nothing(uploads, stored, small_parts, rows):
    """The write goes on in its thread; what it makes has to go all the same."""
    for patience in (0.0, 0.001, 0.002, 0.004, 0.008):
        receiving = asyncio.create_task(uploads.receive("products.csv", blocks(*[b"12345678"] * 100)))
        await asyncio.wait({receiving}, timeout=patience)
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving

        assert stored() == []
        assert await rows("uploads") == 0
