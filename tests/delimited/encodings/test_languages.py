"""Catalogues in 34 languages and the encodings in which shops' files come: none is read wrongly."""

from collections.abc import Iterator

import pytest

from languages import LANGUAGES, PAIRS, catalogue, written
from product_importer.delimited.encodings.guessing import encoding_of, guess_encoding
from product_importer.errors import EncodingUnclear

ASKED = None


def reading(data: bytes) -> str | None:
    """The text as it would be read; ASKED where the file would be refused."""
    try:
        return data.decode(guess_encoding(data, lambda: (data,), complete=True))
    except (EncodingUnclear, UnicodeDecodeError):
        return ASKED


def is_utf8(data: bytes) -> bool:
    return "\ufffd" not in data.decode("utf-8", "replace")


def outcomes(rows: int, seeds: int, *, capitals: bool = False) -> Iterator[tuple[str, str, str]]:
    """Language, encoding and ``right``, ``wrong`` or ``asked``, for each pair and seed."""
    for language, encoding in PAIRS:
        for seed in range(seeds):
            data, text = written(catalogue(language, rows, seed=seed, capitals=capitals), encoding)
            read = reading(data)
            yield language, encoding, "asked" if read is ASKED else "right" if read == text else "wrong"


def test_there_are_enough_pairs():
    assert len(LANGUAGES) >= 34
    assert len(PAIRS) >= 40


@pytest.mark.parametrize("rows", [30, pytest.param(300, marks=pytest.mark.whole)])
def test_nine_of_ten_are_read_without_asking_and_none_wrongly(rows):
    found = list(outcomes(rows, 1))
    assert [pair for pair in found if pair[2] == "wrong"] == []
    assert len([pair for pair in found if pair[2] == "right"]) >= 0.9 * len(found)


@pytest.mark.slow
def test_so_are_large_ones():
    found = list(outcomes(3_000, 1))
    assert [pair for pair in found if pair[2] == "wrong"] == []
    assert len([pair for pair in found if pair[2] == "right"]) >= 0.9 * len(found)


ROWS_AND_SEEDS = [(2, 1), *(pytest.param(rows, 4, marks=pytest.mark.whole) for rows in (1, 2, 3, 5))]


@pytest.mark.parametrize(("rows", "seeds"), ROWS_AND_SEEDS)
def test_few_rows_are_asked_about_rather_than_misread(rows, seeds):
    assert [pair for pair in outcomes(rows, seeds) if pair[2] == "wrong"] == []


@pytest.mark.parametrize(
    ("rows", "seeds"), [(2, 1), *(pytest.param(rows, 2, marks=pytest.mark.whole) for rows in (2, 30))]
)
def test_capitals_are_not_misread(rows, seeds):
    assert [pair for pair in outcomes(rows, seeds, capitals=True) if pair[2] == "wrong"] == []


WORDS = (
    *("Grün", "Maß", "Öl", "Löffel", "GRÖSSE", "Äpfel", "Café", "crème", "garçon", "Noël", "cœur", "año"),
    *("España", "pão", "coração", "caffè", "città", "smørrebrød", "blå", "sæbe", "ål", "õun", "één"),
    *("Škoda", "Citroën", "Nestlé", "Häagen-Dazs", "Ü", "é", "ß", "Ø 12", "±5", "25 m²", "½ Zoll", "Widget™"),
    *("30 °C", "€ 5", "5 €", "£5", "“quoted”", "„Wort“", "«mot»", "it’s", "a – b", "…", "• item", "¿Qué?"),
    *("žluť", "řeřicha", "nůž", "Łódź", "gęś", "tűz", "roşu", "đon", "kaşık", "ağır", "kėdė", "ķēde"),
    *(
        "рубашка",
        "РУБАШКА",
        "Ж",
        "їжак",
        "№ 5",
        "ΤΙΜΗ",
        "Άλφα",
        "商品",
        "シャツ",
        "ｼｬﾂ",
        "셔츠",
        "衬衫",
        "襯衫",
    ),
    *("חולצה", "قميص", "เสื้อ"),
)
ENCODINGS = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp437", "cp850"),
    *("cp852", "cp857", "cp866", "cp874", "cp737", "mac_roman", "iso8859-2", "iso8859-5", "iso8859-7"),
    *("iso8859-9", "iso8859-15", "koi8_r", "koi8_u", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
)


HEADERS = ["sku,name,price", "artikelnummer,bezeichnung,preis"]


@pytest.mark.parametrize(
    ("header", "words"),
    [(HEADERS[0], WORDS[::4]), *(pytest.param(header, WORDS, marks=pytest.mark.whole) for header in HEADERS)],
    ids=["some", "english", "german"],
)
def test_a_single_telling_word_is_not_misread(header, words):
    wrong = []
    for word in words:
        text = (
            header
            + "\r\n"
            + "".join(f"A{row},{word if row % 13 == 5 else 'Holz mit Glas'},1.00\r\n" for row in range(40))
        )
        for encoding in ENCODINGS:
            data = text.encode(encoding, "ignore")
            if data.decode(encoding) == text and not is_utf8(data) and reading(data) not in (ASKED, text):
                wrong.append((word, encoding, reading(data)))
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        (("Grün", "Škoda", "Maß"), "cp1252"),
        (("Café", "Widget™", "it’s", "a – b"), "cp1252"),
        (("Trousers – 5 €", "30 °C"), "cp1252"),
        (("Löffel", "Gläser", "Maß", "Tür", "Größe"), "mac_roman"),
        (("Löffel", "Gläser", "Maß", "Tür", "Größe"), "cp850"),
    ],
)
def test_what_is_plain_to_a_person_is_read(words, encoding):
    text = "sku,name,preis,beschreibung\r\n" + "".join(
        f"A{row},{word},1,aus Holz\r\n" for row, word in enumerate(words)
    )
    assert reading(text.encode(encoding)) == text


def test_characters_are_never_cut():
    text = catalogue("Traditional Chinese", 3_000)
    data = text.encode("big5")
    for size in (61, 4_096, 65_537):
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert encoding_of(lambda pieces=pieces: pieces) == "big5"


def test_a_byte_that_comes_late_decides_among_those_that_read_alike_before():
    """Greek in two encodings differs by the accented capital alpha, here after 6 MiB."""
    early = "sku,όνομα\n" + "".join(f"A{row},κόκκινο ξύλινο τραπέζι {row}\n" for row in range(120_000))
    late = "Z1,Άνετη καρέκλα\nZ2,Άσπρο τραπέζι και Άλλο\n"
    for encoding in ("cp1253", "iso8859-7"):
        data = (early + late).encode(encoding)
        found = encoding_of(
            lambda data=data: (data[at : at + 262_144] for at in range(0, len(data), 262_144))
        )
        assert data.decode(found) == early + late


@pytest.mark.parametrize("rows", [2, 30])
@pytest.mark.parametrize(("language", "encoding"), [("Hebrew", "cp862"), ("Icelandic", "mac-iceland")])
def test_rare_encodings_are_not_taken_for_their_relatives(language, encoding, rows):
    for seed in range(3):
        data, text = written(catalogue(language, rows, seed=seed), encoding)
        assert reading(data) in ({text} if rows > 2 else {text, ASKED})


def test_kazakh_is_not_misread():
    text = "sku,атауы\n" + "".join(
        f"A{number},{name}\n"
        for number, name in enumerate(
            ("Қазақ шайы", "Сүт өнімі", "Тағамдық ұн", "Үстел мен орындық", "Көйлек әдемі")
        )
    )
    assert reading(text.encode("kz1048")) in {text, ASKED}
