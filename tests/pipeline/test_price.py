"""Prices are read exactly, or refused with the reason."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.price import PRICE_TYPE, to_price


def read(*cells):
    prices, findings = to_price(pa.array(cells, pa.string()))
    assert prices.type == PRICE_TYPE
    return prices.to_pylist(), {finding.code: finding.rows.to_pylist() for finding in findings}


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("29.99", "29.99"),
        ("1234", "1234"),
        (" 5 \u00a0", "5"),
        ("0", "0"),
        ("0.0001", "0.0001"),
        ("007.50", "7.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+5.25", "5.25"),
        ("34.000000", "34"),
        ("34.1234000000", "34.1234"),
        ("999999999999999.9999", "999999999999999.9999"),
    ],
)
def test_exact(cell, price):
    assert read(cell) == ([Decimal(price)], {})


@pytest.mark.parametrize("cell", ["", " ", "\t\u00a0", None])
def test_blank_is_no_price(cell):
    assert read(cell) == ([None], {})


@pytest.mark.parametrize(
    ("code", "cells"),
    [
        (
            "price_negative",
            ["-5", "−5.00", "- 5", "-$5.00", "$-5", "(5.00)", "($5)", "5.00-", "-1,299.00", "-0"],
        ),
        ("price_exponent", ["1e3", "1.23E+12", "1,5E-3", "-1e5"]),
        (
            "price_currency",
            ["$21.00", "29 €", "£ 5", "EUR 29,99", "29.99USD", "R$ 5,00", "€1.299,00", "-5 €"],
        ),
        (
            "price_thousands_separator",
            [
                "1,299.00",
                "1,299",
                "1.299,00",
                "1.299.000",
                "1 299",
                "1\u00a0299,00",
                "1'299.00",
                "1,00,000.50",
            ],
        ),
        ("price_decimal_comma", ["29,99", "0,5", ",5", "1299,00", "0,125"]),
        ("price_too_many_decimals", ["29.99999", "0.00001", ".12345"]),
        ("price_too_large", ["1234567890123456", "9999999999999999.99", "0000000000000000"]),
        (
            "price_not_a_number",
            [
                "abc",
                "N/A",
                "-",
                ".",
                "--5",
                "5 pieces",
                "1_000",
                "٣",
                "１２",
                "2020-01-01",
                "nan",
                "inf",
                "0x1F",
                "5,-",
            ],
        ),
    ],
)
def test_refusals_have_their_own_code(code, cells):
    for cell in cells:
        assert read(cell) == ([None], {code: [True]}), cell


def test_each_wrong_row_has_one_finding_and_the_others_their_price():
    prices, findings = read("1.50", "29,99", None, "$5", "x", " ", "7,00", "2")
    assert prices == [Decimal("1.50"), None, None, None, None, None, None, Decimal(2)]
    assert findings == {
        "price_currency": [False, False, False, True, False, False, False, False],
        "price_decimal_comma": [False, True, False, False, False, False, True, False],
        "price_not_a_number": [False, False, False, False, True, False, False, False],
    }


@given(st.lists(st.text(st.sampled_from("0123456789+-.,eE $€'()xX \n\u00a0")) | st.text() | st.none()))
def test_never_altered_and_never_both(cells):
    cells = [None if cell is None else cell.encode("utf-8", "ignore").decode() for cell in cells]
    prices, findings = read(*cells)
    blamed = [sum(rows) for rows in zip(*findings.values(), strict=True)] or [0] * len(cells)
    for cell, price, reasons in zip(cells, prices, blamed, strict=True):
        if price is not None:
            assert price == Decimal(cell.strip())
            assert price >= 0
            assert reasons == 0
        else:
            assert reasons == bool(cell and cell.strip())


@given(st.lists(st.decimals(min_value=0, max_value="999999999999999.9999", places=4)))
def test_every_price_that_fits_is_read(prices):
    assert read(*map(str, prices)) == (prices, {}) or not prices
