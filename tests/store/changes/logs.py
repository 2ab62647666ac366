"""What the tests of the log of changes read from it, and ask of it."""

import numpy as np

from product_importer.fields import NAMES
from product_importer.store.changes.states import present, stored_set

KNOWN = f"SELECT id, {', '.join(NAMES)} FROM products"


async def latest(connection):
    """The number of the latest change set; 0 if there is none."""
    return await connection.fetchval("SELECT coalesce(max(number), 0) FROM change_sets")


async def sets(connection):
    """All change sets, in the order of their numbers."""
    numbers = await connection.fetch("SELECT number FROM change_sets ORDER BY number")
    return [await stored_set(connection, row["number"]) for row in numbers]


async def known(connection):
    """By id: the fields of all products, as the table has them."""
    return {row["id"]: tuple(row)[1:] for row in await connection.fetch(KNOWN)}


async def ever(connection):
    """The ids of all products that the log tells of."""
    ids = [each.data.column("product_id").to_numpy() for each in await sets(connection)]
    return np.unique(np.concatenate([np.empty(0, np.int64), *ids]))


async def rebuilt(connection, number):
    """The products as they were after the set with this number, from the log; nothing else runs meanwhile."""
    found = await present(connection, await ever(connection))
    while (found.numbers > number).any():
        last = int(found.numbers.max())
        found = found.back(await stored_set(connection, last), found.numbers == last)
    return fields_of(found)


def fields_of(found):
    """By id: the fields of the products that exist."""
    columns = [found.fields[name].to_pylist() for name in NAMES]
    rows = dict(zip(found.ids.tolist(), zip(*columns, strict=True), strict=True))
    return {product: rows[product] for product, exists in zip(rows, found.exists, strict=True) if exists}
