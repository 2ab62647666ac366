"""Encodings and delimiters are guessed from the head of a file, or taken as named."""

import json
from pathlib import Path

import pytest

from product_importer.delimited.dialect import HEAD_BYTES, detect, guess
from product_importer.errors import EncodingUnclear, FileError, UsageError
from product_importer.model import Dialect, ParseOptions

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


def encoding_of(head: bytes, *, complete: bool = True) -> str:
    return guess(head, ParseOptions(), complete=complete).encoding


def delimiter_of(text: str, *, complete: bool = True) -> str:
    return guess(text.encode(), ParseOptions(), complete=complete).delimiter


@pytest.mark.parametrize(
    ("text", "written", "guessed"),
    [
        ("sku,name\n1,Rose\n", "ascii", "utf-8"),
        ("sku,name\n1,Größe\n", "utf-8", "utf-8"),
        ("sku,name\n1,Größe\n", "utf-8-sig", "utf-8"),
        ("sku,name\n1,Rose\n", "utf-16", "utf-16-le"),
        ("\ufeffsku,name\n1,Rose\n", "utf-16-be", "utf-16-be"),
        ("sku,name\n1,Rose\n", "utf-16-le", "utf-16-le"),
        ("sku,name\n1,Größe\n", "utf-16-be", "utf-16-be"),
        ("sku,name\n1,商品\n2,緑の服\n", "utf-16-le", "utf-16-le"),
        ("sku,name\n1,a\0b\n2,c\0d\n", "utf-8", "utf-8"),
        ("nom,description\nCafé crème,Une très bonne boisson à l'été\nœuf,5 € déjà\n", "cp1252", "cp1252"),
        ("sku,name\n1,Größe über Maß\n2,Straße für Äpfel\n", "cp1252", "cp1252"),
        ("sku,name\n1,Año nuevo niño\n2,¿Qué?\n", "cp1252", "cp1252"),
        ("sku,name\n1,Café\n", "cp1252", "cp1252"),
        ("sku,name\n1,Smörgås på bröd\n2,Ärtor från Åland\n", "cp1252", "cp1252"),
        ("sku,name\n1,Brød og kjøtt\n2,Blå skål fra Ålesund\n", "cp1252", "cp1252"),
        ("sku,name,price\n1,Widget™ “pro” – 5°,€5\n", "cp1252", "cp1252"),
        ("sku,name\n1,Pão de ló e maçã\n2,Coração\n", "cp1252", "cp1252"),
        ("sku,name\n1,The men’s shirt – blue\n2,Women’s £5\n", "cp1252", "cp1252"),
        (
            "sku,opis\n1,Żółta gęś bardzo ładna\n2,świeże źródło w dobrej cenie\n3,ćma wąż\n",
            "cp1250",
            "cp1250",
        ),
        ("sku,popis\n1,Příliš žluťoučký kůň úpěl\n2,řeřicha a čerstvá zelenina\n", "cp1250", "cp1250"),
        ("артикул,название\n1,Красная рубашка из хлопка\n2,Синие брюки\n", "cp1251", "cp1251"),
        ("sku,name\n1,Κόκκινο πουκάμισο από βαμβάκι\n2,Μπλε παντελόνι\n", "cp1253", "cp1253"),
        ("商品コード,商品名\n1,赤いシャツ綿100%\n2,青いズボンは安いです\n", "cp932", "cp932"),
        ("编号,名称\n1,红色衬衫,棉质\n2,蓝色裤子非常便宜\n", "gb18030", "gb18030"),
    ],
)
def test_encodings(text, written, guessed):
    assert encoding_of(text.encode(written)) == guessed


def test_utf8_with_a_damaged_place_is_still_utf8_and_will_be_refused_there():
    assert encoding_of("sku,name\n1,Größe\n2,Maß über\n".encode() + b"3,\xff\n") == "utf-8"


def test_what_is_no_text_at_all_is_left_to_the_reader_to_refuse():
    assert encoding_of(b"\x1f\x8b\x08\x00\xab\xcd\xef\x99\x81\x8d\x02\x03") == "utf-8"


def test_a_head_may_end_within_a_character():
    head = "sku,name\n1,Größe\n2,Maß ü".encode()[:-1]
    assert encoding_of(head, complete=False) == "utf-8"
    assert encoding_of("sku,name\n".encode("utf-16")[:-1], complete=False) == "utf-16-le"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("", ","),
        ("sku\n1\n", ","),
        ("sku\na;b\nc;d\n", ","),
        ("sku,name\n1,a;b\n2,c;d\n", ","),
        ("sku;name;price\n1;a, b;1,50\n2;c;2,50\n", ";"),
        ("sku\tname\n1\ta,b\n", "\t"),
        ("sku|name\n1|a,b\n", "|"),
        ('"name, long";price\n"a, b";1\n', ";"),
        ('"a|b","c|d"\n"1|2","3|4"\n', ","),
        ("\n\r\nsku;name\n", ";"),
        ("sku,name,size|colour\n1,a,L|red\n2,b\n", ","),
        ("name,with comma;sku\nx;1\ny;2\n", ";"),
        ('height 5";sku\n5;1\n', ";"),
        ('sku;"na\nme, or;title"\n1;2\n', ";"),
        ("a,b,c\n1,2\n1,2\n1,2\n", ","),
    ],
)
def test_delimiters(text, delimiter):
    assert delimiter_of(text) == delimiter


def test_a_record_that_the_head_cuts_is_no_evidence():
    assert delimiter_of("a;b,c\n1;2,3\n4;5", complete=False) == delimiter_of("a;b,c\n1;2,3\n")


def test_what_is_named_wins():
    head = "sku;name\n1;ü\n".encode()
    assert guess(head, ParseOptions("latin1", "|"), complete=True) == Dialect("iso8859-1", "|")
    assert guess(head, ParseOptions("UTF8"), complete=True) == Dialect("utf-8", ";")
    assert guess(head, ParseOptions(delimiter="ü"), complete=True) == Dialect("utf-8", "ü", surplus=1)


@pytest.mark.parametrize(
    ("text", "surplus"),
    [
        ("a,b\n1,2,\n3,4, \n\n", 1),
        ("a,b\n1,2,,\n3,4,\n", 1),
        ("a,b\n1,2,\n3,4\n", 0),
        ("a,b\n1,2,\n3,4,5\n", 0),
        ("a,b,\n1,2,\n", 0),
        ("a,b\n", 0),
    ],
)
def test_blank_cells_that_all_rows_have_beyond_the_header(text, surplus):
    assert guess(text.encode(), ParseOptions(), complete=True).surplus == surplus


@pytest.mark.parametrize(
    ("text", "skips"),
    [
        ('a, b\n1, "x, y"\n', True),
        ('a, b\n1,   "x ""y"" "\n2, z\n', True),
        (' "a", "b"\n', True),
        ('a,b\n1, "x" y\n', False),
        ('a,b\n1,"x, ""y"""\n', False),
        ('a,b\n1,x "y"\n', False),
    ],
)
def test_blanks_before_opening_quotes(text, skips):
    assert guess(text.encode(), ParseOptions(), complete=True).skip_blanks == skips


@pytest.mark.parametrize(
    "encoding", ["", "nope", "base64", "rot13", "idna", "undefined", "utf\0", "ü", "\ud800"]
)
def test_encodings_that_can_not_be(encoding):
    with pytest.raises(UsageError, match="no text encoding") as refused:
        guess(b"a,b\n", ParseOptions(encoding=encoding), complete=True)
    assert refused.value.code == "unknown_encoding"


@pytest.mark.parametrize("delimiter", ["", ",,", "\\t", '"', "\n", "\r", "\0", "\udc80"])
def test_delimiters_that_can_not_be(delimiter):
    with pytest.raises(UsageError, match="can't separate cells") as refused:
        guess(b"a,b\n", ParseOptions(delimiter=delimiter), complete=True)
    assert refused.value.code == "bad_delimiter"


def test_no_more_than_the_head_is_read(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b"sku;name\n" + b"1;a\n" * HEAD_BYTES)
        file.write("ü".encode("cp1252"))
        file.truncate(50_000_000_000)
    assert detect(path, ParseOptions()) == Dialect("utf-8", ";")


def test_files_that_can_not_be_opened(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        detect(tmp_path / "absent.csv", ParseOptions())
    with pytest.raises(FileError, match="directory"):
        detect(tmp_path, ParseOptions())


@needs_data
@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("csvkit/examples__test_utf16_big.csv", Dialect("utf-16-be", ",")),
        ("csvkit/examples__test_utf16_little.csv", Dialect("utf-16-le", ",")),
        ("csvkit/examples__test_utf8_bom.csv", Dialect("utf-8", ",")),
        ("csvlint/features__fixtures__invalid-byte-sequence.csv", Dialect("cp1252", ",")),
        ("rust-csv/examples__data__strange.csv", Dialect("utf-8", ";")),
        ("commons-csv/src__test__resources__org__apache__commons__csv__CSV-141__csv-141.csv", Dialect()),
        (
            "commons-csv/src__test__resources__org__apache__commons__csv__CSV-290__psql.tsv",
            Dialect("utf-8", "\t"),
        ),
        ("readr/tests__testthat__fixtures__raw.csv", Dialect()),
    ],
)
def test_real_files(name, dialect):
    assert detect(DATA / "parser" / name, ParseOptions()) == dialect


@needs_data
@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("csvkit/examples__test_latin1.csv", "©®"),
        ("frictionless/data__latin1.csv", "©®"),
        ("rust-csv/examples__data__uspop-latin1.csv", "Õ’"),
    ],
)
def test_real_files_with_one_odd_byte_are_asked_about(name, readings):
    with pytest.raises(EncodingUnclear) as asked:
        detect(DATA / "parser" / name, ParseOptions())
    texts = [choice.text for choice in asked.value.choices]
    assert all(any(reading in text for text in texts) for reading in readings)


@needs_data
def test_delimiters_of_papaparse():
    """Where PapaParse guesses from the same text; it can be told of comments and other quotes, we can't."""
    cases = json.loads((DATA / "parser/papaparse/cases/expected.json").read_text())
    compared = 0
    for case in cases:
        path = DATA / f"parser/papaparse/cases/{case['id']}.csv"
        theirs = case["expected"].get("meta", {}).get("delimiter")
        if theirs and path.exists() and not {"delimiter", "comments", "quoteChar"} & case["config"].keys():
            compared += 1
            assert detect(path, ParseOptions()).delimiter == theirs, case["id"]
    assert compared
