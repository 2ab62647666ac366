"""Whole numbers of cells: read exactly, or not at all."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.numbers import Notation, NumberSigns
from product_importer.pipeline.whole_number import to_whole_number


def read(*cells, **notation):
    found = to_whole_number(pa.array(cells, pa.string()), Notation(**notation))
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
    assert read(cell, decimal="point") == ([number], None)


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
    assert to_whole_number(pa.array(["1", "", "x", "2.0"])).signs == NumberSigns(3, 2, point=1)


@pytest.mark.parametrize(
    ("point", "comma", "number"),
    [
        ("1,200", "1.200", 1200),
        ("-1,200,000", "-1.200.000", -1_200_000),
        ("1,200.00", "1.200,00", 1200),
        ("12.000", "12,000", 12),
        ("1 200", "1\u00a0200", 1200),
        ("1'200", "1’200", 1200),
    ],
)
def test_separators_in_files(point, comma, number):
    assert read(point, decimal="point", sure=True) == ([number], None)
    assert read(comma, decimal="comma", sure=True) == ([number], None)


@pytest.mark.parametrize("cell", ["1,23,456", "1,23,456.00"])
def test_the_grouping_of_india_goes_with_a_point(cell):
    assert read(cell, decimal="point") == ([123456], None)
    assert read(cell, decimal="comma") == ([None], [True])
    assert read("1,23,456.5", decimal="point") == ([None], [True])


@pytest.mark.parametrize("cell", ["1,200", "12.000", "12,000"])
def test_what_may_be_read_in_two_ways_needs_certainty(cell):
    assert read(cell, decimal="point") == ([None], [True])
    signs = to_whole_number(pa.array([cell])).signs
    assert (signs.ambiguous, signs.examples) == (1, ((0, cell),))


@given(st.lists(st.text(st.sampled_from("0129.,-+ x'\u00a0")) | st.none()))
def test_signs_do_not_depend_on_how_the_cells_are_read(cells):
    column = pa.array(cells, pa.string())
    notations = [Notation(), *(Notation(each, sure=True, nothing=True) for each in ("point", "comma"))]
    assert len({to_whole_number(column, notation).signs for notation in notations}) == 1
