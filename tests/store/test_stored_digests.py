"""An import asks once for all that was merged into products, if they are not too many."""

import pyarrow as pa
import pytest

from product_importer.store.copy import copy_words
from product_importer.store.events import Audience
from product_importer.store.leases import PostgresLease

ROWS = 5_000


async def told(shop, query, *arguments, size):
    pieces = []
    await copy_words(shop.connection, query, *arguments, size=size, take=pieces.append)
    assert all(isinstance(piece, pa.FixedSizeBinaryArray) and len(piece) for piece in pieces)
    return [value for piece in pieces for value in piece.to_pylist()]


async def merged(shop, at_most):
    database = (await shop.importer()).database
    lease = PostgresLease(database, shop.connection, import_id=1, token=0, attempt=1, audience=Audience([]))
    pieces = []
    await lease.digests(at_most, pieces.append)
    return [value for piece in pieces for value in piece.to_pylist()]


async def test_only_what_nobody_has_touched_since_is_told(shop):
    await shop.run([["sku", "name"], *([f"S{n:04}", "Tea"] for n in range(ROWS))])
    all_of_them = {row["merged"] for row in await shop.rows()}
    await shop.connection.execute("UPDATE products SET name = 'By hand' WHERE sku_key IN ('s0007', 's4000')")
    await shop.connection.execute("UPDATE products SET merged = 'short' WHERE sku_key = 's0008'")
    touched = {row["merged"] for row in await shop.rows() if row["sku_key"] in ("s0007", "s4000")}
    await shop.connection.execute("INSERT INTO products (sku_key, sku, name) VALUES ('x', 'X', 'By hand')")

    told = await merged(shop, ROWS + 1)

    assert len(told) == len(set(told)) == ROWS - 3
    assert set(told) < all_of_them
    assert not touched & set(told)
    assert await merged(shop, ROWS) == []


async def test_words_arrive_whole_however_many_there_are(shop):
    query = "SELECT decode(lpad(to_hex(n), 6, '0'), 'hex') FROM generate_series(1, $1::integer) AS n"
    for count in (0, 1, 100_000):
        words = await told(shop, query, count, size=3)
        assert words == [number.to_bytes(3, "big") for number in range(1, count + 1)]


@pytest.mark.whole
async def test_who_takes_them_may_have_enough(shop):
    def take(words):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await copy_words(
            shop.connection,
            "SELECT decode('616263', 'hex') FROM generate_series(1, 10000000)",
            size=3,
            take=take,
        )

    assert await shop.connection.fetchval("SELECT count(*) FROM products") == 0


async def test_a_word_of_another_size_is_an_error(shop):
    with pytest.raises(ValueError, match="3 bytes"):
        await told(shop, "VALUES ('abc'::bytea), ('ab')", size=3)
