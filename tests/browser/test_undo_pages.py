"""Undoing imports and deletions in the browser: chosen, planned, applied, and linked with what was undone."""

import re

import pytest
from importing import counts

from product_importer.model import ImportOptions
from product_importer.product import ProductChange

expect = pytest.importorskip("playwright.async_api").expect

BEFORE = "sku,name,price\nTEA-1,Green tea,4.90\nTEA-2,Black tea,3.90\nCUP-1,White cup,7\n"
AFTER = "sku,name,price\nTEA-1,Sencha,14.90\nTEA-2,Black tea,13.90\nCUP-2,Blue cup,8\n"


@pytest.fixture
async def changed(shop):
    """The id of an import that has changed prices and names, and created and deleted a product."""
    await shop.run(BEFORE)
    importer = await shop.importer()
    options = ImportOptions(missing="delete")
    return (await importer.run(shop.file(AFTER, "supplier.csv"), options)).id


async def test_prices_alone_are_undone_but_for_those_changed_since(page, site, shop, changed):
    importer = await shop.importer()
    tea = (await shop.products())["tea-2"]
    change = ProductChange(price=12)
    await importer.catalogue.change(tea["id"], tea["version"], change, actor="user:3")
    await page.goto(f"{site.url}/imports/{changed}")
    await page.get_by_role("link", name="Undo…").click()
    await page.get_by_label("Price of 2 products").check()
    await expect(page.get_by_label("Only these fields")).to_be_checked()
    await page.get_by_role("button", name="Show the plan").click()

    await expect(page.locator("#status")).to_have_text("Previewed")
    await expect(page.locator("#plan tbody").first).to_contain_text("14.90")
    await expect(page.get_by_text("was changed by user 3")).to_be_visible()
    async with page.expect_download() as download:
        await page.locator("#kept").get_by_role("link", name="Download what stays as CSV").click()
    assert (await download.value).suggested_filename.endswith("warnings.csv")
    assert (await counts(page))["updated"] == 1
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")

    products = await shop.products()
    assert [str(products[key]["price"]) for key in ("tea-1", "tea-2")] == ["4.9000", "12.0000"]
    assert (products["tea-1"]["name"], "cup-2" in products) == ("Sencha", True)
    await page.get_by_role("link", name=f"import {changed}", exact=True).click()
    await expect(page.get_by_role("heading", name="supplier.csv")).to_be_visible()
    await expect(page.get_by_text(re.compile("Undone in part by"))).to_be_visible()


async def test_chosen_products_and_then_all_the_rest(page, site, shop, changed):
    await page.goto(f"{site.url}/imports/{changed}/undo")
    await page.get_by_text("Choose from the list").click()
    await page.get_by_label("CUP-2").check()
    await expect(page.get_by_label("Only these", exact=True)).to_be_checked()
    await page.get_by_role("button", name="Show the plan").click()
    await page.get_by_label("It is right that 1 product is deleted").check()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert set(await shop.products()) == {"tea-1", "tea-2"}

    await page.goto(f"{site.url}/imports/{changed}/undo")
    await page.get_by_role("button", name="Show the plan").click()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert {key: row["name"] for key, row in (await shop.products()).items()} == {
        "tea-1": "Green tea",
        "tea-2": "Black tea",
        "cup-1": "White cup",
    }
    await page.goto(f"{site.url}/imports/{changed}")
    await expect(page.locator("#status")).to_have_text("Undone")
    await expect(page.get_by_role("link", name="Undo…")).to_have_count(0)


async def test_products_that_were_deleted_come_back(page, site, shop):
    await shop.run(BEFORE)
    before = await shop.products()
    await page.goto(f"{site.url}/products")
    await page.get_by_label("Select TEA-1").check()
    await page.get_by_label("Select CUP-1").check()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await page.locator("#toasts").get_by_role("button", name="Undo…").click()
    await page.wait_for_url("**/imports/*")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert {row["id"] for row in (await shop.products()).values()} == {row["id"] for row in before.values()}

    await page.goto(f"{site.url}/products/{before['tea-2']['id']}")
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator("#toasts")).to_contain_text("TEA-2 was deleted.")
    await page.locator("#toasts").get_by_role("button", name="Undo…").click()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert (await shop.products())["tea-2"]["id"] == before["tea-2"]["id"]


async def test_all_products_come_back(page, site, shop):
    await shop.run(BEFORE)
    await page.goto(f"{site.url}/products")
    await page.get_by_role("button", name="Delete all products…").click()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("3")
    await page.keyboard.press("Enter")
    await expect(page.locator("#deleted")).to_contain_text("3 products were deleted")
    await page.locator("#deleted").get_by_role("button", name="Undo…").click()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert len(await shop.products()) == 3
    await page.goto(f"{site.url}/products")
    await expect(page.locator("tr[data-product]")).to_have_count(3)
    await expect(page.locator("#deleted")).to_be_empty()


async def test_the_moment_is_taken_as_the_readers_clock_shows_it(open_tab, site, changed, complaints):
    complaints.expected = ["422"]
    async with open_tab(f"{site.url}/restore", timezone_id="Asia/Tokyo") as page:
        await expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
        await page.get_by_label("Moment").fill("2020-01-01T00:00:00")
        await page.get_by_role("button", name="Show what has changed since").click()
        await expect(page.get_by_role("alert")).to_contain_text("no longer known")
