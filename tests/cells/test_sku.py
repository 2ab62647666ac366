"""One definition of "the same SKU", in Python and in Arrow."""

import csv
import json
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.cells.sku import sku_key, sku_keys, visible_sku, visible_skus

NASTY = Path(__file__).parents[3] / "shared" / "data" / "nasty"

# Letters that fold to several, compose, decompose, can't be seen, are white space, or control something.
TRICKY = st.sampled_from(
    "aAzZ09 -\t\n\x1c\x1d\x1e\x1f\x7f\x85\xa0ßẞſİıiIÉéǅﬁΣςσΌΐ\u0301\u0307\u0345\u200b\u200d\ufeff\u00ad"
    "\u3164\uffa0\u1160\u2028\u3000ＡａﾞカK´¨\ufdfa\ufe0f각ᄀ\u11a8\U0001d400\U000e0041"
)
# UTF-8, thus Arrow and every file, has no lone surrogates.
TEXT = st.text(TRICKY) | st.text(st.characters(exclude_categories=["Cs"]))


def notable(character):
    """Not one of the hundreds of thousands of plain ideographs, syllables and code points without meaning."""
    category = unicodedata.category(character)
    plain = (
        category in {"Lo", "Cn", "Co"} and unicodedata.normalize("NFKC", character.casefold()) == character
    )
    return category != "Cs" and not (plain and unicodedata.normalize("NFD", character) == character)


NOTABLE = [character for character in map(chr, range(sys.maxunicode + 1)) if notable(character)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("abc-1", "ABC-1"),
        ("abc-1", " \tabc-1\u00a0\u3000"),
        ("STRASSE", "straße"),
        ("STRASSE", "STRAẞE"),
        ("273 \u212a", "273 k"),  # the Kelvin sign
        ("ＡＢＣ－１", "abc-1"),  # full width
        ("É", "e\u0301"),  # composed, decomposed
        ("ΌΣΟΣ", "όσος"),  # final sigma
        ("ﬁt", "FIT"),  # ligature
        ("İ", "i\u0307"),
        ("a\u200bb\u00adc\ufeff", "ABC"),  # invisible
        ("e\u200d\u0301", "é"),  # a joiner must not keep two characters from composing
        ("x\u200b ", "x"),  # white space that an invisible character hid
    ],
)
def test_same_sku(one, other):
    assert sku_key(one) == sku_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İ", "i"),
        ("ı", "i"),
        ("é", "e"),
        ("A B", "AB"),
        ("A-B", "AB"),
        ("0017", "17"),
        ("Ω", "O"),
        ("а", "a"),
    ],
)
def test_different_sku(one, other):
    assert sku_key(one) != sku_key(other)


@pytest.mark.parametrize("sku", ["", " ", "\t\n", "\u00a0", "\u200b", "\ufeff\u2060", "\u3164"])
def test_nothing_to_see_is_an_empty_key(sku):
    assert sku_key(sku) == ""


def test_every_notable_character_alone_and_among_others():
    texts = [*NOTABLE, *(f"a{character}\u0301B{character}" for character in NOTABLE)]
    keys = [sku_key(text) for text in texts]
    assert [key for key in keys if sku_key(key) != key] == []
    assert sku_keys(pa.array(texts)).to_pylist() == keys


@given(TEXT)
def test_a_key_is_its_own_key(sku):
    assert sku_key(sku_key(sku)) == sku_key(sku)


@given(TEXT)
def test_case_composition_and_edges_do_not_matter(sku):
    key = sku_key(sku)
    for form in ("NFC", "NFD"):
        assert sku_key(unicodedata.normalize(form, sku)) == key
    assert sku_key(f"\u2003{sku}\u200b\n") == key
    if "\u0345" not in unicodedata.normalize(
        "NFD", sku
    ):  # folds to a letter, which others then can't move past
        assert sku_key(sku.casefold()) == key


@given(st.lists(st.none() | TEXT), st.integers(0, 3))
def test_a_column_has_the_keys_of_its_skus(skus, start):
    column = pa.array(skus, pa.string())[start:]
    assert sku_keys(column).to_pylist() == [None if sku is None else sku_key(sku) for sku in skus[start:]]


@given(TEXT)
def test_a_visible_sku_has_the_same_key_and_stays_as_it_is(sku):
    visible = visible_sku(sku)
    assert sku_key(visible) == sku_key(sku)
    assert visible_sku(visible) == visible


@given(st.lists(st.none() | TEXT))
def test_a_column_of_visible_skus(skus):
    found = visible_skus(pa.array(skus, pa.string()))
    wanted = [None if sku is None else visible_sku(sku) for sku in skus]
    assert found.skus.to_pylist() == wanted
    changed = [False] * len(skus) if found.changed is None else found.changed.to_pylist()
    assert changed == [one != other for one, other in zip(skus, wanted, strict=True)]


@pytest.mark.parametrize(
    ("sku", "visible"),
    [
        ("AB\u200b-1", "AB-1"),
        ("\ufeffAB-1", "AB-1"),
        ("A\u00adB", "AB"),
        ("\u202aAB\u202c", "AB"),
        ("\u2066AB\u2069\u200e", "AB"),
        ("A\u200dB\u200c", "AB"),
        ("A\ufe0f1\ufe0f", "A1"),
        ("A\U000e0041", "A"),
        ("\u3164A\u1160", "A"),
    ],
)
def test_what_cannot_be_seen_is_left_out(sku, visible):
    assert visible_sku(sku) == visible


@pytest.mark.parametrize(
    "sku",
    [
        "\U0001f469\u200d\U0001f4bb-1",  # a woman at a computer
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England's flag
        "1\ufe0f\u20e3",  # a key
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937",  # Devanagari
        "\u8fbb\U000e0100",  # a variant of an ideograph
    ],
)
def test_what_emoji_and_scripts_need_stays(sku):
    assert visible_sku(sku) == sku


@pytest.mark.skipif(not NASTY.is_dir(), reason="../shared/data is not here")
class TestNastyData:
    def test_pairs_of_citext(self):
        with (NASTY / "postgres-citext" / "citext_utf8_pairs.csv").open(encoding="utf-8", newline="") as file:
            pairs = list(csv.DictReader(file))
        assert len(pairs) == 8
        for pair in pairs:
            left, right, expected = pair["left"], pair["right"], pair["expected"]
            same = sku_key(left) == sku_key(right)
            if (left, right) == ("i", "İ"):
                assert not same  # equal only to citext over libc; Unicode tells them apart
            elif "canonically equivalent" in expected:
                assert same  # citext compares code points, we compare characters
            else:
                assert same == expected.startswith(("eq", "citext-eq")), pair

    def test_naughty_strings(self):
        strings = json.loads((NASTY / "blns" / "blns.json").read_text(encoding="utf-8"))
        keys = [sku_key(string) for string in strings]
        assert len(keys) > 500
        assert [sku_key(key) for key in keys] == keys
        assert sku_keys(pa.array(strings)).to_pylist() == keys
