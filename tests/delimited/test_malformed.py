"""Which records fit under a header, and what is said of the others."""

import pytest

from product_importer.delimited.malformed import fit, swallows_rows, text_after_quote, too_few_cells
from product_importer.model import RowError

HEADER, FOLDED = ("sku", "column 2", "Größe"), ("sku", "", "grösse")


@pytest.mark.parametrize(
    ("cells", "fitted"),
    [
        (["1", "", "x"], ["1", "", "x"]),
        (["", "", ""], ["", "", ""]),
        (["1"], ["1", "", ""]),
        (["1", "2"], ["1", "2", ""]),
        (["sku", "x", "Größe"], ["sku", "x", "Größe"]),
    ],
)
def test_what_fits(cells, fitted):
    assert fit(cells, HEADER, FOLDED, 0) == fitted


def test_blank_cells_that_all_rows_have_are_dropped():
    cells = ["1", "2", "3", "", " \t", "\u00a0\r\n"]
    assert fit(cells, HEADER, FOLDED, 3) == ["1", "2", "3"]
    assert fit(cells, HEADER, FOLDED, 2).code == "too_many_cells"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["1", "2", "3", ""], "too_many_cells"),
        (["1", "2", "3", "", "4"], "too_many_cells"),
        (["SKU", " ", "GRÖSSE"], "repeated_header"),
        (["\ufeffSku ", "", "größe"], "repeated_header"),
        (["1", "\0", "3"], "nul_character"),
        (["\0"], "nul_character"),
        (["1", "2", "3", "\0"], "nul_character"),
    ],
)
def test_what_does_not(cells, code):
    error = fit(cells, HEADER, FOLDED, 0)
    assert isinstance(error, RowError)
    assert error.code == code


def test_messages_name_numbers_columns_and_values():
    few, many = too_few_cells(1, 3), fit(["1"] * 1_000, ("a",), ("a",), 0)
    assert few.message.startswith("The row has 1 cell, but the header has 3 columns, and a row beside it ")
    assert many.message.startswith("The row has 1,000 cells, but the header has 1 column. ")
    nul = fit(["1", "2", "x\0" + "y" * 500], HEADER, FOLDED, 0)
    assert (nul.column, nul.value) == ("Größe", "x\0" + "y" * 198)
    assert fit(["1", "2", "3", "\0"], HEADER, FOLDED, 0).column is None
    one, several = text_after_quote(2, 2), text_after_quote(2, 1_004)
    assert one.message.startswith("The row is on line 2, and text follows the closing quote of a cell. ")
    assert several.message.startswith("The row takes lines 2 to 1,004, and text follows ")


@pytest.mark.parametrize(
    ("record", "swallows"),
    [
        (["A2", '24";12\nA3;Lamp 27', "5"], True),
        (["A2", '24";12\r\nA3;x;1\rA4;Lamp 27', "5"], True),
        (["A2", '24";12\nA3;x\nA4;Lamp 27', "5"], False),
        (["A2", '24" wide;\nheavy', "5"], False),
        (["A2", "24;12\nA3;Lamp 27", "5"], False),
        (["A2", '24";12 A3;Lamp 27', "5"], False),
    ],
)
def test_cells_that_hold_other_rows(record, swallows):
    assert swallows_rows(record, 3, ";") == swallows
