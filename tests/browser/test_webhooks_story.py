"""A person adds a webhook, tries it, imports a file, and the receiver has every event."""

import json

import pytest
from aiohttp import web
from importing import drop, press_import
from standardwebhooks import Webhook

from halfway import until

pytest.importorskip("product_importer_webhooks")
expect = pytest.importorskip("playwright.async_api").expect
axe = pytest.importorskip("axe_playwright_python.async_playwright")

NOTHING_WIDER = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


class Receiver:
    """Verifies every request with the public library."""

    def __init__(self):
        self.secret = None
        self.events = []
        self.status = 200
        self.url = ""

    async def take(self, request):
        body = await request.read()
        document = Webhook(self.secret).verify(body, dict(request.headers))
        assert document == json.loads(body)
        if self.status == 200:
            self.events += document["events"]
        return web.Response(status=self.status, text="thanks" if self.status == 200 else "out of order")


@pytest.fixture
async def receiver():
    receiver = Receiver()
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def webhooks_site(serve):
    return await serve(PRODUCT_IMPORTER_WEBHOOKS_ALLOW="127.0.0.0/8", SECRET_KEY="tests only: " + "k" * 40)


@pytest.fixture(params=[(360, "dark"), (1440, "light")], ids=str)
async def page(webhooks_site, open_tab, request):
    width, scheme = request.param
    async with open_tab(
        f"{webhooks_site.url}/webhooks", width=width, height=800, color_scheme=scheme, reduced_motion="reduce"
    ) as page:
        yield page


async def is_fine(page, name):
    found = await axe.Axe().run(page)
    wrong = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]]
    assert wrong == [], name
    assert await page.evaluate(NOTHING_WIDER), f"{name} is wider than the screen"


async def press(page, name):
    await page.get_by_role("button", name=name, exact=True).click()


async def test_from_the_address_to_every_event(page, webhooks_site, receiver, complaints):
    complaints.expected = ["status of 422"]
    await is_fine(page, "no webhooks yet")
    await page.get_by_role("link", name="Add webhook").click()
    await page.get_by_label("Address").fill("nowhere")
    await is_fine(page, "the form")
    await press(page, "Save")
    await expect(page.get_by_text("Write a URL that begins with")).to_be_visible()
    await is_fine(page, "a form that can't be saved")
    await page.get_by_label("Address").fill(receiver.url)
    await page.get_by_label("Description").fill("The shop's search")
    await page.get_by_label("Ordered by product").check()
    await press(page, "Save")
    receiver.secret = (await page.locator("#secret").text_content()).strip()
    await expect(page.get_by_text("Up to 100 events each, ordered by product")).to_be_visible()
    await is_fine(page, "the secret")
    await page.reload()
    await expect(page.locator("#secret")).to_have_count(0)
    await page.get_by_role("link", name="New secret").click()
    await is_fine(page, "before a new secret")
    await press(page, "Make a new secret")
    receiver.secret = (await page.locator("#secret").text_content()).strip()
    await page.reload()
    await expect(page.locator("#secret")).to_have_count(0)

    await press(page, "Send test")
    await expect(page.get_by_text("The test arrived")).to_be_visible()
    await expect(page.locator("#test")).to_contain_text("200")
    await expect(page.locator("#test")).to_contain_text("thanks")
    await expect(page.get_by_role("row").filter(has_text="1 × test")).to_contain_text("Delivered")
    await is_fine(page, "a test")
    await page.get_by_role("link", name="The test in the log").click()
    await expect(page.get_by_role("heading", name="1 × test")).to_be_visible()
    await is_fine(page, "a test in the log")
    receiver.events.clear()

    await page.goto(f"{webhooks_site.url}/")
    await drop(page, "tea.csv", "sku,name\n" + "".join(f"TEA-{n},Tea {n}\n" for n in range(250)))
    await press_import(page)

    async def all_there():
        return len(receiver.events) >= 251

    await until(all_there, "every event came")
    assert {event["data"].get("sku") for event in receiver.events} == {
        None,
        *(f"TEA-{n}" for n in range(250)),
    }

    await page.goto(f"{webhooks_site.url}/webhooks")
    await expect(page.get_by_text("Healthy")).to_be_visible()
    await is_fine(page, "the list")
    await page.get_by_role("link", name=receiver.url).click()
    await expect(page.get_by_role("row").filter(has_text="Delivered").first).to_be_visible()
    await is_fine(page, "the page of a webhook")
    await page.get_by_role("row").get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="Attempt 1")).to_be_visible()
    await is_fine(page, "a delivery")
    await page.goto(f"{webhooks_site.url}/dashboard")
    await is_fine(page, "the dashboard")


async def test_a_receiver_that_fails_and_is_sent_it_again(page, webhooks_site, receiver, importer):
    await page.get_by_role("link", name="Add webhook").click()
    await page.get_by_label("Address").fill(receiver.url)
    await press(page, "Save")
    receiver.secret = (await page.locator("#secret").text_content()).strip()
    receiver.status = 410
    await press(page, "Send test")
    await expect(page.get_by_text("The test arrived, but was answered 410")).to_be_visible()
    await expect(page.locator("#test")).to_contain_text("out of order")
    await page.goto(f"{webhooks_site.url}/")
    await drop(page, "tea.csv", "sku,name\nTEA-1,Tea\n")
    await press_import(page)
    await page.goto(f"{webhooks_site.url}/webhooks/1")

    async def disabled():
        await page.reload()
        return await page.get_by_text("It was disabled.").is_visible()

    await until(disabled, "it was disabled")
    await is_fine(page, "a disabled webhook")
    receiver.status = 200
    await press(page, "Enable")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Send again the").click()

    async def came():
        return receiver.events

    await until(came, "it came")

    await page.get_by_role("link", name="Delete").click()
    await is_fine(page, "before deleting")
    await press(page, "Delete")
    await expect(page.get_by_role("link", name="Add the first webhook")).to_be_visible()
