"""Active flags are read, or refused."""

import pyarrow as pa
import pytest

from product_importer.pipeline.active import FALSE_WORDS, TRUE_WORDS, to_active


def read(*cells):
    active, findings = to_active(pa.array(cells, pa.string()))
    assert active.type == pa.bool_()
    return active.to_pylist(), {finding.code: finding.rows.to_pylist() for finding in findings}


@pytest.mark.parametrize("word", TRUE_WORDS)
def test_true(word):
    assert read(word, word.upper(), f" {word.title()}\u00a0") == ([True] * 3, {})


@pytest.mark.parametrize("word", FALSE_WORDS)
def test_false(word):
    assert read(word, word.upper(), f" {word.title()}\u00a0") == ([False] * 3, {})


def test_no_word_is_both():
    assert len({*TRUE_WORDS, *FALSE_WORDS}) == len(TRUE_WORDS) + len(FALSE_WORDS)


def test_blank_is_neither():
    assert read("", " ", None) == ([None] * 3, {})


def test_anything_else_is_unclear():
    cells = ("yes", "maybe", "-1", "2", "", "0.0", "TRUE", "truе")  # the last ends in a Cyrillic letter
    active, findings = read(*cells)
    assert active == [True, None, None, None, None, None, True, None]
    assert findings == {"active_unclear": [False, True, True, True, False, True, False, True]}
