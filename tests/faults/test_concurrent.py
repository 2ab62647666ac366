"""Imports that want the same products at the same time, in opposite orders."""

import asyncio
from collections import defaultdict
from decimal import Decimal

import pytest

from product_importer.model import ImportOptions, Status
from shop import ledger

IMPORTS, SKUS = 8, 120


def contents(number, round_):
    """Every import has a value of its own for each field of each product, and every second goes backwards."""
    rows = [f"S{n:03},Name {number}.{round_},Text {number}.{round_},{number}.{round_}" for n in range(SKUS)]
    rows = rows[number:] if number % 2 else rows[::-1][number:]
    return "\n".join(["sku,name,description,price", *rows]) + "\n"


async def one_round(shop, importers, round_):
    paths = [shop.file(contents(number, round_)) for number in range(len(importers))]
    return await asyncio.gather(
        *(
            importer.run(path, ImportOptions(parser="tiny"))
            for importer, path in zip(importers, paths, strict=True)
        )
    )


async def check_products(shop, rounds):
    wholes = {
        (f"Name {n}.{r}", f"Text {n}.{r}", Decimal(f"{n}.{r}")) for n in range(IMPORTS) for r in range(rounds)
    }
    products = await shop.products()
    assert len(products) == SKUS
    for product in products.values():
        assert (product["name"], product["description"], product["price"]) in wholes
    chains = defaultdict(list)
    for event in await shop.events("product."):
        chains[event.data["product_id"]].append(event.type)
    assert chains.keys() == {product["id"] for product in products.values()}
    for product in products.values():
        chain = chains[product["id"]]
        assert chain.count("product.created") == 1
        assert len(chain) == product["version"], "an event for each version"


async def check_imports(shop, reports):
    assert [report.status for report in reports] == [Status.COMPLETED] * len(reports)
    assert sum(report.created for report in reports) in (0, SKUS)
    for number, report in enumerate(reports):
        assert sum(ledger(report)) == report.read == SKUS - number
    told = defaultdict(int)
    for event in await shop.events("product."):
        told[event.actor, event.type] += 1
    for report in reports:
        actor = f"import:{report.id}"
        assert told[actor, "product.created"] == report.created
        assert told[actor, "product.updated"] == report.updated


@pytest.mark.parametrize("rounds", [2, pytest.param(25, marks=pytest.mark.slow)])
async def test_eight_imports_of_the_same_products(shop, rounds):
    importers = [await shop.open() for _ in range(IMPORTS)]
    for round_ in range(rounds):
        reports = await one_round(shop, importers, round_)
        await check_imports(shop, reports)
    await check_products(shop, rounds)
    # An update comes from an import that saved after the one whose values it replaced: the last one's stand.
    last = await shop.connection.fetch("SELECT updated_by_import, name FROM products")
    ids = {report.id: number for number, report in enumerate(reports)}
    assert all(row["name"] == f"Name {ids[row['updated_by_import']]}.{rounds - 1}" for row in last)


async def test_an_edit_during_an_import_is_not_lost_half(shop):
    """Somebody edits products one by one while imports run: every row is one writer's, whole."""
    await shop.run(contents(0, 0), parser="tiny")
    importers = [await shop.open() for _ in range(2)]
    edits = 0

    async def edit():
        nonlocal edits
        while True:
            for n in range(SKUS):
                await shop.connection.execute(
                    "UPDATE products SET name = 'Edited', description = 'Edited', version = version + 1"
                    " WHERE sku_key = $1",
                    f"s{n:03}",
                )
                edits += 1

    editing = asyncio.create_task(edit())
    for round_ in range(3):
        for report in await one_round(shop, importers, round_):
            assert report.status is Status.COMPLETED, report.state.message
            ledger(report)
    editing.cancel()
    await asyncio.wait({editing})

    assert edits > 0
    for product in (await shop.products()).values():
        name, text = product["name"], product["description"]
        assert (name, text) == ("Edited", "Edited") or name[5:] == text[5:]
