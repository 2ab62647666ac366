"""Rejected rows are corrected in a grid, checked as they are typed, and imported."""

import json

import pytest

from product_importer.model import ImportOptions

expect = pytest.importorskip("playwright.async_api").expect
axe = pytest.importorskip("axe_playwright_python.async_playwright")

CONTENT = (
    "sku,name,price,colour\nA,Tea,1,red\n,Cup,2,blue\n,Pot,3,green\n,Jar,4,\nE,Can,5x,\n"
    'F,"Bowl, large",6x,\nG,Mug,7,white,extra\n'
)
PASTE = """([cell, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
async def first(importer, shop):
    return await importer.run(shop.file(CONTENT, "list.csv"), ImportOptions())


def cell(page, column, line):
    return page.get_by_label(f"{column}, line {line}", exact=True)


async def verdicts(page):
    return await page.locator("[data-part=verdict]").all_inner_texts()


async def test_rows_are_corrected_by_keyboard_and_imported(open_tab, site, importer, shop, first, screen):
    async with open_tab(f"{site.url}/imports/{first.id}") as page:
        await page.get_by_role("link", name="Fix 6 rows").click()
        kinds = page.get_by_role("navigation", name="Kinds of faults").get_by_role("link")
        await expect(kinds).to_have_count(3)
        await expect(kinds.first).to_contain_text("3 × sku:")
        headers = await page.locator("thead th").all_inner_texts()
        assert headers == ["Line", "sku", "name", "price", "colour", "What is wrong"]
        await expect(cell(page, "sku", 3)).to_have_attribute("aria-invalid", "true")

        await cell(page, "sku", 3).click()
        await page.keyboard.type("B")
        await page.keyboard.press("Enter")
        await expect(cell(page, "sku", 4)).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await expect(cell(page, "name", 4)).to_be_focused()
        await page.keyboard.press("F2")
        await page.keyboard.type("ted")
        await page.keyboard.press("ArrowLeft")
        await expect(cell(page, "name", 4)).to_be_focused()
        await expect(cell(page, "name", 4)).to_have_value("Potted")
        await page.keyboard.press("Escape")
        await expect(cell(page, "name", 4)).to_have_value("Pot")
        await page.keyboard.press("Control+d")
        await expect(cell(page, "name", 4)).to_have_value("Cup")
        await page.keyboard.press("Control+Shift+D")
        await expect(cell(page, "name", 5)).to_have_value("Cup")
        await cell(page, "sku", 4).evaluate(
            PASTE.replace("([cell, text])", "(cell, text)"), 'C\t"Po""t"\nD\tJar\n'
        )
        await expect(cell(page, "name", 4)).to_have_value('Po"t')
        await expect(cell(page, "sku", 5)).to_have_value("D")
        await cell(page, "price", 5).fill("4x")

        await expect(page.locator("#fix-told")).to_have_text("2 rows corrected, 1 row still wrong")
        assert await verdicts(page) == [
            "Corrected",
            "Corrected",
            "The price isn't a number. Write a plain number such as 1299.50.",
        ]
        await expect(cell(page, "price", 5)).to_have_attribute("aria-invalid", "true")
        await screen(page, "fix-rows")
        await page.reload()
        await expect(cell(page, "sku", 5)).to_have_value("D")
        await page.get_by_role("button", name="Import 2 corrected rows").click()

        await expect(page.locator("#status")).to_have_text("Completed")
        await page.get_by_role("link", name=f"import {first.id}").click()
        await expect(page.get_by_text("2 rows in import 2")).to_be_visible()
        await expect(page.locator('[data-count="rows_rejected"]')).to_have_text("4")
    products = await shop.products()
    assert (products["b"]["name"], products["c"]["name"]) == ("Cup", 'Po"t')
    report = await importer.imports.report(first.id)
    assert (report.read, report.created, report.invalid) == (7, 3, 4)


async def test_all_rows_of_a_kind_are_corrected_at_once(open_tab, site, importer, first, shop):
    async with open_tab(f"{site.url}/imports/{first.id}/fix?code=price_not_a_number&column=price") as page:
        await expect(page.get_by_label("In the column")).to_have_value("price")
        await page.get_by_label("What is done").select_option("replace")
        await page.get_by_label("The text").fill("x")
        await page.get_by_role("button", name="Apply to the rows below").click()
        await expect(page.locator("#fix-told")).to_have_text("2 rows corrected")
        await expect(cell(page, "price", 6)).to_have_value("5")
        await page.get_by_role("button", name="Undo all corrections").click()
        await expect(cell(page, "price", 6)).to_have_value("5x")
        await expect(page.locator("#fix-told")).to_have_text("")
        await page.get_by_role("button", name="Apply to the rows below").click()
        await page.get_by_role("button", name="Import 2 corrected rows").click()
        await expect(page.locator("#status")).to_have_text("Completed")
    assert (await shop.product("f"))["name"] == "Bowl, large"


async def test_many_rows_of_a_kind_are_imported_by_a_rule(open_tab, site, importer, shop):
    rows = "".join(f"S{number},Tea,{number}x\n" for number in range(150))
    first = await importer.run(shop.file("sku,name,price\n" + rows), ImportOptions())
    async with open_tab(f"{site.url}/imports/{first.id}/fix") as page:
        await expect(page.locator("tr[data-record]")).to_have_count(100)
        await page.get_by_label("What is done").select_option("replace")
        await page.get_by_label("The text").fill("x")
        await page.get_by_role("link", name="Next").click()
        await expect(page.locator("tr[data-record]")).to_have_count(50)
        await page.get_by_label("What is done").select_option("replace")
        await page.get_by_label("The text").fill("x")
        await page.get_by_role("button", name="Import all 150 so").click()
        await expect(page.locator("#status")).to_have_text("Completed")
        await page.goto(f"{site.url}/imports/{first.id}/fix")
        await expect(page.get_by_text("No row is rejected any more")).to_be_visible()
    assert (await importer.imports.report(first.id)).created == 150


async def test_what_cannot_be_fixed_says_so(open_tab, site, importer, shop, first):
    planned = await importer.run(shop.file(CONTENT), ImportOptions(dry_run=True))
    async with open_tab(f"{site.url}/imports/{planned.id}/fix") as page:
        await expect(page.get_by_text(f"Import {planned.id} is planned.")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_grid_is_accessible(open_tab, site, first, width, scheme):
    async with open_tab(f"{site.url}/imports/{first.id}/fix", width=width, color_scheme=scheme) as page:
        await cell(page, "sku", 3).fill("B")
        await expect(page.locator("#fix-told")).to_have_text("1 row corrected")
        found = await axe.Axe().run(page)
        wrong = [
            (each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]
        ]
        assert wrong == []
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) <= 0
        assert json.loads(await page.evaluate("sessionStorage.getItem('product-importer fix 1')"))


async def test_cells_keep_their_line_ends(open_tab, site, importer, shop):
    content = b'sku,name,price,description\r\nA,Tea,1x,"Green\r\nLoose"\r\nB,Cup,2x,"White\r\nOld"\r\n'
    first = await importer.run(shop.file(content, "lines.csv"))
    async with open_tab(f"{site.url}/imports/{first.id}/fix") as page:
        await expect(page.locator("[data-changed]")).to_have_count(0)
        await cell(page, "price", 2).fill("1")
        await cell(page, "price", 4).fill("2")
        await cell(page, "description", 4).fill("White\nNew")
        await expect(page.locator("[data-changed]")).to_have_count(3)
        await page.get_by_role("button", name="Import 2 corrected rows").click()
        await expect(page.locator("#status")).to_have_text("Completed")
    products = await shop.products()
    assert products["a"]["description"] == "Green\r\nLoose"
    assert products["b"]["description"] == "White\r\nNew"
