"""Whole numbers of cells: read exactly, or not at all."""

import pyarrow as pa
import pytest

from product_importer.pipeline.whole_number import WholeNumberSigns, to_whole_number


def read(*cells):
    found = to_whole_number(pa.array(cells, pa.string()))
    return found.values.to_pylist(), None if found.others is None else found.others.to_pylist()


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12", 12),
        ("12.0", 12),
        ("12.", 12),
        ("-3", -3),
        ("-3.00", -3),
        ("+5", 5),
        (" 7 ", 7),
        ("007", 7),
        ("0", 0),
        ("-0", 0),
        ("999999999999999999", 999999999999999999),
    ],
)
def test_whole_numbers(cell, number):
    assert read(cell) == ([number], None)


@pytest.mark.parametrize(
    "cell",
    [
        "12.5",
        "1,200",
        "1.200",
        "1 200",
        "in stock",
        "1e3",
        "12-",
        "--1",
        "1000000000000000000",
        "½",
        "١٢",
        ".0",
    ],
)
def test_what_is_none_stays_a_text(cell):
    assert read(cell, "1") == ([None, 1], [True, False])


def test_blank_cells_are_neither():
    assert read("", "  ", None) == ([None, None, None], None)
    assert read("", "x", "2") == ([None, None, 2], [False, True, False])


def test_signs_count_filled_cells():
    assert to_whole_number(pa.array(["1", "", "x", "2.0"])).signs == WholeNumberSigns(3, 2)
