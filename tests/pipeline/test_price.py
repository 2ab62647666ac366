"""Prices are read exactly, or refused with the reason."""

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.numbers import Notation, NumberSigns
from product_importer.pipeline.price import PRICE_TYPE, may_be_prices, to_price


def read(*cells, **notation):
    prices, findings, *_ = to_price(pa.array(cells, pa.string()), Notation(**notation))
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
        ("0.299", "0.299"),
        ("007.299", "7.299"),
        (".299", "0.299"),
        ("1299.500", "1299.5"),
        ("1.2990", "1.299"),
        ("1.2990000", "1.299"),
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
            ["$21.00", "29 €", "£ 5", "EUR 29,99", "29.99USD", "R$ 5,00", "€1.299,00"],
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
        ("price_ambiguous", ["1.299", "12.500", "999.000", "+1.299"]),
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


@pytest.mark.parametrize(("cell", "price"), [("1.299", "1.299"), ("12.500", "12.5"), ("+999.000", "999")])
def test_three_decimals_where_it_is_known_what_they_are(cell, price):
    assert read(cell, "2", decimal="point", sure=True) == ([Decimal(price), Decimal(2)], {})


@pytest.mark.parametrize(
    ("point", "comma", "price"),
    [
        ("1,299.50", "1.299,50", "1299.5"),
        ("1,299", "1.299", "1299"),
        ("1,299,000.1234", "1.299.000,1234", "1299000.1234"),
        ("999,999,999,999,999.99", "999.999.999.999.999,99", "999999999999999.99"),
        ("1299.50", "1299,50", "1299.5"),
        ("12.5", "12,5", "12.5"),
        ("1.299", "1,299", "1.299"),
        ("5.", "5,", "5"),
        (".5", ",5", "0.5"),
        ("15", "15", "15"),
        (" 1,299 \u00a0", " 1.299 \u00a0", "1299"),
    ],
)
def test_the_option_says_how_all_are_written(point, comma, price):
    assert read(point, decimal="point", sure=True) == ([Decimal(price)], {})
    assert read(comma, decimal="comma", sure=True) == ([Decimal(price)], {})


@pytest.mark.parametrize(
    ("code", "point", "comma"),
    [
        ("price_thousands_separator", "1.299,50", "1,299.50"),
        ("price_not_a_number", "1,299'000.50", "1.299'000,50"),
        ("price_thousands_separator", "1.299.000", "1,299,000"),
        ("price_too_many_decimals", "0.00001", "0,00001"),
        ("price_too_large", "1234567890123456", "1234567890123456"),
        ("price_currency", "€1,299.00", "€1.299,00"),
        ("price_negative", "-1,299.00", "-1.299,00"),
        ("price_not_a_number", "1,2990,000", "1.2990.000"),
        ("price_not_a_number", "1,2,3", "1.2.3"),
    ],
)
def test_what_the_option_leaves_in_doubt_is_refused(code, point, comma):
    assert read(point, decimal="point", sure=True) == ([None], {code: [True]})
    assert read(comma, decimal="comma", sure=True) == ([None], {code: [True]})


@pytest.mark.parametrize("cell", ["12{}50", "0{}299", "1299{}500", "1{}2990"])
def test_the_other_sign_has_a_code_of_its_own(cell):
    assert read(cell.format(","), decimal="point") == ([None], {"price_decimal_comma": [True]})
    assert read(cell.format("."), decimal="comma") == ([None], {"price_decimal_point": [True]})


@pytest.mark.parametrize("decimal", ["point", "comma"])
def test_slices_and_blanks_in_either_notation(decimal):
    cells = pa.array(["x", "1.5", None, "2,25", "", "ü1,5", "3"], pa.string())
    whole = to_price(cells, Notation(decimal)).values
    assert to_price(cells.slice(1, 5), Notation(decimal)).values == whole.slice(1, 5)
    assert whole.to_pylist().count(None) == 5


class TestMessages:
    def message(self, cell, **notation):
        (finding,) = to_price(pa.array([cell]), Notation(**notation)).findings
        return finding.message

    @pytest.mark.parametrize("cell", ["1.299", "1,299", "1.299,50", "12,50"])
    def test_the_option_is_named_where_it_helps(self, cell):
        assert "--decimal comma" in self.message(cell, decimal="point")
        assert "--decimal" not in self.message(cell)

    @pytest.mark.parametrize("cell", ["$5", "-1", "x", "1.23456"])
    def test_and_only_there(self, cell):
        assert "--decimal" not in self.message(cell, decimal="point")

    def test_of_currencies_the_rule_s_is_named(self):
        assert "several currencies" in self.message("5 €", decimal="point")
        assert "isn't in USD" in self.message("5 €", decimal="point", currency="USD")

    def test_advice_is_in_the_file_s_notation(self):
        assert "1299.50" in self.message("12,50", decimal="point", told=True)
        for cell in ("12.50", "1,299.50", "x"):
            message = self.message(cell, decimal="comma", told=True)
            assert "1299,50" in message
            assert "1299.50" not in message
            assert "--decimal" not in message


class TestSigns:
    def signs(self, *cells):
        return to_price(pa.array(cells, pa.string())).signs

    @pytest.mark.parametrize(
        "cell",
        [
            "12.5",
            "1299.50",
            "0.299",
            "1299.500",
            "1.2990",
            "1,299.50",
            "1,299,000",
            ".5",
            "1'299.50",
        ],
    )
    def test_point(self, cell):
        grouped = any(sign in cell for sign in ",'")
        assert self.signs(cell) == NumberSigns(cells=1, fitting=1, point=1, grouped=grouped)

    @pytest.mark.parametrize(
        "cell",
        ["12,5", "2.499,00", "1299,50", "0,299", "1299,500", "1.299.000", ",5", "1\u202f299,50"],
    )
    def test_comma(self, cell):
        grouped = any(sign in cell for sign in ".\u202f")
        assert self.signs(cell) == NumberSigns(cells=1, fitting=1, comma=1, grouped=grouped)

    @pytest.mark.parametrize("cell", ["1.299", "+12.500"])
    def test_either(self, cell):
        assert self.signs(cell) == NumberSigns(cells=1, fitting=1, three_point=1, examples=((0, cell),))
        comma = cell.replace(".", ",")
        assert self.signs("", comma) == NumberSigns(cells=1, fitting=1, three_comma=1, examples=((1, comma),))

    @pytest.mark.parametrize("cell", ["15", "5.", "-5", "٣"])
    def test_whole_numbers_and_others_show_nothing(self, cell):
        assert self.signs(cell) == NumberSigns(cells=1, fitting=1)
        assert self.signs("1 299") == NumberSigns(cells=1, fitting=1, grouped=1)

    @pytest.mark.parametrize(
        ("cell", "currency", "sign"),
        [
            ("$18.00", "$", "point"),
            ("18.00 USD", "USD", "point"),
            ("€1.299,00", "EUR", "comma"),
            ("5 Kč", "CZK", ""),
        ],
    )
    def test_currencies(self, cell, currency, sign):
        grouped = "1.299" in cell
        signs = NumberSigns(cells=1, fitting=1, grouped=grouped, currencies=frozenset({currency}))
        assert self.signs(cell) == (replace(signs, **{sign: 1}) if sign else signs)

    @pytest.mark.parametrize("word", ["-", "N/A", "null", r"\N"])
    def test_null_words(self, word):
        assert self.signs(word) == NumberSigns(cells=1, nothing=1, words=frozenset({word}))

    @pytest.mark.parametrize("cell", ["on request", "see v.o.l."])
    def test_no_number_in_any_notation(self, cell):
        assert self.signs(cell) == NumberSigns(cells=1, fitting=0)

    def test_blanks_count_for_nothing(self):
        assert self.signs("", None, " ") == NumberSigns()

    def test_they_add_up(self):
        cells = ["12.5", "1.299", "x", "", "12,5", "7"]
        assert self.signs(*cells) == NumberSigns(
            cells=5, fitting=4, point=1, comma=1, three_point=1, examples=((1, "1.299"),)
        )
        assert replace(sum(map(self.signs, cells), NumberSigns()), examples=()) == replace(
            self.signs(*cells), examples=()
        )

    @given(st.lists(st.text(st.sampled_from("0129.,€ -x\u00a0'")) | st.none()))
    def test_they_do_not_depend_on_how_the_cells_are_read(self, cells):
        column = pa.array(cells, pa.string())
        found = {
            to_price(column, Notation(decimal, sure=sure, currencies=sure, nothing=sure)).signs
            for decimal in (None, "point", "comma")
            for sure in (False, True)
        }
        assert len(found) == 1

    @given(st.lists(st.text(st.sampled_from("0129.,€ -x\u00a0")) | st.none()))
    def test_a_column_that_is_no_field_gives_the_same_signs(self, cells):
        found = may_be_prices(pa.array(cells, pa.string()))
        signs = self.signs(*cells)
        assert (found.cells, found.fitting) == (signs.cells, signs.fitting)


@given(st.lists(st.decimals(min_value=0, max_value="999999999999999.9999", places=4)))
def test_every_price_that_fits_is_read(prices):
    assert read(*map(str, prices)) == (prices, {}) or not prices


IN_FILES = [
    ("4,50 €", "comma", "4.5", "EUR"),
    ("EUR 4.50", "point", "4.5", "EUR"),
    ("€1.299,00", "comma", "1299", "EUR"),
    ("$12", "point", "12", "$"),
    ("US$ 1,299.50", "point", "1299.5", "USD"),
    ("R$ 5,00", "comma", "5", "BRL"),
    ("1 299,00 zł", "comma", "1299", "PLN"),
    ("12.50 kr.", "point", "12.5", "kr"),
    ("Fr. 1'299.50", "point", "1299.5", "CHF"),
    ("Rs.500", "point", "500", "Rs"),
    ("CHF 1’299.50", "point", "1299.5", "CHF"),
    ("1\u202f299,50", "comma", "1299.5", None),
    ("1\u00a0299", "point", "1299", None),
    ("1 299 000.5", "point", "1299000.5", None),
    ("1´299.50", "point", "1299.5", None),
    ("CHF 1‘299.50", "point", "1299.5", "CHF"),
    ("€ 1 299,50", "comma", "1299.5", "EUR"),
    ("1,23,456.00", "point", "123456", None),
    ("12,34,567", "point", "1234567", None),
    ("₹1,00,00,000.50", "point", "10000000.5", "INR"),
    ("１２．５０", "point", "12.5", None),
    ("１，２９９円", "point", "1299", "JPY"),
]


@pytest.mark.parametrize(("cell", "decimal", "price", "currency"), IN_FILES)
def test_separators_and_currencies_are_read_in_files(cell, decimal, price, currency):
    found = to_price(pa.array([cell, None]), Notation(decimal, sure=True, currencies=True))
    assert (found.values.to_pylist(), found.findings) == ([Decimal(price), None], [])
    assert (found.currencies and found.currencies.to_pylist()) == (currency and [currency, None])
    assert to_price(pa.array([cell])).findings


@pytest.mark.parametrize("cell", ["1,00,000.50", "1.00.000,50", "12,34,567"])
def test_the_grouping_of_india_goes_with_a_decimal_point_only(cell):
    found = to_price(pa.array([cell]), Notation("comma", sure=True, currencies=True))
    assert [finding.code for finding in found.findings] == ["price_thousands_separator"]


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("4,-", 4),
        ("4.-", 4),
        ("4,--", 4),
        ("4,–", 4),
        ("4,—", 4),
        ("99:-", 99),
        ("500/-", 500),
        ("500/=", 500),
        ("1.299,–", 1299),
        ("1.299.-", 1299),
        ("1'299.–", 1299),
        ("1 299,-", 1299),
        ("1,23,456/-", 123456),
        ("CHF 4.–", 4),
        ("€ 4,-", 4),
        ("1.299,- €", 1299),
        ("Rs. 500/-", 500),
    ],
)
@pytest.mark.parametrize("decimal", ["point", "comma"])
def test_a_dash_instead_of_the_decimals_is_read_in_either_notation(cell, price, decimal):
    found = to_price(pa.array([cell]), Notation(decimal, sure=True, currencies=True))
    assert (found.values.to_pylist(), found.findings) == ([price], [])
    assert (found.signs.fitting, found.signs.point, found.signs.comma, found.signs.ambiguous) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    "cell",
    ["12,50-", "12.50 -", "1.299,50-", "1.299-", "-5 €", "EUR -5", "5,00- €", "-4,-", "(5.00 €)", "−1 299"],
)
@pytest.mark.parametrize("decimal", ["point", "comma"])
def test_a_minus_is_named_wherever_it_stands(cell, decimal):
    found = to_price(pa.array([cell]), Notation(decimal, sure=True, currencies=True))
    assert [finding.code for finding in found.findings] == ["price_negative"]


@pytest.mark.parametrize(
    "cell",
    [
        "1,23,45",
        "1,2,345",
        "4,-5",
        "4,---",
        "4,- or 5,-",
        "12,3,-",
        "1.299'000,-",
        "10²",
        "EUR.50",
        "$.50",
        "5 pcs",
        "12 L",
        "€ 5 €",
        "EUR 5 USD",
        "1 299'000",
        "12 50",
        "1 2990",
        "5 €/kg",
        "0 299",
    ],
)
@pytest.mark.parametrize("decimal", ["point", "comma"])
def test_what_is_no_price_for_certain_is_refused_in_files_too(cell, decimal):
    found = to_price(pa.array([cell]), Notation(decimal, sure=True, currencies=True, nothing=True))
    assert (found.values.to_pylist(), len(found.findings)) == ([None], 1)


def test_one_currency_of_several():
    cells = pa.array(["5 €", "$6", "7"])
    found = to_price(cells, Notation("point", currency="USD"))
    assert found.values.to_pylist() == [None, Decimal(6), Decimal(7)]
    assert found.currencies.to_pylist() == [None, "USD", None]
    assert [(finding.code, finding.rows.to_pylist()) for finding in found.findings] == [
        ("price_currency", [True, False, False])
    ]


def test_null_words_are_blank_where_the_notation_says_so():
    cells = pa.array(["5", "NULL", "-"])
    assert to_price(cells, Notation("point", nothing=True)).findings == []
    assert [finding.code for finding in to_price(cells, Notation("point")).findings] == ["price_not_a_number"]
