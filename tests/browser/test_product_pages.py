"""The list of products, and the page of each: found, changed, selected, deleted, exported."""

import asyncio
import json
import re

import pytest

from halfway import until
from shop import price

expect = pytest.importorskip("playwright.async_api").expect

ROWS = "sku,name,description,price,active,Colour\n" + "".join(
    f"TEA-{n:03},Green tea {n},Harvest {n},{n}.50,{'false' if n % 10 == 0 else 'true'},green\n"
    if n % 2
    else f"CUP-{n:03},Cup {n},For tea,{n}.00,{'false' if n % 10 == 0 else 'true'},white\n"
    for n in range(1, 46)
)


@pytest.fixture
async def listed(shop, site, open_tab):
    """The list, of 45 products."""
    await shop.run(ROWS)
    async with open_tab(f"{site.url}/products") as page:
        yield page


def row(page, sku):
    return page.get_by_role("row").filter(has_text=sku)


async def skus(page):
    return await page.locator("tr[data-sku]").evaluate_all("all => all.map(each => each.dataset.sku)")


async def shows(page, pattern):
    await expect(page.locator('[data-part="summary"]')).to_contain_text(re.compile(pattern))


def toast(page, text):
    return expect(page.locator("#toasts")).to_contain_text(text)


async def test_state_is_in_the_address(listed):
    await shows(listed, r"^\s*45\s+products")
    await listed.get_by_label("Search").press_sequentially("harvest", delay=20)
    await shows(listed, r"23\s+products\s+found")
    await expect(listed.get_by_label("Search")).to_be_focused()
    await listed.get_by_role("link", name="Price").click()
    await expect(listed).to_have_url(re.compile(r"\?search=harvest&sort=price$"))
    await listed.get_by_role("link", name="Price").click()
    await expect(listed).to_have_url(re.compile(r"sort=-price$"))
    await expect(listed.locator("th[aria-sort=descending]")).to_contain_text("Price")
    await expect(listed.locator("tr[data-sku]").first).to_contain_text("TEA-045")
    await listed.get_by_role("link", name="Next").click()
    await expect(listed.locator("tr[data-sku]")).to_have_count(3)
    await listed.get_by_label("Per page").select_option("50")
    await expect(listed.locator("tr[data-sku]")).to_have_count(23)
    address = listed.url
    assert "page_size=50" in address
    assert "&page=" not in address
    await listed.get_by_role("combobox", name="Active").select_option("false")
    await expect(listed.get_by_text("Nothing found")).to_be_visible()

    await listed.go_back()
    await expect(listed.locator("tr[data-sku]")).to_have_count(23)
    assert listed.url == address
    await listed.go_back()
    await expect(listed.locator("tr[data-sku]")).to_have_count(3)
    for _ in range(3):
        await listed.go_back()
    await expect(listed.get_by_label("Search")).to_have_value("harvest")
    await listed.go_back()  # what was typed is one step
    await expect(listed.get_by_label("Search")).to_have_value("")
    await shows(listed, r"^\s*45\s+products")
    await listed.go_forward()
    await expect(listed.get_by_label("Search")).to_have_value("harvest")
    await shows(listed, r"23\s+products\s+found")
    await listed.reload()
    await shows(listed, r"23\s+products\s+found")


async def test_every_filter(listed):
    for label, text, count in (("SKU", "tea-01", 5), ("Name", "cup 1", 5), ("Description", "FOR", 22)):
        await listed.get_by_role("searchbox", name=label).fill(text)
        await shows(listed, rf"\b{count}\s+products?\s+found")
        await listed.get_by_role("searchbox", name=label).fill("")
        await shows(listed, r"^\s*45\s+products")
    await listed.get_by_role("combobox", name="Active").select_option("false")
    await shows(listed, r"\b4\s+products\s+found")


async def test_add_with_errors_first(listed, shop, complaints):
    complaints.expected = ["422", "409"]
    await listed.get_by_role("button", name="Add product").click()
    dialog = listed.get_by_role("dialog", name="Add product")
    await dialog.get_by_label("SKU").fill("NEW-1")
    await dialog.get_by_label("Price").fill("1,5")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator("#fault-name")).not_to_be_empty()
    await expect(dialog.locator("#fault-price")).to_contain_text("comma")
    await expect(dialog.get_by_label("Price")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("Name", exact=True).fill("Something new")
    await dialog.get_by_label("Price").fill("1.5")
    await dialog.get_by_label("SKU").fill("cup-002")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator("#fault-sku")).not_to_be_empty()
    await dialog.get_by_label("SKU").fill("NEW-1")
    await dialog.get_by_role("button", name="Add attribute").click()
    await dialog.get_by_label("Name of the attribute").fill("Colour")
    await dialog.get_by_label("Value of the attribute").fill("blue")
    await dialog.get_by_role("button", name="Add attribute").click()
    await dialog.get_by_label("Name of the attribute").nth(1).fill(" Colour ")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator("#fault-attributes")).to_contain_text("Two attributes are called Colour.")
    await dialog.get_by_role("button", name="Remove the attribute").nth(1).click()
    await dialog.get_by_role("button", name="Save").click()
    await toast(listed, "NEW-1 was added.")
    await expect(row(listed, "NEW-1")).to_be_hidden()  # it is on the last page
    product = await shop.product("new-1")
    assert (product["name"], product["price"]) == ("Something new", price("1.5"))
    assert product["attributes"] == {"Colour": "blue"}


async def test_edit_by_keyboard(listed, shop):
    button = listed.get_by_role("button", name="Edit CUP-002")
    await button.focus()
    await listed.keyboard.press("Enter")
    dialog = listed.get_by_role("dialog", name="Edit product")
    await expect(dialog.get_by_label("SKU")).to_be_focused()
    await expect(dialog.get_by_label("Value of the attribute")).to_have_value("white")
    await listed.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(button).to_be_focused()
    await listed.keyboard.press("Enter")
    await dialog.get_by_label("Name", exact=True).fill("Mug")
    await listed.keyboard.press("Enter")
    await toast(listed, "CUP-002 was saved.")
    await expect(row(listed, "CUP-002")).to_contain_text("Mug")
    assert (await shop.product("cup-002"))["attributes"] == {"Colour": "white"}


async def test_two_people_edit_one_product(listed, open_tab, shop, complaints):
    complaints.expected = ["412"]
    async with open_tab(listed.url) as other:
        for page in (listed, other):
            await page.get_by_role("button", name="Edit CUP-002").click()
        mine, theirs = (page.get_by_role("dialog", name="Edit product") for page in (listed, other))
        await theirs.get_by_label("Name", exact=True).fill("Their cup")
        await theirs.get_by_role("button", name="Save").click()
        await toast(other, "CUP-002 was saved.")

        await mine.get_by_label("Name", exact=True).fill("My cup")
        await mine.get_by_role("button", name="Save").click()
        conflict = mine.get_by_role("region", name="Somebody else has changed this product meanwhile")
        await expect(conflict.get_by_role("row", name="Name Their cup My cup")).to_be_visible()
        assert (await shop.product("cup-002"))["name"] == "Their cup"
        await conflict.get_by_role("button", name="Take theirs").click()
        await expect(mine.get_by_label("Name", exact=True)).to_have_value("Their cup")
        await mine.get_by_label("Name", exact=True).fill("Our cup")
        await mine.get_by_role("button", name="Save").click()
        await toast(listed, "CUP-002 was saved.")

        await other.get_by_role("button", name="Edit CUP-002").click()
        await theirs.get_by_label("Price").fill("7")
        await listed.get_by_role("switch", name="CUP-002 is active").uncheck()

        async def inactive():
            return not (await shop.product("cup-002"))["active"]

        await until(inactive, "it was inactive")
        await theirs.get_by_role("button", name="Save").click()
        await theirs.get_by_role("button", name="Save mine over it").click()
        await expect(theirs).to_be_hidden()  # the toast may still be that of the first time
        await toast(other, "CUP-002 was saved.")
    product = await shop.product("cup-002")
    assert (product["name"], product["price"]) == ("Our cup", price("7"))


async def test_toggle_in_place(listed, shop, complaints):
    complaints.expected = ["412"]
    switch = listed.get_by_role("switch", name="CUP-002 is active")
    for wanted in (False, True, False):
        await switch.set_checked(wanted)

        async def so():
            return (await shop.product("cup-002"))["active"] is wanted  # noqa: B023 - awaited at once

        await until(so, "it was stored")
    await shop.run("sku,name\nCUP-002,Changed by an import\n")
    await switch.click()
    await expect(listed.get_by_role("alert")).to_contain_text("changed")
    await expect(row(listed, "CUP-002")).to_contain_text("Changed by an import")
    await expect(switch).not_to_be_checked()


async def test_select_and_delete(listed, shop):
    await listed.get_by_label("Select CUP-002").check()
    await listed.get_by_label("Select CUP-004").check()
    await expect(listed.get_by_text("2 selected")).to_be_visible()
    await listed.get_by_role("button", name="Deactivate").click()
    await toast(listed, "2 products deactivated.")
    await listed.get_by_label("Select all on this page").check()
    await expect(listed.get_by_text("20 selected")).to_be_visible()
    await listed.get_by_role("button", name="Activate", exact=True).click()
    await toast(listed, "products activated.")
    await listed.get_by_label("Select CUP-006").check()
    await listed.get_by_label("Select CUP-008").check()
    await listed.get_by_role("button", name="Delete", exact=True).click()
    dialog = listed.get_by_role("dialog", name="Delete 2 products?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(listed.get_by_text("2 selected")).to_be_visible()
    await listed.get_by_role("button", name="Delete", exact=True).click()
    await dialog.get_by_role("button", name="Delete").click()
    await toast(listed, "2 products deleted.")
    await listed.get_by_role("button", name="Delete CUP-010").click()
    await listed.get_by_role("dialog", name="Delete CUP-010?").get_by_role("button", name="Delete").click()
    await toast(listed, "CUP-010 was deleted.")
    assert {"cup-006", "cup-008", "cup-010"}.isdisjoint(await shop.products())
    await shows(listed, r"^\s*42\s+products")


async def test_delete_all(listed, shop, complaints):
    complaints.expected = ["409"]
    await listed.get_by_role("button", name="Delete all products…").click()
    await (
        listed.get_by_role("dialog", name="Delete all 45 products?")
        .get_by_role("button", name="Continue")
        .click()
    )
    dialog = listed.get_by_role("dialog", name="Really all of them?")
    delete = dialog.get_by_role("button", name="Delete all products")
    number = dialog.get_by_role("textbox")
    await number.fill("44")
    await expect(delete).to_be_disabled()
    await shop.run("sku,name\nONE-MORE,One more\n")
    await number.fill("45")
    await delete.click()
    await expect(dialog.get_by_role("alert")).to_contain_text("There are 46 products, not 45.")
    await expect(delete).to_be_disabled()
    await number.fill("46")
    await listed.keyboard.press("Enter")
    await toast(listed, "46 products deleted.")
    await expect(listed.get_by_role("heading", name="No products yet")).to_be_visible()
    assert await shop.products() == {}


async def downloaded(page, dialog):
    async with page.expect_download() as downloading:
        await dialog.get_by_role("button", name="Download").click()
    download = await downloading.value
    return download.suggested_filename, await asyncio.to_thread((await download.path()).read_bytes)


async def test_export_of_what_is_filtered(listed, complaints):
    await listed.get_by_role("searchbox", name="SKU").fill("tea-00")
    await shows(listed, r"\b5\s+products\s+found")
    dialog = listed.get_by_role("dialog", name="Export")
    await listed.get_by_role("link", name="Export what is shown").click()
    name, content = await downloaded(listed, dialog)
    lines = content.decode().splitlines()
    assert (name, len(lines)) == ("products.csv", 6)
    assert {line.split(",")[0] for line in lines[1:]} == {f'"TEA-{n:03}"' for n in (1, 3, 5, 7, 9)}

    await listed.get_by_role("link", name="Export what is shown").click()
    complaints.expected = ["status of 4"]
    await dialog.get_by_label("Columns").fill("sku,nothing")
    await dialog.get_by_role("button", name="Download").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("There is no field and no attribute 'nothing'")
    await dialog.get_by_label("Columns").fill("sku,active")
    await dialog.get_by_label("Cells are separated by").select_option("Semicolon")
    await dialog.get_by_label("For Excel").check()
    _, content = await downloaded(listed, dialog)
    assert content.decode().splitlines()[:2] == ["\ufeffsku;active", '"TEA-001";true']


async def test_export_to_another_format(listed):
    dialog = listed.get_by_role("dialog", name="Export")
    await listed.get_by_role("link", name="Export").click()
    await dialog.get_by_label("Format").select_option("JSON Lines")
    await expect(dialog.get_by_label("Cells are separated by")).to_be_hidden()
    name, content = await downloaded(listed, dialog)
    assert name == "products.jsonl"
    assert json.loads(content.splitlines()[0])["active"] is True


async def test_the_page_of_a_product(listed, shop):
    await listed.get_by_role("link", name="Cup 2", exact=True).click()
    await expect(listed.get_by_role("heading", name="Cup 2")).to_be_visible()
    await expect(listed.get_by_text("Created", exact=True).locator("..")).to_contain_text("by import 1")
    await listed.get_by_role("button", name="Edit").click()
    await listed.get_by_role("dialog").get_by_label("Name", exact=True).fill("Mug")
    await listed.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(listed.get_by_role("heading", name="Mug")).to_be_visible()
    await expect(listed.get_by_text("Last changed", exact=True).locator("..")).to_contain_text("by hand")
    await listed.get_by_role("button", name="Delete").click()
    await listed.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await listed.wait_for_url("**/products")
    assert "cup-002" not in await shop.products()


async def test_a_server_that_is_away(listed, site, complaints):
    complaints.expected = ["ERR_"]
    site.process.kill()
    await asyncio.to_thread(site.process.wait)
    await listed.get_by_role("searchbox", name="SKU").fill("tea")
    await expect(listed.get_by_role("alert")).to_contain_text("The server can't be reached.")
    port = site.url.rsplit(":", 1)[1]
    web = site.line.start("web", "--port", port)
    await asyncio.to_thread(web.stdout.readline)
    await listed.get_by_role("button", name="Try again").click()
    await shows(listed, r"\b23\s+products\s+found")
    await expect(listed.get_by_role("alert")).to_be_hidden()
