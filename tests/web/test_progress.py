"""Progress by websocket, over real sockets, of imports that really run."""

import asyncio
import json

import pytest
from aiohttp import ClientSession, TCPConnector, WSMsgType, WSServerHandshakeError
from working import working

import rehearsal
from halfway import Watch, catalogue_file, until
from product_importer.errors import DatabaseError
from product_importer.model import ImportOptions
from product_importer_web import progress
from product_importer_web.keys import HUB, IMPORTER

SLOW = ImportOptions(parser="small", duplicates="slow")


@pytest.fixture
async def client(make_app, aiohttp_client):
    return await aiohttp_client(await make_app(rehearsal))


@pytest.fixture
def importer(client):
    return client.app[IMPORTER]


@pytest.fixture
async def waiting(shop, importer, monkeypatch):
    """An import of some length, handed over."""
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    monkeypatch.setenv("REHEARSAL_READ", "0.05")
    monkeypatch.setenv("REHEARSAL_SAVE", "0.05")
    import_id = await shop.stored(importer, catalogue_file(600, version=1), SLOW)
    await importer.imports.hand_over(import_id)
    return import_id


def path(import_id):
    return f"/api/v1/imports/{import_id}/events"


async def messages(socket):
    """All messages until the server closes the connection."""
    received = [json.loads(message.data) async for message in socket]
    assert socket.close_code == 1000
    return received


async def test_the_time_left_is_told_while_reading_and_while_saving(
    client, importer, queues, shop, monkeypatch
):
    monkeypatch.setenv("REHEARSAL_ROWS", "40")
    monkeypatch.setenv("REHEARSAL_READ", "0.15")
    monkeypatch.setenv("REHEARSAL_SAVE", "0.05")
    long = catalogue_file(600, version=1).replace("Text", "Long text " * 500)  # of several blocks
    import_id = await shop.stored(importer, long, SLOW)
    await importer.imports.hand_over(import_id)
    async with client.ws_connect(path(import_id)) as socket, working(importer, queues):
        received = await messages(socket)
    reading = [each for each in received if each["phase"] == "reading"]
    told = [each for each in reading if each["eta_seconds"] is not None]
    assert told
    assert all(each["eta_seconds"] > 0 and each["rows_per_second"] is None for each in told)
    assert {each["percent"] for each in reading} == {0}
    read = [each["bytes_done"] for each in reading]
    assert read == sorted(read)
    assert len(set(read)) > 2
    for counter in ("rows_read", "rows_rejected"):
        counted = [each[counter] for each in reading]
        assert counted == sorted(counted)
        assert len(set(counted)) > 2, counter
    assert {each["read"] for each in reading} == {0}
    for each in received:
        saved = each["read"] - each["invalid"]
        assert each["rows_read"] == saved + each["rows_rejected"] + each["rows_pending"]
        assert each["rows_pending"] >= 0
    saving = [each for each in received if each["phase"] == "saving" and each["read"]]
    assert saving
    assert all(each["eta_seconds"] >= 0 and each["rows_per_second"] > 0 for each in saving)
    assert received[-1]["status"] == "completed"
    assert received[-1]["eta_seconds"] is None
    assert received[-1]["rows_pending"] == 0
    assert received[-1]["rows_rejected"] == received[-1]["invalid"] > 0


async def test_from_the_queue_to_the_end(client, importer, queues, waiting):
    async with client.ws_connect(path(waiting)) as socket:
        first = await socket.receive_json()
        assert (first["status"], first["percent"]) == ("queued", 0)
        async with working(importer, queues):
            received = await messages(socket)
    percents = [message["percent"] for message in received]
    assert percents == sorted(percents)
    assert len(set(percents)) > 3
    assert all(message["percent"] < 100 for message in received if message["status"] != "completed")
    assert received[-1] == await (await client.get(f"/api/v1/imports/{waiting}")).json()
    assert (received[-1]["status"], received[-1]["percent"]) == ("completed", 100)


async def test_a_late_watcher_gets_the_present_state(client, importer, queues, shop, waiting):
    async with working(importer, queues), client.ws_connect(path(waiting)) as early:
        await Watch(shop).chunks(2)
        async with client.ws_connect(path(waiting)) as late:
            assert (await late.receive_json())["status"] == "running"
            ends = [(await messages(socket))[-1] for socket in (late, early)]
    async with client.ws_connect(path(waiting)) as after:
        assert await messages(after) == [ends[0]]
    assert ends[0] == ends[1]


async def test_messages_come_though_nothing_changes(client, shop, importer, queues, waiting, barrier):
    await barrier.put("BEFORE INSERT", "import_chunks")
    async with working(importer, queues):
        await barrier.reached()
        async with client.ws_connect(path(waiting)) as socket:
            received = [await socket.receive_json(timeout=5) for _ in range(4)]
            assert {message["status"] for message in received} == {"running"}
            assert {message["percent"] for message in received} == {0}
            await barrier.lift("import_chunks")
            assert (await messages(socket))[-1]["status"] == "completed"


async def test_other_sites_may_not_watch(client, waiting):
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(path(waiting), headers={"Origin": "https://elsewhere.example"})
    assert refused.value.status == 403
    own = f"http://{client.host}:{client.port}"
    async with client.ws_connect(path(waiting), headers={"Origin": own}) as socket:
        assert (await socket.receive_json())["status"] == "queued"


async def test_who_does_not_ask_for_a_websocket(client, waiting):
    response = await client.get(path(waiting))
    assert response.status == 400
    assert (await response.json(content_type="application/problem+json"))["code"] == "bad_request"


async def test_many_watchers_are_one_reader(client, importer, waiting, monkeypatch):
    reads = 0
    state = importer.imports.state

    async def counted(import_id):
        nonlocal reads
        reads += 1
        return await state(import_id)

    monkeypatch.setattr(importer.imports, "state", counted)
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        sockets = [await session.ws_connect(client.make_url(path(waiting))) for _ in range(200)]
        assert client.app[HUB].watchers == 200
        before = reads
        for socket in sockets:
            assert (await socket.receive_json())["status"] == "queued"
        await importer.imports.cancel(waiting)
        ends = await asyncio.gather(*(messages(socket) for socket in sockets))
    assert {received[-1]["status"] for received in ends} == {"cancelled"}
    assert reads - before < 20
    await until(lambda: no_watchers(client), "all had gone")


async def no_watchers(client):
    return client.app[HUB].watchers == 0


async def test_a_watcher_that_leaves_is_forgotten(client, waiting):
    async with client.ws_connect(path(waiting)) as socket:
        await socket.receive_json()
    await until(lambda: no_watchers(client), "it was forgotten")


async def test_a_slow_watcher_is_dropped_and_others_are_not(client, importer, waiting, monkeypatch):
    """It asks for messages and doesn't read them; they are made long, so that they fill all buffers soon."""
    monkeypatch.setattr(progress, "_SLOW_SECONDS", 0.5)
    monkeypatch.setattr(progress, "READ_SECONDS", 0.01)
    number = 0

    async def read():
        nonlocal number
        number += 1
        return progress.Snapshot({"number": number, "text": "x" * 200_000}, running=True, ended=False)

    hub = client.app[HUB]
    follow = hub.follow
    monkeypatch.setattr(hub, "follow", lambda request, name, _: follow(request, name, read))
    async with client.ws_connect(path(waiting), max_msg_size=0) as quick:
        _, writer = slow = await asyncio.open_connection(client.host, client.port)
        writer.write(
            f"GET {path(waiting)} HTTP/1.1\r\nHost: {client.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await slow[0].readuntil(b"\r\n\r\n")

        async def dropped():
            assert (await quick.receive()).type is WSMsgType.TEXT
            return hub.watchers == 1

        await until(dropped, "the slow one was dropped")
        before = json.loads((await quick.receive()).data)["number"]
        assert json.loads((await quick.receive()).data)["number"] > before
        writer.close()


async def test_watchers_are_sent_away_at_the_end(client, waiting):
    socket = await client.ws_connect(path(waiting))
    await socket.receive_json()
    await client.app.shutdown()
    message = await socket.receive()
    assert (message.type, socket.close_code) == (WSMsgType.CLOSE, 1001)


async def test_a_database_that_is_away_for_a_moment(client, importer, waiting, monkeypatch):
    state = importer.imports.state
    away = True

    async def sometimes(import_id):
        if away:
            raise DatabaseError("The connection to the database was lost.")
        return await state(import_id)

    async with client.ws_connect(path(waiting)) as socket:
        assert (await socket.receive_json())["status"] == "queued"
        monkeypatch.setattr(importer.imports, "state", sometimes)
        await asyncio.sleep(2 * progress.READ_SECONDS)
        await importer.imports.cancel(waiting)
        away = False
        assert (await messages(socket))[-1]["status"] == "cancelled"
