"""What records of the catalogue say of themselves."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from product_importer.model import Status
from product_importer.product import (
    MAX_PAGE_SIZE,
    PAGE_SIZE,
    SORTS,
    Deletion,
    Product,
    ProductPage,
    price_text,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PRODUCT = Product(1, 1, "T", "Tea", None, Decimal(1), True, {}, NOW, NOW)


def deletion(status, total, deleted):
    return Deletion(1, status, "user:1", total, deleted, "", NOW, NOW, None)


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("4", "4.00"),
        ("4.5", "4.50"),
        ("4.50", "4.50"),
        ("4.505", "4.5050"),
        ("0.0001", "0.0001"),
        ("1E+3", "1000.00"),
    ],
)
def test_a_price_has_two_decimals_or_four(price, text):
    assert price_text(Decimal(price)) == text


@pytest.mark.parametrize(
    ("total", "deleted", "percent"),
    [(0, 0, 0.0), (3, 1, 33.3), (1_000, 0, 0.0), (100_000, 99_999, 99.9), (9, 9, 99.9)],
)
def test_a_deletion_is_done_to_the_last_only_when_it_is_completed(total, deleted, percent):
    assert deletion(Status.RUNNING, total, deleted).percent == percent
    assert deletion(Status.FAILED, total, deleted).percent == percent
    assert deletion(Status.COMPLETED, total, deleted).percent == 100.0


def test_a_deletion_ends_in_two_ways():
    ended = [status for status in Status if deletion(status, 1, 1).ended]
    assert ended == [Status.COMPLETED, Status.FAILED]


@pytest.mark.parametrize(
    ("shown", "page", "total", "has_next", "pages"),
    [
        (0, 1, 0, False, 1),
        (5, 1, 5, False, 1),
        (20, 1, 41, True, 3),
        (1, 3, 41, False, 3),
        (0, 9, 41, False, 3),
        (20, 7, 100, True, 8),
    ],
)
def test_pages_as_far_as_they_are_counted(shown, page, total, has_next, pages):
    found = ProductPage((PRODUCT,) * shown, page, PAGE_SIZE, total, False, has_next, 0)
    assert found.pages == pages


def test_every_order_has_its_reverse():
    assert {sort.removeprefix("-") for sort in SORTS} == {sort for sort in SORTS if sort[0] != "-"}
    assert len(SORTS) == 2 * len({sort.removeprefix("-") for sort in SORTS})
    assert (PAGE_SIZE, MAX_PAGE_SIZE) == (20, 200)
