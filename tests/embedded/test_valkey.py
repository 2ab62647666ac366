"""The embedded Valkey: what it shares with PostgreSQL's keeping is tested there, the rest here."""

import stat

import pytest

from product_importer.embedded import EmbeddedValkey

from .conftest import Watch, wait_until


@pytest.fixture
def begin(start):
    """``begin(person, data_dir)``: a client of Valkey that has opened it."""

    def begin_client(person, data_dir):
        client = start(person, data_dir, "valkey")
        client.opened()
        return client

    return begin_client


def process(data_dir):
    (server,) = Watch(data_dir, "valkey").processes()
    return server


def test_first_start_and_later_start(person, new_dir, begin):
    server = Watch(new_dir, "valkey")
    first = begin(person, new_dir)
    assert first.tell("SET kept 42") is True
    assert process(new_dir).uids().real == person.server_uid
    assert not process(new_dir).net_connections("inet")
    for path in ("run", "data"):
        assert stat.S_IMODE((server.home / path).stat().st_mode) == 0o700
    first.close()
    assert server.gone()  # closing has waited for it

    later = begin(person, new_dir)
    assert later.tell("GET kept") == "42"
    later.close()


def test_settings_that_matter(user, new_dir, begin):
    client = begin(user, new_dir)
    for name, value in [("appendonly", "yes"), ("save", ""), ("maxmemory-policy", "noeviction")]:
        assert client.tell(f"CONFIG GET {name}") == {name: value}


def test_two_first_starts_at_once(user, new_dir, start):
    clients = [start(user, new_dir, "valkey") for _ in range(2)]
    for client in clients:
        client.opened()
    clients[0].tell("SET common 1")
    assert clients[1].tell("GET common") == "1"
    clients[0].close()
    assert clients[1].tell("GET common") == "1"
    clients[1].close()
    assert Watch(new_dir, "valkey").gone()


def test_killing_the_only_client_stops_the_server(person, new_dir, begin):
    client = begin(person, new_dir)
    client.tell("SET kept 1")
    client.kill()
    wait_until(Watch(new_dir, "valkey").gone, "the server had stopped")

    assert begin(person, new_dir).tell("GET kept") == "1"


def test_killing_the_keeper_leaves_no_orphan(person, new_dir, begin):
    server = Watch(new_dir, "valkey")
    client = begin(person, new_dir)
    server.keeper().kill()
    wait_until(server.gone, "the server had stopped, though its client still lives")
    client.kill()

    assert begin(person, new_dir).tell("PING") is True


def test_a_killed_server_starts_again_with_its_data(person, new_dir, begin):
    client = begin(person, new_dir)
    client.tell("SET kept 1")
    old = process(new_dir)
    old.kill()
    wait_until(lambda: not old.is_running(), "it had ended")

    later = begin(person, new_dir)  # it joins those who still use it
    assert later.tell("GET kept") == "1"
    later.close()
    assert client.tell("GET kept") == "1"


def test_it_starts_beside_postgres_in_one_data_directory(user, new_dir, start):
    clients = [start(user, new_dir, kind) for kind in ("postgres", "valkey")]
    for client in clients:
        client.opened()
    assert [client.tell(words) for client, words in zip(clients, ["SELECT 1", "PING"], strict=True)] == [
        "1",
        True,
    ]


def test_unreadable_data_are_named(user, new_dir, begin, start):
    begin(user, new_dir).close()
    for path in (new_dir / "valkey/data/appendonlydir").glob("*.rdb"):
        path.write_bytes(b"REDIS9999 is not for us")
    refused = start(user, new_dir, "valkey").answer()
    assert refused["state"] == "refused"
    assert "Nothing that counts is in them: move the directory away" in refused["message"]
    assert str(new_dir / "valkey/data") in refused["message"]


async def test_a_path_may_be_longer_than_a_socket_may(new_dir):
    async with EmbeddedValkey.open(new_dir / ("long" * 40)) as server:
        assert server.url.startswith("unix:///tmp/product-importer-")
    assert Watch(new_dir / ("long" * 40), "valkey").gone()
