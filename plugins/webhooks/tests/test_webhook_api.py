"""``/api/v1/webhooks``, over HTTP."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from receiver import receiving, until
from standardwebhooks import Webhook

from product_importer.product import ProductDraft
from product_importer_webhooks import endpoints, vault

API = "/api/v1/webhooks"


async def add(client, receiver, **values):
    response = await client.post(API, json={"url": receiver.url, **values})
    assert response.status == 201, await response.text()
    assert response.headers["Cache-Control"] == "no-store"
    created = await response.json()
    receiver.secrets = [created["secret"]]
    return created


async def test_an_endpoint_from_its_making_to_its_end(client, receiver):
    created = await add(client, receiver, description="Shop", headers={"Authorization": "Bearer s3cret"})
    assert created["secret"].startswith("whsec_")
    path = created["links"]["self"]

    shown = await (await client.get(path)).json()

    assert "secret" not in shown
    assert shown["headers"] == {"Authorization": "(unchanged)"}
    assert (shown["mode"], shown["events"], shown["enabled"], shown["health"]) == ("batch", [], True, "new")
    changed = await (
        await client.patch(
            path, json={"mode": "single", "ordered": True, "source": "imports", "headers": shown["headers"]}
        )
    ).json()
    assert (changed["mode"], changed["description"]) == ("single", "Shop")
    assert (shown["ordered"], shown["source"]) == (False, "any")
    assert (changed["ordered"], changed["source"]) == (True, "imports")
    tested = await (await client.post(f"{path}/test")).json()
    assert tested["status"] == 200
    ((headers, _),) = receiver.requests
    assert headers["Authorization"] == "Bearer s3cret"
    assert [each["id"] for each in (await (await client.get(API)).json())["webhooks"]] == [created["id"]]
    assert (await client.delete(path)).status == 204
    assert (await client.get(path)).status == 404
    assert (await client.delete(path)).status == 404


async def test_who_changes_an_endpoint_is_kept(client, hooks, receiver):
    created = await add(client, receiver)
    path = created["links"]["self"]
    statuses = [
        (await client.patch(path, json={"mode": "single"})).status,
        (await client.patch(path, json={"mode": "of a kind that there isn't"})).status,
        (await client.post(f"{path}/rotate")).status,
        (await client.post(f"{path}/replay", json={"states": ["failed"]})).status,
        (await client.delete(path)).status,
        (await client.delete(path)).status,
    ]

    assert [status // 100 for status in statuses] == [2, 4, 2, 2, 2, 4]
    actions = await hooks.importer.actions.recent(subject=f"webhook:{created['id']}")
    assert {each.actor for each in actions} == {"web"}
    assert [each.action for each in actions[::-1]] == [
        *("webhook.created", "webhook.changed", "webhook.secret_changed"),
        *("webhook.replayed", "webhook.deleted"),
    ]


async def test_secrets_are_nowhere_in_the_database(client, hooks, receiver):
    created = await add(client, receiver, headers={"X-Key": "s3cret"})

    (row,) = await hooks.execute("SELECT e::text FROM webhook_endpoints AS e")

    assert "s3cret" not in row[0]
    assert created["secret"].removeprefix("whsec_") not in row[0]


async def test_sending_a_test(client, receiver):
    async def angry(request):
        return web.Response(status=500, text="x" * 9_999)

    created = await add(client, receiver)
    receiver.answers = [angry]

    failed = await (await client.post(f"{created['links']['self']}/test")).json()
    tested = await (await client.post(f"{created['links']['self']}/test")).json()

    assert (failed["status"], failed["outcome"], len(failed["answer"])) == (500, "server error", 2_000)
    assert (tested["status"], tested["outcome"], tested["answer"]) == (200, "success", "thanks")
    assert tested["milliseconds"] >= 0
    assert [event["type"] for event in receiver.events] == ["test", "test"]
    assert len(set(receiver.ids)) == 2


@pytest.mark.parametrize("mode", ["batch", "single", "summary"])
async def test_a_test_is_in_the_log_and_can_be_sent_again(client, hooks, receiver, mode):
    async def angry(request):
        return web.Response(status=500, text="no")

    created = await add(client, receiver, mode=mode)
    path = created["links"]["self"]
    receiver.answers = [angry]
    failed = await (await client.post(f"{path}/test")).json()
    tested = await (await client.post(f"{path}/test")).json()

    listed = (await (await client.get(f"{path}/deliveries")).json())["deliveries"]
    assert [each["links"]["self"] for each in listed] == [
        each["links"]["delivery"] for each in (tested, failed)
    ]
    assert [(each["type"], each["state"], each["attempts"]) for each in listed] == [
        ("test", "delivered", 1),
        ("test", "failed", 1),
    ]
    found = await (await client.get(failed["links"]["delivery"])).json()
    assert [each["answer"] for each in found["tries"]] == ["no"]
    shown = await (await client.get(path)).json()
    assert (shown["failed"], shown["failures"], shown["health"]) == (0, 0, "healthy")
    everything = await client.post(f"{path}/replay", json={"states": ["failed", "delivered"]})
    assert await everything.json() == {"replayed": 0}
    async with hooks.relaying():
        await client.post(f"{path}/replay", json={"ids": [listed[1]["id"]]})
        await until(lambda: len(receiver.requests) == 3, "it came again")
    assert receiver.requests[0][1] == receiver.requests[2][1]
    assert receiver.ids[0] == receiver.ids[2] == listed[1]["webhook_id"]


async def test_a_new_secret_and_the_former_one_go_together_for_a_day(client, hooks, receiver):
    created = await add(client, receiver)
    rotated = await (await client.post(f"{created['links']['self']}/rotate")).json()
    assert rotated["secret"] != created["secret"]
    receiver.secrets = [created["secret"], rotated["secret"]]  # each verifies every request

    await client.post(f"{created['links']['self']}/test")
    assert len(receiver.requests) == 1
    assert rotated["previous_secret_until"] is not None

    await hooks.execute("UPDATE webhook_endpoints SET previous_until = now()")
    receiver.secrets = [rotated["secret"]]
    await client.post(f"{created['links']['self']}/test")
    headers, body = receiver.requests[-1]
    assert headers["webhook-signature"].count("v1,") == 1
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(created["secret"]).verify(body, headers)


async def test_deliveries_their_attempts_and_sending_them_again(client, importer, hooks, receiver):
    created = await add(client, receiver)
    path = created["links"]["self"]
    async with hooks.relaying():
        await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")
        await until(lambda: receiver.requests, "it came")
        endpoint = await hooks.endpoints.get(created["id"])

        async def settled():
            return await hooks.states(endpoint) == {"delivered": 1}

        await until(settled, "that was noted")
        (delivery,) = (await (await client.get(f"{path}/deliveries")).json())["deliveries"]
        found = await (await client.get(delivery["links"]["self"])).json()
        assert (found["state"], found["events"], found["type"]) == ("delivered", 1, "product.created")
        (attempt,) = found["tries"]
        assert (attempt["status"], attempt["outcome"], attempt["answer"]) == (200, "success", "thanks")
        assert attempt["request_headers"]["webhook-id"] == delivery["webhook_id"] == receiver.ids[0]
        replayed = await client.post(f"{path}/replay", json={"ids": [delivery["id"]]})
        assert (replayed.status, await replayed.json()) == (202, {"replayed": 1})
        await until(lambda: len(receiver.requests) == 2, "it came again")
        replayed = await client.post(
            f"{path}/replay", json={"since": "2020-01-01T00:00:00Z", "states": ["failed"]}
        )
        assert await replayed.json() == {"replayed": 0}

    (first, body), (second, again) = receiver.requests
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    listed = await (await client.get(f"{path}/deliveries", params={"state": "failed", "limit": 1})).json()
    assert listed == {"deliveries": [], "before": None}
    listed = await (await client.get(f"{path}/deliveries", params={"limit": 1})).json()
    following = await client.get(f"{path}/deliveries", params={"before": listed["before"]})
    assert (await following.json())["deliveries"] == []


async def test_changes_of_an_import_can_be_pulled(client, importer, hooks, tmp_path):
    async with receiving() as receiver:
        await add(client, receiver, mode="summary")
        path = tmp_path / "catalogue.csv"
        path.write_text("sku,name\n" + "".join(f"S{n},Name\n" for n in range(30)))
        await importer.run(path)
        async with hooks.relaying():
            await until(lambda: receiver.documents, "the summary came")
        following, events = receiver.documents[0]["changes"], []
        while following:
            page = await (await client.get(following)).json()
            events += page["events"]
            following = page["next"]

    assert len({event["id"] for event in events}) == len(events) == 31
    assert {event["data"].get("sku") for event in events} == {None, *(f"S{n}" for n in range(30))}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "url"),
        ({"url": "example.com"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": "https://example.com/#there"}, "url"),
        ({"url": "https://example.com:99999/"}, "url"),
        ({"url": 7}, "url"),
        ({"url": "https://example.com/", "events": ["product.exploded"]}, "events"),
        ({"url": "https://example.com/", "events": "product.created"}, "events"),
        ({"url": "https://example.com/", "mode": "sometimes"}, "mode"),
        ({"url": "https://example.com/", "source": "rumours"}, "source"),
        ({"url": "https://example.com/", "source": None}, "source"),
        ({"url": "https://example.com/", "source": "edits", "mode": "summary"}, "source"),
        ({"url": "https://example.com/", "ordered": "yes"}, "ordered"),
        ({"url": "https://example.com/", "timeout_seconds": 0}, "timeout_seconds"),
        ({"url": "https://example.com/", "timeout_seconds": True}, "timeout_seconds"),
        ({"url": "https://example.com/", "concurrency": 99}, "concurrency"),
        ({"url": "https://example.com/", "rate_limit": 0}, "rate_limit"),
        ({"url": "https://example.com/", "headers": {"webhook-id": "1"}}, "headers"),
        ({"url": "https://example.com/", "headers": {"X y": "1"}}, "headers"),
        ({"url": "https://example.com/", "headers": {"X": "1\r\nY: 2"}}, "headers"),
        ({"url": "https://example.com/", "colour": "red"}, "colour"),
    ],
)
async def test_what_no_endpoint_can_be(client, values, field):
    response = await client.post(API, json=values)

    assert response.status == 422
    problem = await response.json()
    assert problem["code"] == "invalid_webhook"
    assert [fault["field"] for fault in problem["errors"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/7", None, 404),
        ("PATCH", "/7", {}, 404),
        ("POST", "/7/test", None, 404),
        ("POST", "/7/rotate", None, 404),
        ("GET", "/7/deliveries", None, 404),
        ("GET", "/7/deliveries/00000000-0000-0000-0000-000000000000", None, 404),
        ("POST", "/7/replay", {"states": ["failed"]}, 404),
        ("POST", "/7/replay", {}, 400),
        ("POST", "/7/replay", {"states": ["lost"]}, 400),
        ("POST", "/7/replay", {"ids": ["x"]}, 400),
        ("POST", "/7/replay", {"since": "yesterday"}, 400),
        ("POST", "/7/replay", {"since": "2020-01-01T00:00:00"}, 400),
        ("POST", "/7/replay", {"all": True}, 400),
        ("GET", "/7/deliveries?state=lost", None, 400),
        ("GET", "/7/deliveries?limit=0", None, 400),
        ("GET", "/7/deliveries?before=x", None, 400),
        ("GET", "/changes?import_id=1&after=x", None, 400),
    ],
)
async def test_what_is_not_there_or_not_understood(client, method, path, body, status):
    response = await client.request(method, API + path, json=body)

    assert response.status == status, await response.text()
    assert response.content_type == "application/problem+json"


async def test_no_secret_stands_in_the_log(client, hooks, receiver):
    async def echoing(request):
        told = [f"{name}: {value}" for name, value in request.headers.items()]
        headers = {"Set-Cookie": "session=c00kie", "WWW-Authenticate": "Basic realm=r3alm", "X-Echo": told[0]}
        headers["X-Again"] = request.headers["X-Api-Key"]
        return web.Response(status=401, headers=headers, text="\n".join(told))

    receiver.answers = [echoing]
    given = {"X-Api-Key": "sekrit-123", "Authorization": 'Bearer s3c"ret'}
    created = await add(client, receiver, headers=given)
    tried = await (await client.post(f"{created['links']['self']}/test")).json()

    ((sent, _),) = receiver.requests
    assert {name: sent[name] for name in given} == given
    secrets = [*given.values(), 's3c"ret', "c00kie", "r3alm", *sent["webhook-signature"].split()]
    shown = [str(tried), *map(str, await hooks.execute("SELECT a::text FROM webhook_attempts AS a"))]
    for text in shown:
        assert not [secret for secret in secrets if secret in text]
    assert tried["request_headers"]["X-Api-Key"] == "(hidden)"
    assert tried["response_headers"]["Set-Cookie"] == "(hidden)"
    assert "X-Api-Key: (hidden)" in tried["answer"]


@pytest.mark.parametrize(
    "kept", [{}, {"headers": {"X-Key": "(unchanged)", "X-New": "n3w"}}], ids=["unsaid", "said"]
)
async def test_kept_headers_stay_with_their_origin(client, hooks, receiver, kept):
    created = await add(client, receiver, headers={"X-Key": "s3cret"})
    path = created["links"]["self"]

    near = await (await client.patch(path, json={"url": f"{receiver.url}/other", **kept})).json()
    assert "X-Key" in near["headers"]

    far = await (await client.patch(path, json={"url": "http://127.0.0.1:9/", **kept})).json()
    assert list(far["headers"]) == [name for name in kept.get("headers", ()) if name != "X-Key"]
    assert (await hooks.endpoints.get(created["id"])).draft.headers.get("X-Key") is None


async def test_there_may_be_so_many_and_no_more(client, hooks, receiver, monkeypatch):
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 2)
    for _ in range(2):
        assert (await client.post(API, json={"url": receiver.url})).status == 201

    response = await client.post(API, json={"url": receiver.url})

    told = await response.json()
    fault = told["errors"][0]["code"]
    assert (response.status, told["code"], fault) == (422, "invalid_webhook", "webhook_limit")
    assert "no more may be" in told["detail"]
    (first, _) = (await (await client.get(API)).json())["webhooks"]
    assert (await client.delete(first["links"]["self"])).status == 204
    assert (await client.post(API, json={"url": receiver.url})).status == 201


async def test_events_that_are_named_again_count_once(client, receiver):
    events = ["product.updated", "product.created"] * 50
    made = await (await client.post(API, json={"url": receiver.url, "events": events})).json()
    assert made["events"] == ["product.updated", "product.created"]


async def test_an_address_without_encryption_is_warned_of(client):
    made = await (await client.post(API, json={"url": "HTTP://example.com/in"})).json()
    assert "unencrypted" in made["warnings"][0]
    assert "unencrypted" in await (await client.get(f"/webhooks/{made['id']}")).text()
    made = await (await client.post(API, json={"url": "https://example.com/in"})).json()
    assert made["warnings"] == []
    assert "unencrypted" not in await (await client.get(f"/webhooks/{made['id']}")).text()


async def test_what_was_logged_before_headers_were_hidden_is_hidden(client, importer, receiver):
    made = await (await client.post(API, json={"url": receiver.url})).json()
    for _ in range(2):
        await client.post(made["links"]["self"] + "/test")
    request = {
        "Content-Type": "application/json",
        "User-Agent": "Product-Importer",
        "webhook-id": "msg_1",
        "webhook-signature": "(hidden)",
        "X-Api-Key": "sekrit-123",
        "Authorization": 'Bearer to"ken',
    }
    response = {"Content-Length": "9", "Set-Cookie": "a=b", "X-Echo": "it was sekrit-123"}
    answer = 'X-Api-Key: sekrit-123, to"ken, {"to\\"ken"}'
    migration = Path(endpoints.__file__).parent / "migrations" / "0002_hidden_headers.sql"
    async with importer.connection() as connection:
        untouched = await connection.fetchrow("SELECT * FROM webhook_attempts ORDER BY at DESC LIMIT 1")
        await connection.execute(
            "UPDATE webhook_attempts SET request = $1, response = $2, answer = $3"
            " WHERE at = (SELECT min(at) FROM webhook_attempts)",
            json.dumps(request),
            json.dumps(response),
            answer,
        )
        for _ in range(2):
            await connection.execute(migration.read_text())
        found, same = await connection.fetch("SELECT * FROM webhook_attempts ORDER BY at")

    assert json.loads(found["request"]) == request | {"X-Api-Key": "(hidden)", "Authorization": "(hidden)"}
    assert json.loads(found["response"]) == {
        "Content-Length": "9",
        "Set-Cookie": "(hidden)",
        "X-Echo": "it was (hidden)",
    }
    assert found["answer"] == 'X-Api-Key: (hidden), (hidden), {"(hidden)"}'
    assert same == untouched


async def test_under_a_short_secret_key_webhooks_go_on_but_none_is_the_first(client, receiver, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2")

    refused = await client.post(API, json={"url": receiver.url})

    assert (refused.status, (await refused.json())["code"]) == (503, "settings")
    with monkeypatch.context() as before:  # as an earlier version had it
        before.setattr(vault, "SHORTEST_KEY", 1)
        created = await add(client, receiver)
    assert (await client.post(created["links"]["self"] + "/test")).status == 200
    for path in (API, "/webhooks", f"/webhooks/{created['id']}", "/", "/metrics"):
        assert (await client.get(path)).status == 200, path
    await add(client, receiver)


async def test_where_secrets_can_not_be_read_it_is_no_fault_of_ours(client, receiver, monkeypatch):
    await add(client, receiver)
    monkeypatch.setenv("SECRET_KEY", "another" * 5)

    listed = await client.get(API)

    assert (listed.status, (await listed.json())["code"]) == (503, "settings")
    assert (await client.get("/webhooks")).status == 503
