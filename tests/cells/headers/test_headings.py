"""The words of headers and the remarks beside them: which field each names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.cells.headers import goes_before_own_name, heading
from product_importer.cells.headers.aliases import names, unaccented
from product_importer.cells.headers.languages import LANGUAGES
from product_importer.fields import FIELDS, PRODUCT, letters

WORDS = [
    *((word, field.name) for field in PRODUCT for word in field.aliases),
    *((word, field) for each in LANGUAGES for field in FIELDS for word in names(each.name, field)),
]


def field_of(column):
    found = heading(column)
    return None if found is None else found.named.field


@pytest.mark.parametrize("field", FIELDS)
def test_each_word_names_one_field_in_any_case(field):
    words = sorted({word for word, named in WORDS if named == field})
    forms = {form for word in words for form in (word, word.upper(), f" {word} *", f"{word}:")}
    assert words
    assert {form: field_of(form) for form in forms} == dict.fromkeys(forms, field)


def test_no_language_says_a_word_twice():
    for language in LANGUAGES:
        words = [letters(word) for field in FIELDS for word in names(language.name, field)]
        assert sorted(words) == sorted(set(words)), language.name


def test_each_field_has_a_name_in_each_language():
    assert [(each.name, field) for each in LANGUAGES for field in FIELDS if not names(each.name, field)] == []


@pytest.mark.parametrize(
    ("column", "field", "currency"),
    [
        ("Price (EUR)", "price", "EUR"),
        ("SKU*", "sku", None),
        ("Name [required]", "name", None),
        ("Preis in €", "price", "EUR"),
        ("price_eur", "price", "EUR"),
        ("PriceUSD", "price", "USD"),
        ("USD price", "price", "USD"),
        ("Prix TTC (€)", "price", "EUR"),
        ("Preis inkl. MwSt.", "price", None),
        ("Price without VAT", "price", None),
        ("Bruttopreis", "price", None),
        ("netto VK-Preis, CHF", "price", "CHF"),
        ("Cena (zł)", "price", "PLN"),
        ("価格（円）", "price", "JPY"),
        ("销售价格【含税】", "price", None),
        ("Цена, руб.", "price", "RUB"),
        ("Price ($)", "price", "$"),
        ("Stok kodu (SKU)", "sku", None),
        ("Barcode (EAN)", "barcode", None),
        ("Name (de)", "name", None),
        ("Name (max. 255 characters)", "name", None),
        ("Beschreibung (HTML)", "description", None),
        ("Lagerbestand (Stück)", "stock", None),
        ("Aktiv (ja/nein)", "active", None),
        ("ＳＫＵ", "sku", None),
        ("FİYAT", "price", None),
        ("nazev", "name", None),
        ("Preco", "price", None),
        ("Référence", "sku", None),
    ],
)
def test_remarks_are_overlooked(column, field, currency):
    assert (field_of(column), heading(column).currency) == (field, currency)


@pytest.mark.parametrize(
    "column",
    [
        "Reference", "Price (old)", "Price per kg", "Price / kg", "Price EUR/kg", "price (2)",
        "Sale price EUR", "Pen price", "Stock (EUR)", "Stock (minimum)", "In stock?", "Lager?",
        "Name (parent)", "SKU (supplier)", "Cost (EUR)", "EUR",
        "VAT", "net", "required", "Code", "Nummer", "Artikel", "Код",
        "编码", "", "()", "(EUR)",
        "Description (short)", "Kurzbeschreibung", "x" * 300 + " (EUR)", "Preis ohne", "Nettogewicht",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_names_no_field(column):
    assert heading(column) is None


def test_a_german_hand_written_without_umlauts_reads_the_same():
    assert unaccented(letters("Regulärer Preis")) == "regularerpreis"
    assert field_of("Regularer Preis") == "price"


@given(st.text(max_size=40))
def test_any_header_can_be_asked(column):
    found = heading(column)
    assert found is None or found.named.field in FIELDS
    assert isinstance(goes_before_own_name(column), bool)


def test_the_names_that_go_before_a_fields_own():
    assert [goes_before_own_name(each) for each in ("Variant SKU", "variant_sku*", "SKU", "Preis", "x")] == [
        *(True, True, False, False, False)
    ]
