"""Each product leads to the set that changed it last, and each set to the one before."""

import asyncio
from collections import Counter
from contextlib import suppress

import numpy as np
from logs import ever, fields_of, known, sets

from product_importer.errors import ProductChanged, ProductsLocked
from product_importer.model import ImportOptions
from product_importer.store.changes.states import present, states, stored_set

ROWS = 1_000


def prices(by, rows=ROWS):
    return "sku,name,price\n" + "".join(f"SKU-{n},Tea {n},{n * by % 9_973}\n" for n in range(rows))


async def edit(catalogue, ids, rounds):
    for number in range(rounds):
        for product_id in ids:
            try:
                product = await catalogue.get(product_id)
                await catalogue.change(product_id, product.version, {"stock": number}, actor="user:1")
            except (ProductChanged, ProductsLocked):
                continue


async def test_chains_are_whole_though_many_change_the_same_products(shop):
    importer = await shop.importer()
    await importer.run(shop.file(prices(1)))
    ids = sorted(await known(shop.connection))
    files = [shop.file(prices(by)) for by in (2, 3, 5, 7)]

    async def deactivate():
        with suppress(ProductsLocked):
            await importer.catalogue.activate(ids[::7], False, actor="user:2")

    await asyncio.gather(
        *(importer.run(file, ImportOptions()) for file in files),
        edit(importer.catalogue, ids[:5], 20),
        edit(importer.catalogue, ids[-5:], 20),
        deactivate(),
    )

    changed = Counter()
    for each in await sets(shop.connection):
        changed.update(each.data["product_id"].to_pylist())
    versions = dict(await shop.connection.fetch("SELECT id, version FROM products"))
    assert changed == versions
    found = await present(shop.connection, np.array(ids))
    steps = Counter()
    while (found.numbers >= 0).any():
        number = int(found.numbers.max())
        which = found.numbers == number
        one = await stored_set(shop.connection, number)
        steps.update(found.ids[which].tolist())
        if one.kind == "updated":
            before = dict(
                zip(one.data["product_id"].to_pylist(), one.data["version"].to_pylist(), strict=True)
            )
            for product in found.ids[which].tolist():
                assert before[product] == versions[product] - steps[product]
        found = found.back(one, which)
    assert steps == versions
    assert not found.exists.any()


async def test_states_are_those_after_each_products_own_set(shop):
    await shop.run(prices(1, 10))
    ids = sorted(await known(shop.connection))
    first = await known(shop.connection)
    await shop.run(prices(2, 10))
    second = await known(shop.connection)
    await shop.run(prices(3, 5))
    one, two, _ = await sets(shop.connection)
    catalogue = (await shop.importer()).catalogue
    await catalogue.delete_selected(ids[2:4], actor="user:1")

    found = await states(shop.connection, {ids[1]: one.number, ids[2]: one.number, ids[3]: two.number})

    assert fields_of(found) == {ids[1]: first[ids[1]], ids[2]: first[ids[2]], ids[3]: second[ids[3]]}
    assert found.touched.tolist() == [8, 255, 255]
    assert (await states(shop.connection, {ids[1]: 12_345})).numbers.tolist() == [-1]
    assert len(await ever(shop.connection)) == 10
