"""Texts as people write them are more plausible than the same characters where nobody writes them."""

import pytest

from product_importer.delimited.encodings.plausible import IMPOSSIBLE, Reading, likely_languages


def score(text, encoding="cp1252", likely=None):
    return Reading(text, encoding, likely or {}).score


@pytest.mark.parametrize(
    ("likely", "unlikely"),
    [
        ("grün", "grÜn"),
        ("GRÜN", "GRüN"),
        ("grün", "gr1ün"),
        ("grün", "grü1n"),
        ("Maß", "Маß"),
        ("чай", "чaй"),
        ("чай", "чаή"),
        ("à", "û"),
        ("e\u0301t", "\u0301et"),
        ("5€", "x€x"),
        ("€5", "x€x"),
        ("25°C", "x°x"),
        ("m²", "x²x"),
        ("½", "x½x"),
        ("„Wort", "Wo„rt"),
        ("Wort“", "Wo“rt"),
        ("it’s", "1’1"),
        ("–", "a–b"),
        ("Tea™", "T™ea"),
        ("¿Qué", "Qué¿s"),
        ("l·la", "a·la"),
        ("\u00a0x", "\u2502x"),
        ("x\u2502", "x\ufffd"),
        ("x†", "x†x"),
    ],
)
def test_characters_where_people_write_them(likely, unlikely):
    assert score(likely) > score(unlikely)


@pytest.mark.parametrize("char", ["\x81", "\ufffd", "\ue000", "\u0378"])
def test_what_no_text_has_is_impossible(char):
    assert score(f"x{char}") <= IMPOSSIBLE
    assert IMPOSSIBLE < score("x\u200bx") < 0


def test_plain_words_cost_nothing_and_each_word_counts_once():
    assert score("tea\ncup") == score("") == score("tea")
    assert score("grün\ngrün\ntea") == score("grün")
    assert score("grün\nÖl") < score("grün")


def test_what_is_in_a_text():
    assert (Reading("5€", "cp1252", {}).only_symbols, Reading("ö", "cp1252", {}).only_symbols) == (
        True,
        False,
    )
    assert (Reading("茶", "cp932", {}).far_eastern, Reading("ö", "cp1252", {}).far_eastern) == (True, False)
    assert Reading("tea Öl\nGrün", "cp1252", {}).words == ["Öl", "Grün"]


def test_far_eastern_letters_stand_among_their_like():
    assert score("シャツ", "cp932") / 3 > score("aシ", "cp932")
    assert score("ｼｬﾂ", "cp932") / 3 > score("ｼ", "cp932")


def test_common_words_speak_for_their_languages():
    likely = likely_languages([b"und", b"mit", b"der"])
    assert max(likely, key=likely.get) == "German"
    assert likely_languages([]) == {}
    once = likely_languages([b"und"])
    assert 0 < once["German"] < likely["German"]
    assert likely_languages([b"und"] * 1_000) == likely_languages([b"und"] * 2_000)
    assert score("grün", likely=likely) > score("grün")
    assert Reading("grün", "cp1252", likely).language == "German"
    assert score("茶", "cp932", likely=likely) == score("茶", "cp932")
