"""The encoding of a file, from how it begins and from the words that tell."""

import pytest

from product_importer.delimited.encodings.guessing import encoding_of, guess_encoding
from product_importer.errors import EncodingUnclear

TEXT = "sku,name\nA-1,Grün\nA-2,Öl für Möbel\n"


def guessed(data, *, head=None, complete=True):
    return guess_encoding(data[:head], lambda: iter((data,)), complete=complete)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ],
)
def test_a_mark_at_the_start_tells(mark, encoding):
    assert guessed(mark + b"a,b\n") == encoding
    assert guessed(mark[:1], complete=False) == encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_shows_without_a_mark(encoding):
    assert guessed(TEXT.encode(encoding)) == encoding
    assert guessed(("茶" + TEXT).encode(encoding)) == encoding


def test_a_few_nuls_are_no_utf_16():
    assert guessed(b"sku,name\nA\0,Tea and more\nB,Tea and more\n") == "utf-8"
    assert guessed(b"\0\0\0\0sku\0\0\0\0") == "utf-8"


def test_what_is_utf_8_is_read_as_such():
    assert guessed(TEXT.encode()) == guessed(b"sku,name\n") == guessed(b"") == "utf-8"


def test_a_part_may_end_within_a_character():
    data = TEXT.encode()
    cut = data.index("ü".encode()) + 1
    assert guessed(data[:cut], complete=False) == "utf-8"
    assert guessed(data, head=cut, complete=False) == "utf-8"


def test_a_damaged_file_is_still_utf_8():
    assert guessed(TEXT.encode() + b"A-3,Gr\xfcn\n") == "utf-8"
    assert guessed("A,\ufffd \ufffd \ufffd\n".encode() + b"\xff\n") == "utf-8"


def test_a_file_of_another_encoding_is_not_taken_for_damaged():
    assert guessed(TEXT.encode("cp1252") * 20) == "cp1252"


def test_escapes_may_be_japanese_or_nothing():
    japanese = "sku,name\nA,シャツ\n".encode("iso2022_jp")
    assert guessed(japanese) == "iso2022_jp"
    assert guessed(b"sku,name\nA,\x1b[1mTea\n") == "utf-8"


def test_what_is_not_certain_is_asked_with_an_excerpt_of_each_choice():
    data = TEXT.encode("cp1252") * 20 + "B,ein Café\n".encode()
    with pytest.raises(EncodingUnclear) as asked:
        encoding_of(lambda: iter((data,)))
    assert asked.value.line == 61
    assert {choice.encoding: choice.text for choice in asked.value.choices}["cp1252"] == "B,ein CafÃ©"
    assert 2 <= len(asked.value.choices) <= 4
