"""Active flags are read, or refused."""

import pyarrow as pa
import pytest

from product_importer.pipeline.active import ActiveNotation, ActiveSigns, may_be_flags, to_active
from product_importer.pipeline.active_words import (
    FALSE,
    FALSE_WORDS,
    MAY_BE_FLAGS,
    SPREADSHEETS_FALSE,
    SPREADSHEETS_TRUE,
    TRUE,
    TRUE_WORDS,
)


def read(*cells, **notation):
    active, findings, _ = to_active(pa.array(cells, pa.string()), ActiveNotation(**notation))
    assert active.type == pa.bool_()
    return active.to_pylist(), {finding.code: finding.rows.to_pylist() for finding in findings}


@pytest.mark.parametrize("word", TRUE_WORDS)
def test_true(word):
    assert read(word, word.upper(), f" {word.title()}\u00a0") == ([True] * 3, {})


@pytest.mark.parametrize("word", FALSE_WORDS)
def test_false(word):
    assert read(word, word.upper(), f" {word.title()}\u00a0", minus_one=True) == ([False] * 3, {})


def test_no_word_is_both():
    words = [*TRUE, *FALSE, *MAY_BE_FLAGS]
    assert len(set(words)) == len(words)


def test_words_of_other_languages():
    assert read(*TRUE) == ([True] * len(TRUE), {})
    assert read(*FALSE) == ([False] * len(FALSE), {})
    assert read("JA", "Sí", "SIM", "TAK", "ДА", "НЕТ", "NÃO", "Veröffentlicht", "ENTWURF")[0] == [
        True, True, True, True, True, False, False, True, False
    ]  # fmt: skip
    assert read(*MAY_BE_FLAGS)[0] == [None] * len(MAY_BE_FLAGS)


LANGUAGES = {
    "English": ("yes true active enabled", "no false inactive disabled unlisted -1"),
    "German": ("ja wahr aktiv aktiviert", "nein falsch inaktiv deaktiviert"),
    "French": ("oui vrai actif activé", "non faux inactif désactivé"),
    "Spanish": ("sí si verdadero activo habilitado", "no falso inactivo deshabilitado borrador"),
    "Italian": ("sì vero attivo abilitato", "no falso inattivo disabilitato bozza"),
    "Portuguese": ("sim verdadeiro ativo ativado", "não falso inativo desativado"),
    "Dutch": ("ja waar actief ingeschakeld", "nee onwaar inactief uitgeschakeld"),
    "Polish": ("tak prawda aktywny włączony", "nie fałsz nieaktywny wyłączony"),
    "Czech": ("ano pravda aktivní zapnuto", "ne nepravda neaktivní vypnuto"),
    "Swedish": ("ja sant aktiv aktiverad", "nej falskt inaktiv inaktiverad"),
    "Danish": ("ja sand aktiv aktiveret", "nej falsk inaktiv deaktiveret"),
    "Turkish": ("evet doğru aktif AKTİF etkin açık AÇIK", "hayır HAYIR yanlış pasif PASİF kapalı KAPALI"),
    "Russian": ("да истина активен включено", "нет ложь неактивен выключено"),
    "Chinese": ("是 真 启用 上架", "否 假 停用 下架"),
    "Japanese": ("はい 有効 公開 販売中", "いいえ 無効 非公開 販売停止"),
    "Korean": ("예 네 활성 판매중", "아니요 아니오 비활성 판매중지"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_active_and_inactive_in_many_languages(language):
    yes, no = (words.split() for words in LANGUAGES[language])
    assert read(*yes, *map(str.upper, yes)) == ([True] * 2 * len(yes), {})
    assert read(*no, *map(str.upper, no), minus_one=True) == ([False] * 2 * len(no), {})


@pytest.mark.parametrize(
    "word",
    [
        *("in stock", "out of stock", "auf Lager", "ausverkauft", "en stock", "agotado", "skladem", "var"),
        *("yok", "в наличии", "有货", "在庫なし", "품절", "maybe", "x", "2", "discontinued"),
    ],
)
def test_words_about_the_stock_and_others_are_never_taken_for_an_answer(word):
    assert read(word, "yes", word.upper()) == ([None, True, None], {"active_unclear": [True, False, True]})


@pytest.mark.parametrize("word", SPREADSHEETS_TRUE)
def test_true_as_spreadsheets_write_it(word):
    assert read(word, word.upper(), "1", "maybe")[0] == [True, True, True, None]


@pytest.mark.parametrize("word", [*SPREADSHEETS_FALSE, "YANLIŞ"])
def test_false_as_spreadsheets_write_it(word):
    assert read(word, word.upper(), "0", "maybe")[0] == [False, False, False, None]


def test_blank_is_neither():
    assert read("", " ", None) == ([None] * 3, {})


def test_anything_else_is_unclear():
    cells = ("yes", "maybe", "-1", "2", "", "0.5", "TRUE", "truе")  # the last ends in a Cyrillic letter
    active, findings = read(*cells)
    assert active == [True, None, None, None, None, None, True, None]
    assert findings == {"active_unclear": [False, True, True, True, False, True, False, True]}


def signs(*cells):
    return to_active(pa.array(cells, pa.string())).signs


def test_signs_count_what_may_be_a_flag_in_any_language():
    assert signs("yes", "1", "", None, "-1") == ActiveSigns(cells=3, fitting=3, ones=1, minus_ones=1)
    assert signs("1", "yes", "0").ones == 1
    assert signs("yes", "no", "0").ones == 0
    assert signs("ja", "NEIN", "WAHR", "Да", "X", "2") == ActiveSigns(cells=6, fitting=6)
    assert signs("new arrival", "bestseller", "discontinued", "2024-01-01") == ActiveSigns(cells=4, fitting=0)


@pytest.mark.parametrize("cells", [("yes", "ja", "", None, "new"), ("new", "sold out"), ("",), ()])
def test_a_column_that_is_no_field_gives_the_same_signs(cells):
    of_field = signs(*cells)
    found = may_be_flags(pa.array(cells, pa.string()))
    assert (found.cells, found.fitting) == (of_field.cells, of_field.fitting)
