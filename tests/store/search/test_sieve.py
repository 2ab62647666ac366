"""What the search index is asked for: enough to bring few products, and no more."""

import pytest

from product_importer.fields import SEARCHABLE
from product_importer.product import ProductFilter
from product_importer.store.search.filtering import Conditions, Sample
from product_importer.store.search.sieve import MOST, Letters, choose, split


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("%tea%", [["tea"]]),
        ("%kettle%", [["ket", "tle"]]),
        ("%recycled%", [["rec", "ycl", "led"]]),
        ("%bath-0a1b%", [["bat", "ath"], ["0a1", "a1b"]]),
        ("%lamp no. 16%", [["lam", "amp"], [" no"], [" 16"]]),
        ("%50\\% grün%", [["grü", "rün"]]),
        ("%a_b 茶%", []),
        ("%no%", []),
    ],
)
def test_each_word_is_covered_by_few_letters(pattern, words):
    assert split(pattern) == words


def chosen(words, have_each, columns=1):
    letters = [Letters(f"{number}{word}", word, columns) for number, word in enumerate(words)]
    return [each.condition for each in choose(letters, have_each)]


def test_what_is_rare_is_asked_for_alone():
    assert chosen("ab", [900, 0]) == ["1b"]
    assert chosen("abc", [500, 1, 600]) == ["1b"]
    assert chosen("ab", [200, 1]) == ["1b", "0a"]
    assert chosen("ab", [200, 1], columns=4) == ["1b"]


def test_what_is_frequent_is_asked_for_together():
    assert chosen("ab", [120, 100]) == ["1b", "0a"]
    assert chosen("abc", [120, 100, 1000]) == ["1b", "0a"]


def test_of_a_frequent_word_the_rarest_letters_do():
    assert chosen("aab", [120, 100, 110]) == ["1a", "2b"]
    assert chosen("aaa", [0, 2, 1]) == ["0a", "2a", "1a"]


def test_something_is_asked_for_however_frequent():
    assert chosen("a", [1000]) == ["0a"]


def asked(wanted, *patterns):
    return [each.condition for each in Conditions(wanted).letters(Sample(0, 0, patterns))]


def test_a_text_is_looked_for_in_its_own_column():
    assert asked(ProductFilter(name="Tea pot"), "%tea pot%") == [
        "((name_text LIKE '%tea%'))",
        "((name_text LIKE '%pot%'))",
    ]


def test_a_word_is_looked_for_in_every_column():
    (condition,) = asked(ProductFilter(search="Tea"), "%tea%", "%tea%")
    assert condition.count("LIKE '%tea%'") == len(SEARCHABLE)


def test_a_word_of_other_letters_in_skus_is_one():
    (condition,) = asked(ProductFilter(search="Straße"), "%strasse%", "%straße%")
    assert "(sku_text LIKE '%str%' AND sku_text LIKE '%ass%' AND sku_text LIKE '%sse%')" in condition
    assert "(name_text LIKE '%str%' AND name_text LIKE '%aße%')" in condition


def test_a_long_text_is_not_asked_for_as_a_whole():
    text = " ".join(f"word{number}" for number in range(20))
    assert len(asked(ProductFilter(description=text), f"%{text}%")) == MOST
