"""When the search index is kept up with changes or made anew, and when lists read by it."""

import pytest

from product_importer.store.search import indexing, listing
from product_importer.store.totals import Totals


def totals(pending, products):
    return Totals(products=products, active=products, pending=pending)


@pytest.mark.parametrize(
    ("pending", "products", "anew"),
    [(50_000, 0, False), (50_001, 0, True), (100_000, 200_000, False), (100_001, 200_000, True)],
)
def test_an_index_is_made_anew_where_most_of_it_changes(pending, products, anew):
    assert indexing._better_anew(totals(pending, products)) is anew


@pytest.mark.parametrize(
    ("pending", "products", "done"),
    [(5_000, 0, True), (5_001, 0, False), (10_000, 200_000, True), (10_001, 200_000, False)],
)
def test_an_index_is_made_when_little_is_left_to_follow(pending, products, done):
    assert indexing._nearly_done(totals(pending, products)) is done


class Noted:
    """A connection that knows which products have changes to be followed."""

    async def fetchval(self, statement):
        return [3, 5]


@pytest.mark.parametrize(
    ("pending", "products", "in_key_order", "found"),
    [
        (0, 0, False, []),
        (listing.PATCHED, 0, False, [3, 5]),
        (listing.PATCHED + 1, 0, False, None),
        (listing.PATCHED + 1, 20 * listing.PATCHED, False, [3, 5]),
        (listing.PATCHED + 1, 20 * listing.PATCHED, True, None),
        (listing.MOST_PATCHED, 1_000 * listing.MOST_PATCHED, False, [3, 5]),
        (listing.MOST_PATCHED + 1, 1_000 * listing.MOST_PATCHED, False, None),
    ],
)
async def test_a_list_patches_few_changes_in_and_reads_the_products_where_there_are_many(
    pending, products, in_key_order, found
):
    assert await listing._pending(Noted(), totals(pending, products), in_key_order) == found
