"""Words that tell a file's encoding are collected, wherever its blocks are cut and however large it is."""

import pytest

from product_importer.delimited.encodings.telling import telling

FILE = 'SKU,Name,preis\nA-1,Grün,1\nA-2,Öl und Essig,2\n"Maß, groß",Grün,Tee\n'.encode("latin-1")
WORDS = [word.encode("latin-1") for word in ("Grün", "Öl", "Maß", "groß")]


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 1_000])
def test_the_words_are_the_same_wherever_the_blocks_are_cut(size):
    found = telling(pieces(FILE, size))
    assert list(found.words) == WORDS
    assert found.size == sum(map(len, WORDS))
    assert found.text == b"\n".join(WORDS) + b"\n"
    assert found.counts == {0xFC: 1, 0xD6: 1, 0xDF: 2}


def test_plain_words_are_those_of_the_first_block():
    assert telling([FILE, b"and more"]).plain == {b"sku", b"name", b"preis", b"und", b"essig", b"tee"}
    assert telling([]).plain == frozenset()


@pytest.mark.parametrize(("end", "open_end"), [(b"Gr\xfc", True), (b"Gr\xfcn", False), (b"Gr\xfc\n", False)])
def test_a_word_that_the_files_end_may_have_cut_is_left_open(end, open_end):
    found = telling([FILE, end])
    assert found.open_end is open_end
    assert found.text.endswith(b"\n") is not open_end


def test_of_a_plain_file_nothing_is_collected():
    found = telling([b"sku,name\n", b"1,tea\n"])
    assert (found.words, found.blocks, found.text) == ({}, 0, b"\n")


def test_a_large_file_is_looked_at_in_bounded_memory():
    blocks = [b" ".join(b"%d\xe4%d" % (block, n) for n in range(500)) + b"\n" for block in range(40)]
    found = telling(blocks)
    assert 700 <= len(found.words) < 1_300
    assert found.size < 60_000


def test_a_rare_byte_is_still_looked_for_when_there_is_enough_of_the_others():
    blocks = [b" ".join(b"%d\xe4%d" % (block, n) for n in range(500)) + b"\n" for block in range(20)]
    assert b"Ma\xdf" in telling([*blocks, b"a Ma\xdf\n"]).words


def test_a_word_longer_than_any_is_cut():
    long = b"\xe4" * 200_000
    found = telling([*pieces(long, 30_000), b" Gr\xfcn"])
    assert b"Gr\xfcn" in found.words
    assert max(map(len, found.words)) <= 65_536
