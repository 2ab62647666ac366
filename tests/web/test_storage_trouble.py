"""The storage is full or away, or holds what nobody needs any more."""

import base64
import io
import shutil

import pytest

from halfway import until
from sending import blocks

IMPORTS, UPLOADS = "/api/v1/imports", "/api/v1/uploads"
BYTES = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
BIG = 3_000_000


async def problem(response, status, code):
    told = await response.json(content_type="application/problem+json")
    assert (response.status, told["code"]) == (status, code), told
    return told


async def left(shop):
    return [await shop.connection.fetchval(f"SELECT count(*) FROM {it}") for it in ("uploads", "imports")]


@pytest.fixture
async def full(shop, small_disk, make_app, aiohttp_client):
    """A server whose storage has room for a megabyte."""
    importer = await shop.open(storage_url=(small_disk / "files").as_uri(), disk_reserve=0)
    return await aiohttp_client(await make_app(importer=importer))


async def test_no_room_for_a_file(full, shop, small_disk):
    response = await full.post(IMPORTS, data=io.BytesIO(b"x" * BIG), headers={"Content-Type": "text/csv"})

    told = await problem(response, 507, "disk_full")
    assert "There is no room left" in told["detail"]
    assert str(small_disk) not in told["detail"]
    assert list((small_disk / "files").iterdir()) == []
    assert await left(shop) == [0, 0]
    assert (await full.post(IMPORTS, data=b"sku,name\nA,Apple\n")).status == 202


async def test_no_room_for_an_upload(full, small_disk):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(BIG)}
    place = (await full.post(UPLOADS, headers=headers)).headers["Location"]
    assert (await full.patch(place, data=b"x" * 9, headers=BYTES | {"Upload-Offset": "0"})).status == 204

    response = await full.patch(
        place, data=io.BytesIO(b"x" * (BIG - 9)), headers=BYTES | {"Upload-Offset": "9"}
    )

    await problem(response, 507, "disk_full")
    assert (await full.head(place, headers=BYTES)).headers["Upload-Offset"] == "9"
    assert (await full.delete(place, headers=BYTES)).status == 204
    assert list((small_disk / "files").iterdir()) == []


async def test_an_upload_leaves_room_for_the_database(shop, small_disk, make_app, aiohttp_client):
    importer = await shop.open(storage_url=(small_disk / "files").as_uri(), disk_reserve=600_000)
    client = await aiohttp_client(await make_app(importer=importer))
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "900000"}
    place = (await client.post(UPLOADS, headers=headers)).headers["Location"]

    assert (
        await client.patch(place, data=b"x" * 300_000, headers=BYTES | {"Upload-Offset": "0"})
    ).status == 204
    response = await client.patch(place, data=b"x" * 200_000, headers=BYTES | {"Upload-Offset": "300000"})

    told = await problem(response, 507, "disk_full")
    assert str(small_disk) not in told["detail"]
    assert shutil.disk_usage(small_disk).free > 600_000
    assert (await client.head(place, headers=BYTES)).headers["Upload-Offset"] == "300000"


async def test_uploads_may_not_be_open_without_end(shop, make_app, aiohttp_client):
    client = await aiohttp_client(await make_app(importer=await shop.open(open_uploads=2)))
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    places = [(await client.post(UPLOADS, headers=headers)).headers["Location"] for _ in range(2)]

    for response in (
        await client.post(UPLOADS, headers=headers),
        await client.post(IMPORTS, data=b"sku,name\nA,Apple\n", headers={"Content-Type": "text/csv"}),
    ):
        told = await problem(response, 429, "too_many_uploads")
        assert "2 uploads are open" in told["detail"]
        assert "Retry-After" not in response.headers  # it may take minutes, or a day
    assert await left(shop) == [2, 0]

    assert (await client.delete(places[0], headers=BYTES)).status == 204
    assert (await client.post(UPLOADS, headers=headers)).status == 201
    await shop.connection.execute("UPDATE uploads SET expires_at = now()")
    assert (await client.post(UPLOADS, headers=headers)).status == 201


async def test_uploads_that_nothing_comes_of_make_room_within_minutes(shop, make_app, aiohttp_client):
    client = await aiohttp_client(await make_app(importer=await shop.open(open_uploads=1)))
    headers = BYTES | {"Upload-Length": "5"}
    mismatch = {"Upload-Checksum": f"sha1 {base64.b64encode(bytes(20)).decode()}"}
    place = (await client.post(UPLOADS, headers=headers)).headers["Location"]
    for more in ({}, mismatch):  # neither is a byte that has come
        await client.patch(place, headers=BYTES | {"Upload-Offset": "0"} | more)
    assert (await client.post(UPLOADS, headers=headers)).status == 429

    await shop.connection.execute("UPDATE uploads SET expires_at = expires_at - interval '15 minutes'")

    assert (await client.post(UPLOADS, headers=headers, data=b"sku")).status == 201
    await shop.connection.execute("UPDATE uploads SET expires_at = expires_at - interval '15 minutes'")
    assert (await client.post(UPLOADS, headers=headers)).status == 429


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/csv"}, 415),
        ({"Upload-Checksum": "crc32 AAAA"}, 400),
        ({"Upload-Checksum": f"sha1 {base64.b64encode(bytes(20)).decode()}"}, 460),
        ({"Upload-Length": "2"}, 409),
    ],
)
async def test_first_bytes_that_can_not_be_taken_leave_no_upload(shop, client, headers, status):
    response = await client.post(UPLOADS, headers=BYTES | {"Upload-Length": "5"} | headers, data=b"sku,n")
    assert response.status == status, await response.text()
    assert await left(shop) == [0, 0]


async def test_the_storage_is_away(shop, bucket, monkeypatch, make_app, aiohttp_client, caplog):
    monkeypatch.setattr("product_importer.storage.s3._RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    client = await aiohttp_client(await make_app(importer=await shop.open(storage_url="s3://somewhere")))

    response = await client.post(IMPORTS, data=b"sku,name\nA,Apple\n")

    told = await problem(response, 503, "storage")
    assert "Files can't be kept or read for now." in told["detail"]
    assert "s3://somewhere" not in told["detail"]
    assert "The storage s3://somewhere can't be used" in caplog.text
    assert "Retry-After" in response.headers


async def test_a_file_that_is_gone_is_to_be_handed_over_again(shop, client):
    sent = {"headers": BYTES | {"Upload-Length": "8"}, "data": b"sku,name"}
    upload = (await (await client.post(UPLOADS, **sent)).json())["id"]
    shutil.rmtree(shop.folder / "data" / "imports")

    response = await client.get(f"{UPLOADS}/{upload}/preview")

    told = await problem(response, 410, "file_gone")
    assert "Hand it over again" in told["detail"]
    assert "Retry-After" not in response.headers


async def test_what_expired_goes(shop, make_app, aiohttp_client):
    importer = await shop.importer()
    upload = await importer.uploads.receive("old.csv", blocks(b"sku,name\nA,Apple\n"))
    await shop.connection.execute("UPDATE uploads SET expires_at = now()")
    await aiohttp_client(await make_app(importer=importer))

    async def gone():
        return await left(shop) == [0, 0]

    await until(gone, "it was tidied up")
    assert not any(path.is_file() for path in (shop.folder / "data" / "imports").rglob("*"))
    assert upload.complete
