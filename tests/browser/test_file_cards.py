"""The card of a file: its questions are answered before the import, and remembered once."""

import asyncio

import pytest
from importing import drop, press_import

from product_importer.model import Profile

expect = pytest.importorskip("playwright.async_api").expect

UNCLEAR = "sku,name,price\nA,Tea,1.299\nB,Cup,2.499\n"


def card(page, name):
    return page.get_by_role("region", name=name, exact=True)


async def test_a_question_is_answered_on_the_card_and_never_asked_again(page, shop, import_ended, complaints):
    complaints.expected = ["409"]
    await (await shop.importer()).profiles.save("Taken", Profile())
    await drop(page, "tea.csv", UNCLEAR)
    asking = card(page, "tea.csv")
    await expect(asking.get_by_role("heading", name="One question about the file")).to_be_visible()
    await expect(page.locator("#go-words")).to_contain_text("1 question about tea.csv left")
    await expect(asking).not_to_contain_text("would be rejected")
    await asking.get_by_label("A decimal comma stands before the decimals.").check()
    await expect(asking).to_contain_text("1.299 → 1299")
    await expect(page.locator("#go-words")).to_be_empty()

    await asking.get_by_label("Remember this").fill("Taken")
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(asking).to_contain_text("There is a profile 'Taken' already.")
    await asking.get_by_label("Remember this").fill("Tea")
    assert (await import_ended(await press_import(page))).counts.created == 2
    assert str((await shop.product("a"))["price"]) == "1299.0000"

    await page.goto(page.url.split("/imports")[0])
    await drop(page, "more.csv", "sku,name,price\nC,Tray,3.999\n")
    asking = card(page, "more.csv")
    await expect(asking).to_contain_text("The profile Tea is remembered for files with these columns.")
    await asking.get_by_role("button", name="Use it").click()
    await expect(asking.get_by_label("Profile")).to_have_value("Tea")
    await expect(asking.get_by_role("radio")).to_have_count(0)
    await expect(asking).to_contain_text("3.999 → 3999")
    await import_ended(await press_import(page))
    assert str((await shop.product("c"))["price"]) == "3999.0000"


async def test_what_is_left_open_is_asked_by_the_import(page):
    await drop(page, "tea.csv", UNCLEAR)
    await expect(page.locator("#go-words")).to_contain_text("1 question about tea.csv left")
    await press_import(page)
    await expect(page.get_by_role("heading", name="One question about the file")).to_be_visible()
    await page.get_by_label("A decimal point stands before the decimals.").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator("#status")).to_have_text("Completed")


async def test_a_profile_s_own_options_win_over_untouched_ones(page, shop, import_ended):
    importer = await shop.importer()
    await importer.profiles.save("First rows", Profile(duplicates="first", map={"Kennung": "sku"}))
    content = "Kennung,Title\nA,Tea\nA,Cup\n"
    await drop(page, "tea.csv", content)
    using = card(page, "tea.csv")
    await expect(using).to_contain_text("No column is used as SKU")
    await using.get_by_label("Profile").select_option("First rows")
    await expect(using.get_by_label("Use Kennung as")).to_have_value("sku")
    await import_ended(await press_import(page))
    assert (await shop.product("a"))["name"] == "Tea"


async def test_the_line_of_the_header_is_changed_on_the_card(page, shop, import_ended):
    await drop(page, "tea.csv", "Spring,,\n,,\nSKU,Title,Price\nA,Tea,4\n")
    reading = card(page, "tea.csv")
    line = reading.get_by_label("Column names in line")
    await expect(line).to_have_value("3")
    await line.fill("1")
    await line.press("Tab")
    await expect(reading.get_by_label("Use Spring as")).to_be_visible()
    await line.fill("3")
    await line.press("Tab")
    await expect(reading.get_by_label("Use SKU as")).to_have_value("sku")
    await import_ended(await press_import(page))
    assert (await shop.product("a"))["name"] == "Tea"


async def slowly(route):
    await asyncio.sleep(1)
    await route.continue_()


async def test_what_is_chosen_after_an_answer_counts_for_the_profile_and_the_import(page, shop, import_ended):
    await drop(page, "tea.csv", "SKU,Title,Price EUR,Price USD\nA,Tea,4.50,5.25\n")
    asking = card(page, "tea.csv")
    await asking.get_by_label("Yes; the others are no prices of the product").check()
    await expect(asking.get_by_label("Use Price EUR as")).to_have_value("price")
    await page.route("**/imports/preview?*", slowly)
    await asking.get_by_label("Use Price EUR as").select_option("attribute")
    await asking.get_by_label("Use Price USD as").select_option("price")
    await asking.get_by_label("Remember this").fill("Dollars")
    await import_ended(await press_import(page))
    assert str((await shop.product("a"))["price"]) == "5.2500"
    remembered = await (await shop.importer()).profiles.get("Dollars")
    assert remembered.profile.map == {"Price EUR": "attribute", "Price USD": "price"}


async def test_the_settings_of_a_column_say_what_is_missing_before_they_are_applied(page):
    await drop(page, "tea.csv", "SKU,Title,Active\nA,Tea,here\n")
    await card(page, "tea.csv").get_by_role("button", name="Values of Active").click()
    sheet = page.get_by_role("dialog", name="Values of Active")
    faults = sheet.locator(":invalid:not(form, fieldset)")
    apply = sheet.get_by_role("button", name="Apply")
    await sheet.get_by_label("Words for active").fill("here, sold")
    for label, fault, right in [
        ("into the columns", "Split at", "Width, Height"),
        ("Words for inactive", "Words for inactive", "gone; sold"),
        ("Words for inactive", "Words for inactive", "gone, Sold"),
    ]:
        await sheet.get_by_label(label).fill(right)
        await apply.click()
        await expect(faults).to_have_count(1)
        await expect(sheet.get_by_label(fault)).to_be_focused()
        await sheet.get_by_label(label).fill("")
    await sheet.get_by_label("Words for inactive").fill("gone")
    await apply.click()
    await expect(sheet).to_be_hidden()
    await expect(card(page, "tea.csv")).to_contain_text("here → true")
