"""Every page in every state, on small and large screens, light and dark: nothing that axe would mend, nothing
that is wider than the screen. Here the documentation's pictures are made, too.
"""

import re

import pytest
from importing import choose_slow, drop, press_import

from halfway import catalogue_file
from product_importer.model import ImportOptions, Profile
from product_importer.product import ProductChange

expect = pytest.importorskip("playwright.async_api").expect
axe = pytest.importorskip("axe_playwright_python.async_playwright")

TEA = "SKU,Title,Description,Price,Colour,Origin\n" + "".join(
    f'TEA-{n:03},{colour} {kind.lower()},"{text}",{price},{colour.lower()},{origin}\n'
    for n, (kind, colour, text, price, origin) in enumerate(
        [
            ("Teapot", "Green", "Holds a litre, with a strainer", "24.90", "Japan"),
            ("Kettle", "Black", "For the stove", "39.00", "Sweden"),
            ("Cup", "White", "Thin porcelain", '"4,50"', "China"),
            ("Tray", "Red", "Lacquered by hand", "31.50", "Japan"),
            ("Spoon", "Brown", "For one cup of leaves", "3.20", "India"),
        ]
        * 12
    )
)

NOTHING_WIDER = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1440, "light"), (1440, "dark")], ids=str)
def look(request, screen):
    """What the page looks like, and a name for its picture if the documentation is to have one."""
    width, scheme = request.param

    async def check(page, name, *, picture=None):
        found = await axe.Axe().run(page)
        wrong = [
            (each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]
        ]
        assert wrong == [], name
        assert await page.evaluate(NOTHING_WIDER), f"{name} is wider than the screen"
        if picture == (width, scheme):
            await screen(page, name)

    check.width, check.scheme = width, scheme
    return check


@pytest.fixture
async def page(serve, open_tab, look):
    site = await serve(REHEARSAL_SAVE="0.1")
    async with open_tab(
        site.url, width=look.width, height=800, color_scheme=look.scheme, reduced_motion="reduce"
    ) as page:
        yield page


def at(page, path):
    return page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path


async def test_imports(page, look, shop):
    await look(page, "nothing-imported-yet")
    await drop(page, "tea.csv", TEA)
    await expect(page.get_by_text("Uploaded", exact=True)).to_be_visible()
    await expect(page.get_by_label("Use Title as")).to_have_value("name")
    await look(page, "import", picture=(1440, "light"))
    await page.get_by_text("Options", exact=True).click()
    await look(page, "import-options")
    await page.get_by_text("Options", exact=True).click()
    await page.get_by_role("button", name="Remove tea.csv").click()
    await drop(page, "columns.csv", "Kennung,Title\nA-1,Apple\n")
    await expect(page.locator("#go-words")).to_contain_text("no column is used as SKU")
    await look(page, "import-without-sku")
    await page.get_by_role("button", name="Remove columns.csv").click()
    await drop(page, "nothing.csv", "")
    await expect(page.get_by_role("alert")).not_to_be_empty()
    await look(page, "import-of-nothing")
    await page.get_by_role("button", name="Remove nothing.csv").click()

    await page.locator("#file").set_input_files(shop.file(catalogue_file(1_500, version=1), "spring.csv"))
    await choose_slow(page)
    await press_import(page)
    # The slow policy is asked for all rows twice before the first of them is saved.
    await expect(page.locator("#pace")).to_contain_text("rows/s", timeout=60_000)
    await look(page, "import-running", picture=(360, "dark"))
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.locator("#status")).to_have_text("Cancelled")
    await look(page, "import-cancelled")

    importer = await shop.importer()
    tea = shop.file(TEA, "tea.csv")
    completed = (await importer.run(tea)).id
    failed = (await importer.run(tea, ImportOptions(on_error="abort"))).id
    planned = (await importer.run(tea, ImportOptions(dry_run=True))).id
    await page.goto(at(page, f"/imports/{completed}"))
    await page.get_by_text("How the file is read").click()
    await page.get_by_text("Cells", exact=True).first.click()
    await look(page, "import-completed", picture=(1440, "dark"))
    await page.goto(at(page, f"/imports/{completed}/fix"))
    await look(page, "import-fix", picture=(1440, "light"))
    await page.goto(at(page, f"/imports/{failed}"))
    await look(page, "import-failed", picture=(1440, "light"))
    await page.goto(at(page, f"/imports/{planned}"))
    await look(page, "import-planned")
    await page.goto(at(page, "/"))
    await look(page, "recent-imports")


PLANNED = """\
SKU,Title,Description,Price,Colour,Origin
TEA-000,Green teapot,,59.90,green,Japan
TEA-001,Black kettle,For the stove,41,matt black,Sweden
TEA-002,White cup,Thin porcelain,4.40,white,
TEA-NEW,Blue bowl,A bowl that is wide enough for whisking matcha,18,blue,Japan
"""


async def test_a_plan(page, look, shop, import_ended):
    importer = await shop.importer()
    await shop.run(TEA)
    options = ImportOptions(dry_run=True, blank="clear", missing="delete")
    planned = (await importer.run(PLANNED.encode(), options, filename="tea-2026-04.csv")).id
    await page.goto(at(page, f"/imports/{planned}"))
    moved = re.compile(r"\+141\s%, more than half")
    await expect(page.locator("table.plan tbody").first).to_contain_text(moved)
    await look(page, "import-plan", picture=(1440, "light"))
    await page.get_by_role("link", name="Values that are lost").click()
    await expect(page.get_by_text("1 product", exact=True)).to_be_visible()
    await page.get_by_label("SKU").fill("nothing")
    await page.get_by_role("button", name="Show").click()
    await look(page, "import-plan-without-matches")
    await page.get_by_role("link", name="Show all changes").click()
    await page.get_by_label("SKU").fill("tea-00")
    await page.get_by_label("Order").select_option("As in the file")
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator("table.plan tbody").first).to_contain_text("TEA-000")

    await page.get_by_role("link", name="Preview again").click()
    await expect(page.get_by_role("region", name="tea-2026-04.csv")).to_contain_text("The first rows")
    await look(page, "import-preview-again")
    await page.goto(at(page, f"/imports/{planned}"))

    products = await shop.products()
    edited = products["tea-001"]
    change = ProductChange(name="Somebody's kettle")
    await importer.catalogue.change(edited["id"], edited["version"], change, actor="user:3")
    await page.get_by_label("It is right that").check()
    await page.get_by_label("All changes or none").check()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#outcome")).to_contain_text("TEA-001. Preview the import again")
    await look(page, "import-plan-stale")

    changed = (await shop.run(PLANNED, blank="clear", missing="delete")).id
    await page.goto(at(page, f"/imports/{changed}"))
    await expect(page.get_by_role("heading", name="What has changed")).to_be_visible()
    await look(page, "import-changed", picture=(1440, "light"))
    await page.locator('[data-count="created"]').get_by_role("link").click()
    await expect(page.locator("table.plan tbody").first).to_contain_text("New product")


async def test_undoing(page, look, shop, import_ended):
    importer = await shop.importer()
    await shop.run(TEA)
    options = ImportOptions(blank="clear", missing="delete")
    done = (await importer.run(PLANNED.encode(), options, filename="tea-2026-04.csv")).id
    kettle = (await shop.products())["tea-001"]
    change = ProductChange(price=45, name="Cast-iron kettle")
    await importer.catalogue.change(kettle["id"], kettle["version"], change, actor="user:3")
    await page.goto(at(page, f"/imports/{done}/undo"))
    await page.get_by_text("Choose from the list").click()
    await look(page, "undo-choosing")
    await page.get_by_label("Only these fields").check()
    await page.get_by_role("button", name="Show the plan").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await look(page, "undo-not-clear")
    await page.get_by_role("radio", name="Everything").check()
    await page.get_by_role("button", name="Show the plan").click()
    await expect(page.get_by_role("heading", name="What stays as it is")).to_be_visible()
    await look(page, "import-undo", picture=(1440, "light"))
    await page.get_by_label("It is right that 2 products are deleted").check()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    await look(page, "undo-applied")
    await page.goto(at(page, f"/imports/{done}"))
    await look(page, "import-with-an-undo")
    await page.goto(at(page, f"/products/{kettle['id']}"))
    await page.locator("#history").scroll_into_view_if_needed()
    await look(page, "product-history", picture=(1440, "light"))

    await page.goto(at(page, "/restore"))
    await look(page, "restore")
    await page.get_by_label("Moment").fill("2020-01-01T00:00")
    await page.get_by_role("button", name="Show what").click()
    await expect(page.get_by_role("alert")).to_contain_text("no longer known")
    await look(page, "restore-too-early")
    first = (await importer.imports.state(1)).created_at
    await page.goto(at(page, f"/restore?to={first:%Y-%m-%dT%H:%M:%S}"))
    await expect(page.get_by_role("button", name="Plan the way back")).to_be_visible()
    await look(page, "restore-since")

    deletion = await importer.deletions.request(len(await shop.products()), actor="user:3")
    await importer.deletions.run(deletion.id)
    await page.goto(at(page, "/products"))
    await look(page, "all-products-deleted")


async def test_all_imports(page, look, shop, import_ended):
    await page.goto(at(page, "/imports"))
    await look(page, "no-imports")
    importer = await shop.importer()
    supplier = ImportOptions(profile_name="Tea supplier")
    for day, content, options, author in (
        (1, TEA, supplier, "schedule:1"),
        (1, TEA, ImportOptions(dry_run=True), "user:3"),
        (2, TEA, ImportOptions(on_error="abort"), "user:3"),
        (2, TEA.partition("TEA-020")[0].replace("Origin", "Country"), supplier, "schedule:1"),
    ):
        await importer.run(content.encode(), options, filename=f"tea-2026-03-0{day}.csv", actor=author)
    await page.reload()
    await look(page, "imports", picture=(1440, "light"))
    await page.get_by_label("Status").select_option("Failed")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator("tr[data-import]")).to_have_count(1)
    await page.goto(at(page, "/imports?filename=coffee"))
    await look(page, "imports-not-found")
    await page.goto(at(page, "/imports/4"))
    await expect(page.get_by_role("rowheader", name="Rows read")).to_be_visible()
    await look(page, "import-compared")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download the file").click()
    assert (await download.value).suggested_filename == "tea-2026-03-02.csv"
    await page.get_by_role("link", name="Run again").click()
    await look(page, "import-again")
    await page.get_by_role("button", name="Run again").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    assert (await import_ended(5)).counts.unchanged > 10


async def test_products(page, look, shop, barrier):
    await page.goto(at(page, "/products"))
    await look(page, "no-products")
    await shop.run(TEA)
    await (await shop.importer()).catalogue.index_all()
    await page.reload()
    await look(page, "products", picture=(1440, "light"))
    await page.get_by_label("Select all on this page").check()
    await look(page, "products-selected")
    await page.get_by_role("button", name="Delete", exact=True).click()
    await look(page, "products-delete")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Add product").click()
    await page.get_by_role("button", name="Add attribute").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#fault-sku")).not_to_be_empty()
    await look(page, "product-with-faults", picture=(360, "light"))
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Delete all products…").click()
    await page.get_by_role("button", name="Continue").click()
    await look(page, "delete-all")
    await page.keyboard.press("Escape")
    await page.get_by_role("searchbox", name="Name").fill("xyz")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    await look(page, "nothing-found")
    product = next(iter((await shop.products()).values()))["id"]
    await page.goto(at(page, f"/products/{product}"))
    await look(page, "product", picture=(1440, "dark"))
    catalogue = (await shop.importer()).catalogue
    changed = await catalogue.change(product, 1, {"price": "5", "attributes": {}}, actor="user:3")
    await catalogue.change(product, changed.version, {"stock": 12, "active": False}, actor="user:3")
    await page.goto(at(page, f"/products/{product}?limit=2"))
    await look(page, "product-history")
    await page.get_by_role("link", name="Price", exact=True).click()
    await expect(page.get_by_text("→ 5.00")).to_be_visible()
    await expect(page.get_by_text("→ 12")).to_have_count(0)
    await look(page, "product-history-price")
    await page.get_by_role("link", name="All changes", exact=True).click()
    await page.get_by_label("Compare what it was after").select_option(index=0)
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    await look(page, "product-compared")


@pytest.fixture
def complaints(complaints):
    complaints.expected = ["422", "404", "400", "412"]
    return complaints


async def test_deleting_all(page, look, shop, barrier):
    await shop.run(TEA)
    await page.goto(at(page, "/products"))
    await barrier.put("AFTER DELETE", "products")
    total = len(await shop.products())
    await page.get_by_role("button", name="Delete all products…").click()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill(str(total))
    await page.keyboard.press("Enter")
    await barrier.reached()
    await expect(page.get_by_role("progressbar", name="Deleting all products")).to_be_visible()
    await look(page, "deleting-all")
    await page.reload()  # whoever comes now sees it, too
    await expect(page.get_by_role("progressbar", name="Deleting all products")).to_be_visible()
    await barrier.lift("products")
    await expect(page.get_by_role("heading", name="No products yet")).to_be_visible()
    await look(page, "deleted-all")


async def test_a_conflict(page, look, shop):
    await shop.run(TEA)
    await page.goto(at(page, "/products"))
    await page.get_by_label("Search").fill("TEA-000")
    row = page.locator("tr[data-sku='TEA-000']")
    await expect(page.locator("tr[data-sku]")).to_have_count(1)
    if look.width == 360:
        await row.get_by_role("link").first.click()
        await page.get_by_role("button", name="Edit").click()
    else:
        await row.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit product")
    await dialog.get_by_label("Name", exact=True).fill("Teapot, green")
    await shop.run("sku,name,price\nTEA-000,Green pot,26\n")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("Somebody else has changed")).to_be_visible()
    await look(page, "conflict", picture=(1440, "light"))


async def test_the_audit(page, look, shop):
    await page.goto(at(page, "/audit"))
    await look(page, "nothing to audit")
    importer = await shop.importer()
    for content in (TEA, TEA.replace("Green", "Jade")):
        await importer.run(shop.file(content), actor="user:a.rather.long.name@department.example")
    await importer.profiles.save("Supplier of tea", Profile(), actor="user:3")
    await importer.imports.undo(2, actor="user:3")
    await page.goto(at(page, "/audit"))
    await expect(page.get_by_role("link", name="import 2", exact=True)).to_have_count(4)
    await look(page, "audit")
    await page.get_by_label("Act", exact=True).fill("products.nothing")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_text("Nothing is like that")).to_be_visible()
    await look(page, "audit of nothing")


async def test_schedules(page, look, shop):
    await page.goto(at(page, "/schedules"))
    await look(page, "no schedules")
    await page.get_by_role("link", name="Add schedule").click()
    await page.get_by_text("Options of the imports").click()
    await look(page, "a new schedule")
    await page.get_by_label("Name", exact=True).fill("Supplier")
    await page.get_by_label("URL of the file").fill("https://127.0.0.1:1/a/rather/long/path/of/products.csv")
    await page.get_by_label("Times").fill("every day")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("can't be saved yet")
    await look(page, "a schedule with an error")
    await page.get_by_label("Times").fill("0 6 * * 1-5")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Supplier")
    await look(page, "a schedule that has not run")

    await page.get_by_role("button", name="Run now").click()
    await expect(page.locator("#status")).to_have_text("Failed")
    await look(page, "an import that could not be fetched")
    await page.goto(at(page, "/schedules"))
    await look(page, "schedules")
    await page.get_by_role("link", name="Supplier").click()
    await expect(page.get_by_text("The latest run failed.")).to_be_visible()
    await look(page, "a schedule that failed")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("Paused")).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    await page.get_by_role("link", name="Edit").click()
    await look(page, "the change of a schedule")
    await page.get_by_role("link", name="Cancel").click()
    await page.get_by_role("link", name="Delete").click()
    await look(page, "deleting a schedule")
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("link", name="Add the first schedule")).to_be_visible()


async def test_questions_and_profiles(page, look, shop):
    await page.goto(at(page, "/profiles"))
    await look(page, "no profiles")
    importer = await shop.importer()
    await page.goto(at(page, "/"))
    await drop(page, "tea.csv", "Prices of spring,,\nsku,name,price\nA,T\ufffdea,1.299\n")
    await expect(page.get_by_role("heading", name="One question about the file")).to_be_visible()
    await page.locator(".file-warnings summary").click()
    await look(page, "import-question", picture=(1440, "light"))
    await page.get_by_role("button", name="Remove tea.csv").click()
    first = await shop.stored(importer, "sku,name,price\nA,Tea,1.299\n")
    await importer.imports.hand_over(first)
    await page.goto(at(page, f"/imports/{first}"))
    await expect(page.get_by_role("heading", name="One question about the file")).to_be_visible()
    await look(page, "an import that asks")
    await page.get_by_role("radio").first.check()
    await page.get_by_label("Remember the answers").fill("Supplier of tea")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("#status")).to_have_text("Completed")
    await page.goto(at(page, "/"))
    await drop(page, "cups.csv", "sku,name,price\nB,Cup,2.499\n")
    await expect(page.get_by_role("button", name="Use it")).to_be_visible()
    await look(page, "a file with a proposed profile")
    await page.get_by_role("button", name="Remove cups.csv").click()

    again = await importer.run(shop.file("sku,name,price\nB,Cup,2.499\n"))
    await page.goto(at(page, f"/imports/{again.id}"))
    await expect(page.get_by_role("radio").first).to_be_checked()
    await look(page, "an import with remembered answers")
    await page.get_by_role("link", name="Profiles").click()
    await look(page, "profiles")
    await page.get_by_role("link", name="Supplier of tea").click()
    await page.get_by_label("Profile, as TOML").fill("version = 1\ndecimal = 'dot'")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("has to be point or comma")).to_be_visible()
    await look(page, "a profile with an error")
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("link", name="Supplier of tea")).to_have_count(0)


async def test_dashboard(page, look, shop):
    await shop.run(TEA)
    await page.goto(at(page, "/dashboard"))
    await look(page, "dashboard")


async def test_errors(page, look):
    for name, path in (
        ("error-404", "/nothing"),
        ("error-product", "/products/999"),
        ("error-400", "/products?a=b"),
    ):
        await page.goto(at(page, path))
        await expect(page.get_by_role("link", name="Back to the start")).to_be_visible()
        await look(page, name)
