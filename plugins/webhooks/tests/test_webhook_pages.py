"""The pages, as a browser without scripts uses them."""

import re

from aiohttp import web
from receiver import until

from product_importer.product import ProductDraft

HTML = {"Accept": "text/html"}


async def page(client, path, status=200):
    response = await client.get(path, headers=HTML)
    assert response.status == status
    return await response.text()


async def send(client, path, **fields):
    response = await client.post(path, data=fields, headers=HTML)
    return response, await response.text()


FORM = {
    "description": "",
    "sku_prefix": "",
    "source": "any",
    "mode": "batch",
    "values": "none",
    "timeout_seconds": "5",
    "concurrency": "4",
    "rate_limit": "",
    "headers": "",
    "enabled": "on",
}


async def test_from_nothing_to_a_tested_webhook(client, receiver):
    assert "Add the first webhook" in await page(client, "/webhooks")
    assert 'aria-current="page">Webhooks' in await page(client, "/webhooks/new")

    response, text = await send(client, "/webhooks", url=receiver.url, **FORM)

    assert response.status == 200
    (secret,) = re.findall(r'id="secret">(whsec_[\w+/=]+)<', text)
    receiver.secrets = [secret]
    assert "whsec_" not in await page(client, "/webhooks/1")
    _, text = await send(client, "/webhooks/1/test")
    assert "The test arrived" in text
    assert "<dd>200</dd>" in text
    assert " ms</dd>" in text
    assert "thanks" in text
    assert "1 × test" in text
    (path,) = re.findall(r'<a href="(/webhooks/1/deliveries/[\w-]{36})">The test in the log', text)
    assert "webhook-signature: (hidden)" in await page(client, path)
    assert len(receiver.requests) == 1


async def test_a_form_that_cannot_be_saved_keeps_what_was_typed(client):
    response, text = await send(
        client, "/webhooks", **FORM | {"url": "nowhere", "headers": "<b>", "rate_limit": "many"}
    )

    assert response.status == 422
    assert "Give a whole number." in text
    assert "Write each header as Name: value" in text
    assert 'value="nowhere"' in text
    assert "&lt;b&gt;" in text
    response, text = await send(client, "/webhooks", **FORM | {"url": "nowhere"})
    assert response.status == 422
    assert "Write a URL that begins with https://" in text


async def test_editing_disabling_and_deleting(client, hooks, receiver):
    await send(client, "/webhooks", url=receiver.url, **FORM | {"headers": "X-Key: s3cret"})
    text = await page(client, "/webhooks/1/edit")
    assert "X-Key: (unchanged)" in text
    assert "s3cret" not in text

    response, _ = await send(
        client,
        "/webhooks/1/edit",
        url=receiver.url,
        **FORM
        | {"mode": "single", "headers": "X-Key: (unchanged)", "events": "product.created"}
        | {"source": "imports", "ordered": "on"},
    )

    assert response.url.path == "/webhooks/1"
    endpoint = await hooks.endpoints.get(1)
    assert endpoint.draft.headers == {"X-Key": "s3cret"}
    assert (endpoint.draft.mode, endpoint.draft.events) == ("single", ("product.created",))
    assert (endpoint.draft.source, endpoint.draft.ordered) == ("imports", True)
    text = await page(client, "/webhooks/1")
    assert "One event each, ordered by product" in text
    assert "Only those that imports make" in text
    text = await page(client, "/webhooks/1/edit")
    assert '<option value="imports" selected>' in text
    assert re.search(r'id="ordered"[^>]* checked>', text)
    response, text = await send(client, "/webhooks/1/edit", url="x", **FORM)
    assert response.status == 422
    _, text = await send(client, "/webhooks/1/switch", enabled="false")
    assert "Disabled" in text
    _, text = await send(client, "/webhooks/1/switch", enabled="true")
    assert "Nothing sent yet" in text
    _, text = await send(client, "/webhooks/1/rotate")
    assert "whsec_" in text
    assert "It gets nothing more" in await page(client, "/webhooks/1/delete")
    response, text = await send(client, "/webhooks/1/delete")
    assert response.url.path == "/webhooks"
    assert "Add the first webhook" in text
    await page(client, "/webhooks/1", 404)


async def test_the_log_shows_each_attempt_and_sends_again(client, importer, hooks, receiver):
    async def gone(request):
        return web.Response(status=410, text="<i>go away</i>")

    await send(client, "/webhooks", url=receiver.url, **FORM)
    receiver.answers = [gone]
    async with hooks.relaying():
        await importer.catalogue.create(ProductDraft(sku="T", name="Tea"), actor="user:1")

        async def disabled():
            return not (await hooks.endpoints.get(1)).draft.enabled

        await until(disabled, "it was disabled")
        text = await page(client, "/webhooks/1")
        assert "It was disabled. It answered 410: it wants no more webhooks." in text
        assert "Send again the 1 given up" in text
        (path,) = set(re.findall(r"/webhooks/1/deliveries/[\w-]{36}", text))
        text = await page(client, path)
        assert "&lt;i&gt;go away&lt;/i&gt;" in text
        assert "webhook-signature: (hidden)" in text
        await send(client, "/webhooks/1/switch", enabled="true")
        _, text = await send(client, "/webhooks/1/replay", state="failed")
        assert "1 delivery will be sent again." in text

        async def settled():
            return await hooks.states(await hooks.endpoints.get(1)) == {"delivered": 1}

        await until(settled, "it came again")
        await send(client, f"{path}/replay")
        await until(lambda: len(receiver.requests) == 3, "it came once more")

    assert len(set(receiver.ids)) == 1
    assert len({body for _, body in receiver.requests}) == 1


async def test_the_dashboard_has_a_panel(client, receiver, hooks):
    assert "Add one</a> to tell another program" in await page(client, "/dashboard")
    await send(client, "/webhooks", url=receiver.url, **FORM)
    text = await page(client, "/dashboard")
    assert receiver.url in text
    assert "Attempts of the last day: none." in text
    await send(client, "/webhooks/1/test")
    text = await page(client, "/dashboard")
    assert "Healthy" in text
    assert "Attempts of the last day: success 1." in text


async def plain(client, path, **fields):
    response = await client.post(path, data=fields, headers=HTML, allow_redirects=False)
    assert response.status == 303
    return response


async def test_loading_again_repeats_nothing(client, hooks, receiver):
    """A receiver would be locked out by a second new secret, which nobody has seen."""
    response = await plain(client, "/webhooks", url=receiver.url, **FORM)
    assert response.headers["Location"] == "/webhooks/1"
    (first,) = re.findall(r'id="secret">(whsec_[\w+/=]+)<', await page(client, "/webhooks/1"))
    assert first not in await page(client, "/webhooks/1")
    assert len(await hooks.endpoints.all()) == 1

    assert "Make a new secret" in await page(client, "/webhooks/1/rotate")
    response = await plain(client, "/webhooks/1/rotate")
    assert response.headers["Location"] == "/webhooks/1"
    (second,) = re.findall(r'id="secret">(whsec_[\w+/=]+)<', await page(client, "/webhooks/1"))
    assert second != first
    assert "whsec_" not in await page(client, "/webhooks/1")

    receiver.secrets = [first, second]
    response = await plain(client, "/webhooks/1/test")
    assert "The test arrived" in await page(client, "/webhooks/1")
    assert "The test arrived" not in await page(client, "/webhooks/1")
    assert len(receiver.requests) == 1
    await plain(client, "/webhooks/1/replay", state="failed")
    await plain(client, "/webhooks/1/switch", enabled="false")
    await plain(client, "/webhooks/1/delete")


async def test_a_secret_travels_sealed_and_is_forgotten(client, receiver):
    response = await plain(client, "/webhooks", url=receiver.url, **FORM)
    cookie = response.cookies["webhook-notice"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/webhooks/1")
    assert 0 < int(cookie["max-age"]) <= 300
    assert "whsec" not in str(response.headers)
    sealed = {"Cookie": f"webhook-notice={cookie.value}"}
    await plain(client, "/webhooks", url=receiver.url, **FORM)
    client.session.cookie_jar.clear()

    altered = {"Cookie": f"webhook-notice={cookie.value[:-8]}AAAAAAA="}
    for path, headers in (("/webhooks/1", altered), ("/webhooks/2", sealed)):
        response = await client.get(path, headers=HTML | headers)
        assert response.status == 200
        assert "whsec_" not in await response.text()
    response = await client.get("/webhooks/1", headers=HTML | sealed)
    assert "whsec_" in await response.text()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.cookies["webhook-notice"]["max-age"] == "0"


async def test_a_test_that_was_answered_with_a_failure_did_arrive(client, receiver):
    async def broken(request):
        return web.Response(status=500, text="out of order")

    await send(client, "/webhooks", url=receiver.url, **FORM)
    receiver.answers = [broken]
    _, text = await send(client, "/webhooks/1/test")
    assert "The test arrived, but was answered 500" in text
    assert "did not arrive" not in text
    assert "Failing" in text
    assert "Nothing sent yet" not in text
    for path in ("/webhooks", "/dashboard"):
        assert "Failing" in await page(client, path)
    _, text = await send(client, "/webhooks/1/test")
    assert "Healthy" in text
