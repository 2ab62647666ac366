"""What a person does on the pages of imports."""

import re

DROP = """([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type: "text/csv" }));
    for (const type of ["dragenter", "dragover", "drop"]) {
        const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.getElementById("drop-zone").dispatchEvent(event);
    }
}"""

PASTE = """(text) => {
    const transfer = new DataTransfer();
    transfer.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
}"""


async def drop(page, name, text):
    await page.evaluate(DROP, [name, text])


async def press_import(page):
    """Presses Import; the id of the import whose page opens."""
    await page.get_by_role("button", name="Import", exact=True).click()
    await page.wait_for_url("**/imports/*")
    return int(re.search(r"/imports/(\d+)", page.url)[1])


async def choose_slow(page):
    """Has the import take its time; see the plugin ``rehearsal``."""
    await page.get_by_text("Options", exact=True).click()
    await page.get_by_label("Several rows with one SKU").select_option("slow")
    await page.get_by_label("Parser").select_option("small")


async def counts(page):
    """The numbers of the page, by name."""
    found = await page.locator(".counts [data-count]").evaluate_all(
        "all => all.map(each => [each.dataset.count, Number(each.textContent.replaceAll(',', ''))])"
    )
    return dict(found)


def adds_up(numbers):
    return numbers["rows_read"] == sum(numbers.values()) - numbers["rows_read"]


def bar(page):
    return page.get_by_role("progressbar", name="Progress of the import")


async def percent(page):
    return int(await bar(page).get_attribute("aria-valuenow"))
