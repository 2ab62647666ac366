"""Check digits of GTINs, and zeros that a spreadsheet dropped."""

import pyarrow as pa
import pytest

from product_importer.cells.gtin import lost_zeros, wrong_check_digits

GOOD = ["4006381333931", "96385074", "036000291452", "10614141000415", "9780306406157", "00000000"]


def marked(found, cells):
    return [] if found is None else [cell for cell, hit in zip(cells, found.to_pylist(), strict=True) if hit]


def of(look, *cells):
    return marked(look(pa.array(cells, pa.string())), cells)


def test_good_ones_are_left_alone():
    assert of(wrong_check_digits, *GOOD) == []
    assert of(lost_zeros, *GOOD) == []


@pytest.mark.parametrize("good", GOOD)
def test_each_other_last_digit_is_wrong(good):
    others = [good[:-1] + digit for digit in "0123456789" if digit != good[-1]]
    assert of(wrong_check_digits, good, *others) == others


def test_other_barcodes_are_not_judged():
    others = ["", None, "ABC-123", "12345", "4006381333932X", "٤٠٠٦٣٨١٣", "-0063813", "123456789X"]
    assert of(wrong_check_digits, *others) == []


def test_a_zero_that_was_dropped():
    assert of(lost_zeros, "36000291452", "6385072", "1234567", None, "3600029145") == ["36000291452"]
    assert of(lost_zeros, "36000291453") == []
    assert of(lost_zeros, "1234565") == ["1234565"]


def test_a_slice_is_looked_at_by_its_own_cells():
    column = pa.array(["x", "4006381333931", "4006381333932", "y"]).slice(1, 2)
    assert wrong_check_digits(column).to_pylist() == [False, True]
