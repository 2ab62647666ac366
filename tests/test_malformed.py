"""Which records fit under a header, and what is said of the others."""

import pytest

from product_importer.malformed import fit
from product_importer.model import RowError

HEADER, FOLDED = ("sku", "column 2", "Größe"), ("sku", "", "grösse")


@pytest.mark.parametrize(
    ("cells", "fitted"),
    [
        (["1", "", "x"], ["1", "", "x"]),
        (["", "", ""], ["", "", ""]),
        (["1", "2", "3", "", " \t", "\u00a0\r\n"], ["1", "2", "3"]),
        (["sku", "x", "Größe"], ["sku", "x", "Größe"]),
    ],
)
def test_what_fits(cells, fitted):
    assert fit(cells, HEADER, FOLDED) == fitted


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["1"], "too_few_cells"),
        (["1", "2", "3", "", "4"], "too_many_cells"),
        (["SKU", " ", "GRÖSSE"], "repeated_header"),
        (["\ufeffSku ", "", "größe", ""], "repeated_header"),
        (["1", "\0", "3"], "nul_character"),
        (["\0"], "nul_character"),
        (["1", "2", "3", "\0"], "nul_character"),
    ],
)
def test_what_does_not(cells, code):
    error = fit(cells, HEADER, FOLDED)
    assert isinstance(error, RowError)
    assert error.code == code


def test_messages_name_numbers_columns_and_values():
    few, many = fit(["1"], HEADER, FOLDED), fit(["1"] * 1_000, ("a",), ("a",))
    assert few.message.startswith("The row has 1 cell, but the header has 3 columns. ")
    assert many.message.startswith("The row has 1,000 cells, but the header has 1 column. ")
    nul = fit(["1", "2", "x\0" + "y" * 500], HEADER, FOLDED)
    assert (nul.column, nul.value) == ("Größe", "x\0" + "y" * 198)
    assert fit(["1", "2", "3", "\0"], HEADER, FOLDED).column is None
