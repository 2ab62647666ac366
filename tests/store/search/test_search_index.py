"""When the search index is kept up with changes, and when it is made anew."""

import pytest

from product_importer.store.search import following
from product_importer.store.search.reading import Totals


def totals(pending, products):
    return Totals(products=products, active=products, pending=pending)


@pytest.mark.parametrize(
    ("pending", "products", "anew"),
    [(50_000, 0, False), (50_001, 0, True), (100_000, 200_000, False), (100_001, 200_000, True)],
)
def test_an_index_is_made_anew_where_most_of_it_changes(pending, products, anew):
    assert following._better_anew(totals(pending, products)) is anew


@pytest.mark.parametrize(
    ("pending", "products", "done"),
    [(5_000, 0, True), (5_001, 0, False), (10_000, 200_000, True), (10_001, 200_000, False)],
)
def test_an_index_is_made_when_little_is_left_to_follow(pending, products, done):
    assert following._nearly_done(totals(pending, products)) is done
