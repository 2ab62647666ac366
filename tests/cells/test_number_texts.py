"""Which texts a spreadsheet may have taken for a number or for a date."""

import re

import pytest

from product_importer.cells.number_texts import DATE, texts_of_number

dates = re.compile(DATE)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e5", "100000"), ("10e4", "100000"), ("1e+5", "100000"), ("1e05", "100000"), ("12e3", "12000"),
        ("1.5e3", "1500"), ("1.299", "1299"), ("1,299", "1299"), ("1.234.567", "1234567"), ("17.50", "17.5"),
        ("1,5", "1.5"), ("1.5", "1,5"), ("0.300", "0.3"), (".5", "0.5"),
    ],
)  # fmt: skip
def test_texts_of_numbers(text, number):
    assert text in texts_of_number(number)


@pytest.mark.parametrize("number", ["7", "0", "100", "1299", "17.5", "0,25", "1" + "0" * 60])
def test_the_number_itself_is_no_other_text(number):
    texts = list(texts_of_number(number))

    assert number not in texts
    assert len(set(texts)) == len(texts) < 100


@pytest.mark.parametrize(
    "text",
    [
        "31.01.2024", "1/2/2026", "03-04-2026", "2024-01-31", "2024-01-31t00:00:00", "2024-01-31 12:00:00",
        "01. feb", "1-feb", "01-mrz-24", "12:30:00", "1:05:00 pm",
    ],
)  # fmt: skip
def test_dates(text):
    assert dates.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["10-20-30", "1.2.3", "12:30", "2024", "2024-01", "1-fab", "31.01.24", "a-2024-01-31"]
)
def test_no_dates(text):
    assert not dates.fullmatch(text)
