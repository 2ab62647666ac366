"""Uploads by the tus protocol, also with somebody else's client."""

import asyncio
import base64
import hashlib
import io
import os
from email.utils import parsedate_to_datetime

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from breaking import breaking_proxy
from halfway import until
from product_importer_web.keys import IMPORTER

PATH = "/api/v1/uploads"
CSV = b"sku,name\nA,Apple\nB,Banana\n"
SIZE = len(CSV)
VERSION = {"Tus-Resumable": "1.0.0"}
BYTES = VERSION | {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def stored(shop):
    """The files in the storage."""
    folder = shop.folder / "data" / "imports"
    return lambda: [path for path in folder.rglob("*") if path.is_file()]


def coded(text):
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


async def begin(client, length=SIZE, **headers):
    response = await client.post(PATH, headers=VERSION | {"Upload-Length": str(length)} | headers)
    assert response.status == 201, await response.text()
    assert response.headers["Tus-Resumable"] == "1.0.0"
    return response.headers["Location"]


async def send(client, place, offset, content, **headers):
    return await client.patch(place, data=content, headers=BYTES | {"Upload-Offset": str(offset)} | headers)


async def offset(client, place):
    response = await client.head(place, headers=VERSION)
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
    return int(response.headers["Upload-Offset"])


async def problem(response, status, code):
    told = await response.json(content_type="application/problem+json")
    assert (response.status, told["status"], told["code"]) == (status, status, code), told
    assert response.headers["Tus-Resumable"] == "1.0.0"
    return told["detail"]


async def test_what_is_spoken(client):
    response = await client.options(PATH)

    assert response.status == 204
    assert response.headers["Tus-Version"] == "1.0.0"
    assert int(response.headers["Tus-Max-Size"]) == 10 << 30
    assert set(response.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "termination",
        "expiration",
        "checksum",
    }


async def test_piece_by_piece(client, stored):
    note = f"filename {coded('äpfel.csv')},quick"
    place = await begin(client, **{"Upload-Metadata": note})
    assert await offset(client, place) == 0

    response = await send(client, place, 0, CSV[:10])
    assert (response.status, response.headers["Upload-Offset"]) == (204, "10")
    assert parsedate_to_datetime(response.headers["Upload-Expires"])
    response = await client.head(place, headers=VERSION)
    assert response.headers["Upload-Length"] == str(len(CSV))
    assert response.headers["Upload-Metadata"] == note
    assert (await send(client, place, 10, CSV[10:])).status == 204

    shown = await (await client.get(place)).json()
    assert (shown["filename"], shown["received"], shown["complete"]) == ("äpfel.csv", len(CSV), True)
    (file,) = stored()
    assert file.read_bytes() == CSV
    response = await client.post("/api/v1/imports", json={"upload": shown["id"]})
    assert response.status == 202


async def test_the_first_bytes_at_once(client):
    response = await client.post(PATH, data=CSV[:7], headers=BYTES | {"Upload-Length": str(len(CSV))})

    assert (response.status, response.headers["Upload-Offset"]) == (201, "7")
    assert await offset(client, response.headers["Location"]) == 7


async def test_an_empty_file(client):
    place = await begin(client, 0)
    shown = await (await client.get(place)).json()
    assert shown["complete"]
    assert (await client.post("/api/v1/imports", json={"upload": shown["id"]})).status == 202


async def test_the_wrong_place(client):
    place = await begin(client)
    for start in (1, 100):
        await problem(await send(client, place, start, b"x"), 409, "upload_conflict")
    await problem(await send(client, place, 0, CSV + b"x"), 409, "upload_conflict")


async def test_two_at_once(client, shop):
    place = await begin(client)
    go_on = asyncio.Event()

    async def slow():
        yield CSV[:5]
        await go_on.wait()
        yield CSV[5:]

    first = asyncio.create_task(send(client, place, 0, slow()))
    writer = "SELECT writer FROM uploads"
    await until(lambda: shop.connection.fetchval(writer), "the first had begun to write")
    await problem(await send(client, place, 0, b""), 423, "upload_busy")
    go_on.set()

    assert (await first).status == 204
    assert await offset(client, place) == len(CSV)


async def test_many_at_once(client):
    """Whoever wins, the file is one of those that were sent."""
    for _ in range(5):
        place = await begin(client, 300_000)
        contents = [bytes([number]) * 300_000 for number in range(4)]
        answers = await asyncio.gather(*(send(client, place, 0, content) for content in contents))
        assert min(answer.status for answer in answers) == 204
        assert {answer.status for answer in answers} <= {204, 409, 423}
        assert [answer.status for answer in answers].count(204) == 1


async def test_a_checksum(client):
    place = await begin(client)
    good = {"Upload-Checksum": f"sha1 {coded(hashlib.sha1(CSV).digest())}"}
    await problem(await send(client, place, 0, b"X" + CSV[1:], **good), 460, "checksum_mismatch")
    assert await offset(client, place) == 0
    assert (await send(client, place, 0, CSV, **good)).status == 204
    for bad in ("crc32 AAAA", "sha1 AAAA", "sha1", "sha256 ü"):
        await problem(await send(client, place, 0, CSV, **{"Upload-Checksum": bad}), 400, "bad_header")


async def test_who_sends_and_gives_up_is_kept(client):
    place = await begin(client)
    await send(client, place, 0, CSV[:10])
    importer, upload_id = client.app[IMPORTER], place.rpartition("/")[2]
    assert (await importer.uploads.get(upload_id)).sender == "web"
    await client.delete(place, headers=VERSION)

    (action,) = await importer.actions.recent()
    assert (action.actor, action.action, action.subject) == ("web", "upload.removed", f"upload:{upload_id}")


async def test_giving_up(client, stored):
    place = await begin(client)
    await send(client, place, 0, CSV[:10])
    response = await client.delete(place, headers=VERSION)

    assert (response.status, stored()) == (204, [])
    assert (await client.head(place, headers=VERSION)).status == 404
    await problem(await client.delete(place, headers=VERSION), 404, "upload_not_found")
    await problem(await send(client, place, 10, CSV[10:]), 404, "upload_not_found")


async def test_methods_in_disguise(client):
    place = await begin(client)
    headers = BYTES | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert (await client.post(place, data=CSV, headers=headers)).status == 204
    headers = VERSION | {"X-HTTP-Method-Override": "DELETE"}
    assert (await client.post(place, headers=headers)).status == 204
    response = await client.post(place, headers=VERSION)
    assert (response.status, response.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH")


async def test_another_version(client):
    response = await client.post(PATH, headers={"Tus-Resumable": "0.2.2", "Upload-Length": "1"})
    await problem(response, 412, "tus_version")
    assert response.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "bad_header"),
        ({"Upload-Defer-Length": "1"}, 400, "bad_header"),
        ({"Upload-Length": "-1"}, 400, "bad_header"),
        ({"Upload-Length": "9" * 30}, 400, "bad_header"),
        ({"Upload-Length": str((10 << 30) + 1)}, 413, "too_large"),
        ({"Upload-Length": "1", "Upload-Metadata": "filename ???"}, 400, "bad_header"),
        ({"Upload-Length": "1", "Upload-Metadata": f"filename {coded(bytes([255]))}"}, 400, "bad_header"),
    ],
)
async def test_headers_are_read_strictly(client, shop, headers, status, code):
    await problem(await client.post(PATH, headers=VERSION | headers), status, code)
    assert await shop.connection.fetchval("SELECT count(*) FROM uploads") == 0


async def test_another_content_type(client):
    place = await begin(client)
    response = await client.patch(place, data=CSV, headers=VERSION | {"Upload-Offset": "0"})
    await problem(response, 415, "unsupported_media_type")


async def test_the_limit_is_the_setting(make_app, aiohttp_client):
    client = await aiohttp_client(await make_app(max_upload=10))
    assert (await client.options(PATH)).headers["Tus-Max-Size"] == "10"
    await begin(client, 10)
    response = await client.post(PATH, headers=VERSION | {"Upload-Length": "11"})
    assert "at most 10 bytes" in await problem(response, 413, "too_large")


# --- somebody else's client


def uploader(port, content, **options):
    return TusClient(f"http://127.0.0.1:{port}{PATH}").uploader(
        file_stream=io.BytesIO(content), metadata={"filename": "products.csv"}, **options
    )


@pytest.fixture(scope="module")
def big():
    return os.urandom(9_000_000)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("options", [{}, {"chunk_size": 1_000_000}, {"upload_checksum": True}])
async def test_tuspy(client, stored, big, options):
    sending = uploader(client.port, big, **options)
    await asyncio.to_thread(sending.upload)

    (file,) = stored()
    assert sha256(file.read_bytes()) == sha256(big)


async def test_tuspy_goes_on_after_broken_connections(client, stored, big):
    async with breaking_proxy(client.port, after=[1_200_000, 3_000_000, 500_000]) as proxy:
        sending = uploader(proxy.port, big, chunk_size=5_000_000, retries=30, retry_delay=0.1)
        await asyncio.to_thread(sending.upload)

    assert proxy.broken == 3
    (file,) = stored()
    assert sha256(file.read_bytes()) == sha256(big)


async def test_tuspy_goes_on_another_day(client, stored, big):
    sending = uploader(client.port, big, chunk_size=1_000_000)
    await asyncio.to_thread(sending.upload, 3_000_000)
    again = await asyncio.to_thread(uploader, client.port, big, url=sending.url)
    assert again.offset == 3_000_000
    await asyncio.to_thread(again.upload)

    (file,) = stored()
    assert sha256(file.read_bytes()) == sha256(big)


async def test_it_goes_on_at_another_process(shop, client, make_app, aiohttp_client, stored, big):
    other = await aiohttp_client(await make_app(importer=await shop.open()))
    sending = uploader(client.port, big, chunk_size=1_000_000)
    await asyncio.to_thread(sending.upload, 4_000_000)

    place = sending.url.replace(str(client.port), str(other.port))
    again = await asyncio.to_thread(uploader, other.port, big, url=place)
    await asyncio.to_thread(again.upload)

    (file,) = stored()
    assert sha256(file.read_bytes()) == sha256(big)


async def test_tuspy_is_told_of_what_is_too_large(make_app, aiohttp_client, big):
    client = await aiohttp_client(await make_app(max_upload=1000))
    with pytest.raises(TusCommunicationError, match="413"):
        await asyncio.to_thread(uploader(client.port, big).upload)


async def test_a_bucket(shop, make_app, aiohttp_client, bucket, big):
    importer = await shop.open(storage_url=f"s3://{bucket.name}/uploads")
    client = await aiohttp_client(await make_app(importer=importer))
    async with breaking_proxy(client.port, after=[5_000_000]) as proxy:
        sending = uploader(proxy.port, big, retries=30, retry_delay=0.1)
        await asyncio.to_thread(sending.upload)

    upload = await importer.uploads.get(sending.url.rpartition("/")[2])
    async with importer.storage.local(upload.source, upload.received) as path:
        assert sha256(path.read_bytes()) == sha256(big)


@pytest.fixture
async def half_sent(make_app, aiohttp_client):
    """Sends the headers of a PATCH and a part of its body: the client, the upload, and the connection."""
    client = await aiohttp_client(await make_app(read_timeout=600.0))
    writers = []

    async def sent(size, part):
        place = await begin(client, size)
        _, writer = await asyncio.open_connection(client.server.host, client.server.port)
        writers.append(writer)
        headers = BYTES | {"Host": "localhost", "Upload-Offset": "0", "Content-Length": str(size)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"PATCH {place} HTTP/1.1\r\n{lines}\r\n".encode() + bytes(part))
        await writer.drain()
        return client, place, writer

    yield sent
    for writer in writers:
        writer.transport.abort()


async def test_what_a_silent_sender_has_sent_is_kept(half_sent):
    """It is less than a part, and nobody says that the connection is dead."""
    client, place, _ = await half_sent(8 << 20, 3 << 20)

    async def all_kept():
        return await offset(client, place) == 3 << 20

    await until(all_kept, "all that had arrived was noted")


async def test_what_had_arrived_when_the_connection_was_cut_is_kept(half_sent):
    """More than a part has come. What aiohttp has taken but nobody has read yet goes with the connection."""
    client, place, writer = await half_sent(8 << 20, 6 << 20)
    writer.close()

    async def kept():
        return await offset(client, place) >= 5 << 20

    await until(kept, "the part that was not full was noted too")
    assert await offset(client, place) <= 6 << 20
