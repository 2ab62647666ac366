"""Whatever is written is read again as it was, and is no formula in between."""

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from product_importer.delimited.formulas import (
    STARTS,
    attribute_headers,
    attribute_name,
    marked,
    remarked,
    unmarked,
    unmarked_text,
    without_foreign_mark,
)
from product_importer.delimited.header import clean_header
from product_importer.fields import FIELDS
from product_importer.model import Limits

MEAN = st.sampled_from(
    [
        *STARTS,
        "'",
        "'0017",
        '="0017"',
        "1",
        ".",
        "%",
        "e",
        '"',
        "\\",
        " ",
        "a",
        "A",
        "1",
        ":",
        "\ufeff",
        "attribute 1: ",
        "sku",
        "\u2028",
    ]
)
TEXTS = st.lists(st.one_of(MEAN, st.characters(exclude_characters="\0", exclude_categories=["Cs"]))).map(
    "".join
)


@given(st.lists(TEXTS, max_size=8))
@example([f"{quotes}{start}1" for start in STARTS for quotes in ("", "'", "''")])
@example(["0017", "'0017", "''0017", "'0017\n", '="0017"', '\'="0017"', "'1.5e+3%", "'.5", "'"])
def test_texts_come_back(texts):
    written = [marked(text) for text in texts]

    assert not any(text.startswith(STARTS) for text in written)
    assert unmarked(pa.array(written, pa.string())).cells.to_pylist() == texts
    assert unmarked(pa.array(written, pa.string())).foreign is None
    assert [unmarked_text(text) for text in written] == texts


@given(st.lists(st.none() | TEXTS, max_size=8))
@example(["=1", "'=1", "'0017", "0017", '="0017"', '\'="0017"', "'n' roll", "+49", None, ""])
def test_typed_texts_come_back_and_few_are_marked(texts):
    written = remarked(pa.array(texts, pa.string()))

    assert unmarked(written.fill_null("")).cells.to_pylist() == [text or "" for text in texts]
    assert all(
        new == old or unmarked_text(old) != old for new, old in zip(written.to_pylist(), texts, strict=True)
    )


@given(st.lists(st.one_of(TEXTS, TEXTS.map("'{}".format), TEXTS.map('="{}"'.format)), max_size=8))
def test_one_text_is_read_as_a_column_of_them_is(texts):
    assert [unmarked_text(text) for text in texts] == unmarked(pa.array(texts, pa.string())).cells.to_pylist()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'30235", "30235"),
        ("'0017", "0017"),
        ("'8712345678906", "8712345678906"),
        ("'1,299.50", "1,299.50"),
        ("'2026-01-02", "2026-01-02"),
        ("'4E+12", "4E+12"),
        ('="0017"', "0017"),
        ('="a ""b"" c"', 'a "b" c'),
        ('=""', ""),
    ],
)
def test_marks_of_spreadsheets_are_taken_off_and_said(cell, text):
    read = unmarked(pa.array(["x", cell, None]))
    assert read.cells.to_pylist() == ["x", text, None]
    assert read.foreign.to_pylist() == [False, True, False]
    assert without_foreign_mark(cell) == text


@pytest.mark.parametrize("cell", ["'tis the season", "'A-1", "''30235", "'=1+1", '="a', '="a"&B1', "'1st"])
def test_what_is_no_certain_mark_is_not_called_one(cell):
    assert unmarked(pa.array([cell])).foreign is None
    assert without_foreign_mark(cell) == cell


@pytest.mark.parametrize("text", ["'", "''", "'a", "' =1", "a=1", " =1", "'n' roll", ""])
def test_what_is_no_formula_is_left_alone(text):
    assert marked(text) == text
    assert unmarked(pa.array([text, None], pa.string())).cells.to_pylist() == [text, None]


@given(st.sets(TEXTS.filter(bool), max_size=8).map(sorted))
@example(
    [
        "Colour",
        "colour",
        "COLOUR",
        "sku",
        "Name",
        " x",
        "x ",
        "=1",
        "'=1",
        'attribute 1: "a"',
        "a\nb",
        "column 9",
    ]
)
def test_names_of_attributes_come_back(names):
    headers = [*FIELDS, *attribute_headers(names, FIELDS)]

    read = clean_header(headers, line=1, limits=Limits(columns=100))
    assert [attribute_name(header) for header in read[len(FIELDS) :]] == names
    assert not any(header.startswith(STARTS) for header in headers)


@pytest.mark.parametrize(
    "header",
    [
        "Colour",
        "attribute",
        "attribute 1",
        'attribute 1: "a',
        'attribute 1: ""',
        'attribute 1: "\\ud800"',
        "'x",
    ],
)
def test_other_headers_are_names_themselves(header):
    assert attribute_name(header) == header


@pytest.mark.parametrize("name", ["Variant SKU", "variant_sku", "VariantSKU"])
def test_an_attribute_that_an_import_would_take_for_the_sku_is_spelled_out(name):
    assert attribute_headers([name], FIELDS) == [f'attribute 1: "{name}"']
