"""Rules of values as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.model.value_rules import ValueRule


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("comma", ValueRule(decimal="comma"), "numbers with a decimal comma"),
        (" Point ;EUR", ValueRule("point", "EUR"), "numbers with a decimal point, prices in EUR"),
        ("R$", ValueRule(currency="R$"), "prices in R$"),
        ("blank: NULL, -", ValueRule(blank=("NULL", "-")), "NULL or - read as a blank cell"),
        (
            "yes: in stock; NO: sold out, x",
            ValueRule(yes=("in stock",), no=("sold out", "x")),
            "in stock read as yes, sold out or x read as no",
        ),
    ],
)
def test_rules(text, rule, words):
    assert (ValueRule.of(text), rule.words) == (rule, words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "says nothing"),
        (";", "says nothing"),
        ("dot", "'dot'"),
        ("comma; point", "'point'"),
        ("EUR; USD", "'USD'"),
        ("yes: a; yes: b", "'yes: b'"),
        ("yes: a, B; no: b", "'b' means yes and no"),
        ("colour: red", "'colour: red'"),
    ],
)
def test_what_is_no_rule_is_refused(text, said):
    with pytest.raises(ValueError, match="rule") as caught:
        ValueRule.of(text)
    assert said in str(caught.value)


WORDS = st.lists(st.text("abÄ -'\"\\\\", min_size=1).map(str.strip).filter(bool), max_size=3).map(tuple)


@given(st.sampled_from([None, "point", "comma"]), st.sampled_from([None, "EUR", "$", "kr"]), WORDS, WORDS)
def test_a_rule_is_written_and_read_again(decimal, currency, yes, blank):
    rule = ValueRule(decimal, currency, yes=yes, blank=blank)
    if rule != ValueRule():
        assert ValueRule.of(str(rule)) == rule
