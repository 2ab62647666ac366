"""From a file to the products: dropped, looked at, imported, watched, whatever happens meanwhile."""

import asyncio
import re
from decimal import Decimal

import pytest
import redis.asyncio
from importing import PASTE, adds_up, bar, choose_slow, counts, drop, percent, press_import
from wire import wire_to

from halfway import Watch, catalogue_file, until
from product_importer.model import ImportOptions, Status

expect = pytest.importorskip("playwright.async_api").expect

CSV = 'Kennung,Title,Price,Colour\nA-1,Apple,1.50,red\nA-2,Banana,"2,00",yellow\nA-3,Cherry,3,red\n'
SLOW = {"REHEARSAL_SAVE": "0.15"}


async def test_the_values_of_a_column_are_set_and_shown_as_they_will_be(page, shop):
    rows = "sku,name,price,size,label\nA-1,,2.50 each,3x4,Tea\nA-2,Cup,n. a.,5x6,Mug\n"
    await drop(page, "sizes.csv", rows)
    card = page.get_by_role("region", name="sizes.csv", exact=True)
    await expect(card).to_contain_text("2 of the first 2 rows would be rejected")

    sheet = page.get_by_role("dialog", name="Values of price")
    await card.get_by_role("button", name="Values of price").click()
    await sheet.get_by_label("Replace the text").fill(" each")
    await sheet.get_by_label("Currency").fill("EUR")
    await sheet.get_by_label("Words for a blank cell").fill("n. a.")
    await expect(sheet.get_by_label("Words for active")).to_be_hidden()
    await sheet.get_by_role("button", name="Apply").click()
    await expect(card.get_by_role("cell", name="2.50", exact=True)).to_be_visible()
    await expect(card.get_by_role("cell", name="n. a. → blank")).to_be_visible()

    await card.get_by_role("button", name="Values of size").click()
    sheet = page.get_by_role("dialog", name="Values of size")
    await sheet.get_by_label("Split at").fill("x")
    await sheet.get_by_label("into the columns").fill("Width, Height")
    await sheet.get_by_role("button", name="Apply").click()
    await expect(card.get_by_role("columnheader", name="Height")).to_be_visible()

    await card.get_by_role("button", name="Values of name").click()
    sheet = page.get_by_role("dialog", name="Values of name")
    await sheet.get_by_label("Fill blank cells from the columns").fill("label")
    await page.keyboard.press("Enter")
    await expect(card).to_contain_text("All rows")

    await card.get_by_role("button", name="Values of size").click()
    await expect(page.get_by_label("into the columns")).to_have_value("Width, Height")
    await page.get_by_role("button", name="Cancel").click()
    await expect(card).to_contain_text("Uploaded")
    await press_import(page)

    await expect(page.locator("#status")).to_have_text("Completed")
    product = await shop.product("a-1")
    assert (product["name"], product["price"]) == ("Tea", Decimal("2.50"))
    assert product["attributes"] == {"label": "Tea", "size": "3x4", "Width": "3", "Height": "4"}


async def test_from_drop_to_rejected_rows(page, shop, screen):
    await drop(page, "fruit.csv", CSV)
    card = page.get_by_role("region", name="fruit.csv", exact=True)
    await expect(card).to_contain_text("No column is used as SKU. Choose below which one it is.")
    await card.get_by_label("Use Kennung as").select_option("sku")
    await expect(card).to_contain_text("1 of the first 3 rows would be rejected")
    await expect(card).to_contain_text("The price has a comma where the decimal point belongs")
    await expect(card.get_by_label("Use Colour as")).to_have_value("attribute")
    await card.get_by_label("Use Colour as").select_option("ignore")
    await expect(card).to_contain_text("Uploaded")
    await expect(card).to_contain_text("1 of the first 3 rows would be rejected")

    await press_import(page)

    await expect(bar(page)).to_have_attribute("aria-valuenow", "100")
    await expect(page.locator("#status")).to_have_text("Completed")
    numbers = await counts(page)
    assert (numbers["rows_read"], numbers["created"], numbers["rows_rejected"]) == (3, 2, 1)
    assert adds_up(numbers)
    row = page.locator(".rejects tbody tr")
    await expect(row).to_contain_text("The price has a comma")
    await expect(row.locator("td").first).to_have_text("3")
    await row.get_by_text("Cells").click()
    await expect(row.locator(".cells")).to_contain_text("Banana")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download the rejected rows as CSV").click()
    saved = await (await downloading.value).path()
    header, *rows = (await asyncio.to_thread(saved.read_text)).splitlines()
    added = r"line,record,column,code,message,import \d+ \([0-9a-f]{8}\)"
    assert re.fullmatch("Kennung,Title,Price,Colour," + added, header)
    assert rows == [
        (
            'A-2,Banana,"2,00",yellow,3,2,Price,price_decimal_comma,'
            "The price has a comma where the decimal point belongs. "
            "Write a plain number such as 1299.50 or import the whole file with --decimal comma.,"
        )
    ]
    products = await shop.products()
    assert {key: product["attributes"] for key, product in products.items()} == {"a-1": {}, "a-3": {}}


async def test_several_files_and_options(page, shop):
    await page.evaluate(PASTE, "sku\tname\nP-1\tPasted\n")
    await expect(page.get_by_role("region", name="pasted.csv", exact=True)).to_contain_text("Uploaded")
    await page.locator("#file").set_input_files(
        [shop.file("sku,name\nF-1,First\n", "one.csv"), shop.file("sku;name\nF-1;Second\n", "two.csv")]
    )
    await expect(page.get_by_text("Uploaded", exact=True)).to_have_count(3)
    await expect(page.get_by_label("Cells separated by").nth(2).locator("option").first).to_have_text(
        "Detected: semicolon"
    )
    await page.get_by_role("button", name="Remove two.csv").click()
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.locator("#toasts")).to_contain_text("2 imports begun.")
    await expect(page.locator('#recent [data-status="completed"]')).to_have_count(2)
    assert set(await shop.products()) == {"p-1", "f-1"}
    assert await page.evaluate("localStorage.length && localStorage['product-importer uploads']") == "{}"


async def test_what_can_not_be_read_is_told_at_once(page):
    await drop(page, "nothing.csv", "")
    await expect(page.get_by_role("alert")).to_contain_text("empty", ignore_case=True)
    await page.get_by_role("button", name="Remove nothing.csv").click()
    await drop(page, "photo.csv", "a\0b\0\x01\x02" * 50)
    await expect(page.get_by_role("alert")).not_to_be_empty()


async def test_a_file_that_would_be_refused_can_not_be_imported(page, shop):
    """Until a choice mends it. The reason stands beside the buttons."""
    buttons = [page.get_by_role("button", name=name, exact=True) for name in ("Import", "Preview changes")]

    async def refused(because):
        for button in buttons:
            await expect(button).to_be_disabled()
            await expect(button).to_have_accessible_description(because)

    async def allowed():
        for button in buttons:
            await expect(button).to_be_enabled()
            await expect(button).to_have_accessible_description("")

    await drop(page, "fruit.csv", CSV)
    await refused("fruit.csv can't be imported: no column is used as SKU.")
    await page.get_by_label("Use Kennung as").select_option("sku")
    await allowed()
    await page.get_by_label("Use Title as").select_option("ignore")  # a file without names updates products
    await allowed()
    await page.get_by_label("Use Title as").select_option("name")
    await drop(page, "nothing.csv", "")
    await refused("nothing.csv can't be imported: see above what is wrong with it.")
    await page.get_by_role("button", name="Remove nothing.csv").click()
    await allowed()
    await press_import(page)
    await expect(page.locator("#status")).to_have_text("Completed")


async def test_without_a_preview_a_file_can_be_imported(page, shop, complaints):
    complaints.expected = ["ERR_FAILED"]
    await page.route("**/api/v1/previews*", lambda route: route.abort())
    await drop(page, "fruit.csv", "sku,name\nA-1,Apple\n")
    await expect(page.get_by_role("alert")).not_to_be_empty()
    await expect(page.get_by_role("button", name="Preview changes")).to_be_enabled()
    await press_import(page)
    await expect(page.locator("#status")).to_have_text("Completed")


async def test_a_lost_connection_forgets_that_a_file_was_refused(page, complaints):
    complaints.expected = ["ERR_FAILED"]
    await drop(page, "fruit.csv", CSV)
    button = page.get_by_role("button", name="Import", exact=True)
    await expect(button).to_be_disabled()
    await page.route("**/api/v1/previews*", lambda route: route.abort())
    await page.get_by_label("Use Kennung as").select_option("sku")
    await expect(button).to_be_enabled()


async def test_without_scripts(site, open_tab, shop, import_ended):
    async with open_tab(site.url, java_script_enabled=False) as page:
        await page.locator("#file").set_input_files(shop.file("sku,name\nX,Cup\n", "cups.csv"))
        import_id = await press_import(page)
        assert (await import_ended(import_id)).counts.created == 1
        await page.reload()
        await expect(page.get_by_text("Completed")).to_be_visible()


async def test_by_keyboard_alone(page, shop):
    # From the start: nobody says when the browser has begun to look out for it, and Enter doesn't wait.
    async with page.expect_file_chooser() as choosing:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.locator("#file")).to_be_focused()
        await page.keyboard.press("Enter")
    await (await choosing.value).set_files(shop.file("sku,name\nX,Cup\n", "cups.csv"))
    await expect(page.get_by_label("Use name as")).to_be_visible()
    button = page.get_by_role("button", name="Import", exact=True)
    while not await button.evaluate("button => button === document.activeElement"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#status")).to_have_text("Completed")


async def test_preview_then_apply(page, shop, import_ended):
    await shop.run("sku,name\nA-1,Old\n")
    await drop(page, "fruit.csv", "sku,name\nA-1,New\nA-2,Other\n")
    await page.get_by_role("button", name="Preview changes").click()
    await page.wait_for_url("**/imports/*")
    await expect(page.get_by_text("This was a preview: nothing has been changed.")).to_be_visible()
    numbers = await counts(page)
    assert (numbers["created"], numbers["updated"]) == (1, 1)
    assert (await shop.product("a-1"))["name"] == "Old"
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert (await shop.product("a-1"))["name"] == "New"


async def test_a_preview_is_done_again_with_another_use_of_a_column(page, shop, import_ended):
    await shop.run("sku,name,price\nA-1,Apple,9\n")
    await drop(page, "fruit.csv", "sku,name,price,Trade price\nA-1,Apple,1.50 each,1.00\n")
    card = page.get_by_role("region", name="fruit.csv", exact=True)
    await card.get_by_role("button", name="Values of price", exact=True).click()
    await page.get_by_label("Replace the text").fill(" each")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_text("Options", exact=True).click()
    await page.get_by_label("Columns that are no field of a product").select_option("ignore")
    await page.get_by_role("button", name="Preview changes").click()
    await expect(page.locator("table.plan")).to_contain_text("1.50")

    await page.get_by_role("link", name="Preview again").click()
    await expect(card.get_by_role("cell", name="1.50", exact=True)).to_be_visible()
    await expect(page.get_by_label("Columns that are no field of a product")).to_have_value("ignore")
    await card.get_by_role("button", name="Values of price", exact=True).click()
    await expect(page.get_by_role("dialog")).to_contain_text('So far: replace: " each". Apply replaces this.')
    await page.get_by_role("button", name="Cancel").click()
    await card.get_by_label("Use price as").select_option("ignore")
    await card.get_by_label("Use Trade price as").select_option("price")
    await expect(card).to_contain_text("All rows")
    await page.get_by_label("Remember this for files with these columns").fill("Fruit")
    await page.get_by_role("button", name="Preview changes").click()

    await page.wait_for_url("**/imports/3")
    await expect(page.locator("table.plan")).to_contain_text("1.00")
    importer = await shop.importer()
    assert (await importer.imports.state(2)).status is Status.CANCELLED
    await expect(page.get_by_label("remember how the file is read")).to_have_value("Fruit")
    assert await importer.profiles.list() == []
    await page.get_by_role("button", name="Apply").click()
    assert (await import_ended(3)).counts.updated == 1
    assert (await shop.product("a-1"))["price"] == Decimal("1.00")
    profile = await importer.profiles.get("Fruit")
    assert (profile.profile.map["Trade price"], profile.profile.extra) == ("price", "ignore")


async def test_a_preview_is_discarded(page, shop):
    importer = await shop.importer()
    number = (await importer.run(CSV.encode(), ImportOptions(map={"Kennung": "sku"}, dry_run=True))).id
    await page.goto(re.sub(r"/[^/]*$", f"/imports/{number}", page.url))
    await page.get_by_role("button", name="Discard").click()
    await expect(page.locator("#outcome")).to_contain_text("The plan was discarded. Nothing was changed.")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("#status")).to_have_text("Previewed")


async def test_a_killed_worker_in_the_middle(serve, open_tab, shop, import_ended):
    site = await serve(**SLOW)
    content = catalogue_file(1_000, version=1)
    async with open_tab(site.url) as page:
        await page.locator("#file").set_input_files(shop.file(content, "many.csv"))
        await choose_slow(page)
        import_id = await press_import(page)
        await Watch(shop).chunks(3)
        before = await percent(page)
        site.worker().kill()
        seen = [before]
        while seen[-1] < 100:
            seen.append(await percent(page))
            await page.wait_for_timeout(20)
        assert seen == sorted(seen)
        await expect(page.locator("#status")).to_have_text("Completed")
        assert adds_up(await counts(page))
    assert (await import_ended(import_id)).counts.read == len(content.splitlines()) - 1


async def test_a_flushed_redis_in_the_middle(serve, open_tab, shop, redis_url):
    site = await serve(**SLOW)
    async with open_tab(site.url) as page:
        await page.locator("#file").set_input_files(shop.file(catalogue_file(600, version=1), "many.csv"))
        await choose_slow(page)
        await press_import(page)
        await Watch(shop).chunks(2)
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            await client.flushall()
        await expect(page.locator("#status")).to_have_text("Completed")
        assert await percent(page) == 100
        # and the next one begins, though nobody told the new Redis anything
        await page.goto(site.url)
        await drop(page, "few.csv", "sku,name\nX,Y\n")
        await press_import(page)
        await expect(page.locator("#status")).to_have_text("Completed")


SHIFTS = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: false });
}"""

TRACK = """bar => ({
    read: Number(bar.dataset.read),
    drawn: parseFloat(getComputedStyle(bar).backgroundSize),
    saved: Number(bar.getAttribute("aria-valuenow")),
    words: bar.getAttribute("aria-valuetext"),
    pace: document.getElementById("pace").textContent,
    title: document.title,
    counted: ["rows_read", "rows_rejected", "rows_pending", "created"].map(
        (name) => Number(document.querySelector(`[data-count="${name}"]`).textContent.replaceAll(",", "")),
    ),
})"""


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
async def test_the_bar_moves_while_the_file_is_read(serve, open_tab, shop, width, scheme):
    site = await serve(REHEARSAL_READ="0.2", REHEARSAL_SAVE="0.05")
    axe = pytest.importorskip("axe_playwright_python.async_playwright")
    async with open_tab(site.url, width=width, height=800, color_scheme=scheme) as page:
        long = catalogue_file(800, version=1).replace("Text", "Long text " * 500)  # of many blocks
        await page.locator("#file").set_input_files(shop.file(long, "many.csv"))
        await choose_slow(page)
        await press_import(page)
        await expect(page.locator("#pace")).to_contain_text("% read")
        await page.evaluate(SHIFTS)
        seen = []
        checked = None
        while await page.locator("#phase").text_content() == "Reading and checking the file":
            seen.append(await bar(page).evaluate(TRACK))
            if checked is None and seen[-1]["read"] > 30:
                checked = await axe.Axe().run(page)
            await page.wait_for_timeout(50)
        reading = [each for each in seen if "% read" in each["pace"]]
        assert {each["saved"] for each in reading} == {0}
        reads = [each["read"] for each in reading]
        assert reads == sorted(reads)
        assert len(set(reads)) > 4
        for each in reading:
            assert each["drawn"] == each["read"]
            assert each["words"] == f"0 % saved, {each['read']} % of the file read"
            assert each["pace"].startswith(f"{each['read']} % read")
            assert each["title"].startswith(f"Reading: {each['read']} % ")
            rows, rejected, pending, created = each["counted"]
            assert (pending, created) == (rows - rejected, 0)
        for counted in (0, 1):
            numbers = [each["counted"][counted] for each in reading]
            assert numbers == sorted(numbers)
            assert len(set(numbers)) > 4
        assert "left" in reading[-1]["pace"]
        assert checked.response["violations"] == []

        await expect(page.locator("#pace")).to_contain_text("rows/s")
        assert await bar(page).get_attribute("aria-valuetext") is None
        assert await page.evaluate("window.shifted") < 0.001
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.locator("#status")).to_have_text("Cancelled")
        saved = await percent(page)
        await page.get_by_role("button", name="Go on").click()
        await expect(page.locator("#pace")).to_contain_text("% read")
        again = await bar(page).evaluate(TRACK)
        assert again["saved"] == saved > 0
        assert again["words"].startswith(f"{saved} % saved, ")
        await expect(page.locator("#status")).to_have_text("Completed")


async def test_cancel_and_go_on(serve, open_tab, shop):
    site = await serve(**SLOW)
    async with open_tab(site.url) as page:
        await page.locator("#file").set_input_files(shop.file(catalogue_file(1_000, version=1), "many.csv"))
        await choose_slow(page)
        await press_import(page)
        await Watch(shop).chunks(2)
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.locator("#status")).to_have_text("Cancelled")
        await expect(page.locator("#outcome")).to_contain_text("Saved so far")
        numbers = await counts(page)
        assert numbers["rows_pending"] > 0
        assert adds_up(numbers)
        saved = await percent(page)
        await page.get_by_role("button", name="Go on").click()
        await expect(page.locator("#status")).to_have_text("Completed")
        assert 0 < saved < 100
        assert adds_up(await counts(page))


async def test_a_failed_import_says_why_and_can_be_tried_again(page, shop):
    await drop(page, "fruit.csv", "sku,name,price\nA,Apple,1\nB,Banana,dear\n")
    await page.get_by_text("Options", exact=True).click()
    await page.get_by_label("A row that can't be imported").select_option("abort")
    await press_import(page)
    await expect(page.locator("#status")).to_have_text("Failed")
    await expect(page.locator("#outcome")).to_contain_text("Nothing was changed.")
    await expect(page.locator(".rejects tbody tr")).to_have_count(1)
    actions = ["Download the file", "Import another file", "Retry"]
    await expect(page.locator("#actions .btn")).to_have_text(actions)
    await page.get_by_role("button", name="Retry").click()
    await expect(page.locator("#outcome")).to_contain_text("The import has failed.")
    assert await shop.products() == {}


async def test_a_lost_connection_is_told_and_comes_back(line, address, open_tab, shop, complaints):
    complaints.expected = ["WebSocket connection", "ERR_CONNECTION"]
    web = line.start("web", "--port", "0")
    url = await address(web)
    line.start("worker", **SLOW)
    async with open_tab(url) as page:
        await page.locator("#file").set_input_files(shop.file(catalogue_file(1_000, version=1), "many.csv"))
        await choose_slow(page)
        await press_import(page)
        await Watch(shop).chunks(2)
        web.kill()
        await expect(page.locator("#connection")).to_contain_text("The connection is lost")
        assert await address(line.start("web", "--port", url.rsplit(":", 1)[1])) == url
        await expect(page.locator("#connection")).to_be_empty()
        await expect(page.locator("#status")).to_have_text("Completed")
        assert await percent(page) == 100


async def received(shop):
    return await shop.connection.fetchval("SELECT received FROM uploads") or 0


async def test_an_upload_goes_on_after_a_cut_wire_and_a_reload(site, open_tab, shop, complaints):
    complaints.expected = ["ERR_"]
    path = shop.file(catalogue_file(300_000, version=1), "large.csv")
    size = path.stat().st_size

    async def more_than(count):
        await until(lambda: more(count), f"{count} bytes had arrived")

    async def more(count):
        return await received(shop) > count

    async with wire_to(site.url) as wire, open_tab(wire.url) as page:
        card = page.get_by_role("region", name="large.csv", exact=True)
        wire.allow(size // 4)
        await page.locator("#file").set_input_files(path)
        await expect(card).to_contain_text("Uploading")
        await expect(card.get_by_label("Use sku as")).to_have_value("sku")  # shown long before the end
        wire.cut()
        await expect(card).to_contain_text("The upload was interrupted. It goes on as soon as it can.")
        await more_than(0)
        first = await received(shop)
        wire.mend()
        wire.allow(size // 4)
        await wire.used_up()

        await page.reload()
        await expect(card).to_contain_text("Choose the same file again to go on")
        await more_than(first)
        assert await received(shop) < size
        wire.allow(2 * size)
        async with page.expect_file_chooser() as choosing:
            await card.get_by_role("button", name="Choose the file again").click()
        await (await choosing.value).set_files(path)
        await expect(card).to_contain_text("Uploaded")
        assert await shop.connection.fetchval("SELECT count(*) FROM uploads") == 1
        assert await received(shop) == size

        await page.reload()  # all of it is there: nothing has to be chosen again
        await expect(card).to_contain_text("Uploaded")
        await expect(card.get_by_label("Use sku as")).to_have_value("sku")
        await card.get_by_role("button", name="Remove large.csv").click()

        async def gone():
            return not await shop.connection.fetchval("SELECT count(*) FROM uploads")

        await until(gone, "the upload was removed")
