"""Scripts of letters, and how usual far eastern characters are."""

import pytest

from product_importer.delimited.encodings.scripts import chance_of, script_of, sole_script


@pytest.mark.parametrize(
    ("chars", "script"),
    [
        ("aÄßø", "LATIN"),
        ("Жїя", "CYRILLIC"),
        ("Ωά", "GREEK"),
        ("של", "HEBREW"),
        ("قم", "ARABIC"),
        ("品シひ한、", "CJK"),
        ("\u0301\u0327", "MARK"),
        ("1 -,ªº™½", ""),
    ],
)
def test_the_script_of_a_letter(chars, script):
    assert {script_of(char) for char in chars} == {script}
    assert script_of("") == ""


@pytest.mark.parametrize(
    ("words", "script"),
    [
        (["рубашка", "Чай"], "CYRILLIC"),
        (["ΤΙΜΗ"], "GREEK"),
        (["商品", "衬衫"], "IDEOGRAPHS"),
        (["셔츠"], "HANGUL"),
        (["シャツ"], "KANA"),
        (["ｼｬﾂ"], "KANA"),
        (["茶の木"], "KANA"),
        (["茶の木", "シャツ"], "KANA"),
        (["и\u0306од"], "CYRILLIC"),
        (["tea", "cup"], ""),
        (["рубашка", "tea"], ""),
        (["рубашкаA"], ""),
        (["рубашка", "ΤΙΜΗ"], ""),
        (["рубашка5"], ""),
        (["рубашка", "Ж"], ""),
        (["茶の木", "商品"], ""),
        ([], ""),
    ],
)
def test_the_one_script_of_all_words(words, script):
    assert sole_script(words) == script


@pytest.mark.parametrize(
    ("char", "encoding", "rarer"),
    [
        ("の", "cp932", "品"),
        ("品", "cp932", "鱧"),
        ("品", "cp932", "纊"),
        ("、", "cp932", "品"),
        ("한", "cp949", "훟"),
        ("한", "cp949", "品"),
        ("的", "gb18030", "囍"),
        ("的", "big5", "癵"),
        ("的", "gb18030", "の"),
    ],
)
def test_usual_characters_are_likelier(char, encoding, rarer):
    assert chance_of(char, encoding) > chance_of(rarer, encoding)


def test_half_width_kana_are_rarer_than_whole_ones():
    assert chance_of("シ", "cp932") > chance_of("ｼ", "cp932") == chance_of("ｼ", "euc_jp")


def test_punctuation_is_equally_likely_everywhere():
    assert {chance_of("、", encoding) for encoding in ("cp932", "cp949", "big5", "gb18030")} == {-4.5}
