"""A file's encoding is decided from all of it, and said where it can't be."""

from pathlib import Path

import pytest

from product_importer.builtin.csv_parser import CsvParser
from product_importer.delimited.dialect import HEAD_BYTES, detect, guess
from product_importer.delimited.encodings.guessing import blocks_of, encoding_of
from product_importer.delimited.textfile import BLOCK_BYTES
from product_importer.errors import EncodingUnclear, FileError
from product_importer.model import ParseOptions

PLAIN = b"A1,Tisch aus Holz\n"
LATE = "B1,Löffel für Gäste\nB2,weiße Schüssel\nB3,schöne Gläser\n"


def parsed(path: Path, options: ParseOptions | None = None):
    """The encoding in the end, and the names."""
    with CsvParser().open(path, options or ParseOptions()) as file:
        names = [name for batch in file for name in batch.cells.column("name").to_pylist()]
        return file.dialect.encoding, names


@pytest.fixture
def file(tmp_path):
    def make(*parts: bytes) -> Path:
        path = tmp_path / "products.csv"
        path.write_bytes(b"".join(parts))
        return path

    return make


@pytest.mark.parametrize(
    "size", [HEAD_BYTES, BLOCK_BYTES - 40, BLOCK_BYTES - 11, BLOCK_BYTES, 3 * BLOCK_BYTES]
)
@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman", "utf-8"])
def test_the_first_odd_byte_may_come_late(file, size, encoding):
    head = b"sku,name\n" + PLAIN * (size // len(PLAIN))
    found, names = parsed(file(head, LATE.encode(encoding)))

    assert LATE.encode(encoding).decode(found) == LATE
    assert names[-3:] == ["Löffel für Gäste", "weiße Schüssel", "schöne Gläser"]


@pytest.mark.parametrize("shift", range(8))
def test_a_late_odd_byte_at_a_blocks_edge(file, shift):
    rows = (BLOCK_BYTES - 60) // len(PLAIN)
    start = b"sku,name\n" + PLAIN * rows
    start += b"A2," + b"x" * (BLOCK_BYTES - len(start) - 12 + shift) + b"\n"
    _, names = parsed(file(start, LATE.encode("cp1252") * 3))
    assert names[rows + 1 : rows + 4] == ["Löffel für Gäste", "weiße Schüssel", "schöne Gläser"]


def test_what_can_not_be_told_late_is_asked_with_the_line(file):
    path = file(b"sku,name\n", PLAIN * 10_000, b"B1,sch\x9an\n")
    with pytest.raises(EncodingUnclear) as asked:
        parsed(path)

    assert asked.value.code == "encoding_unclear"
    assert asked.value.line == 10_002
    readings = {choice.encoding: choice.text for choice in asked.value.choices}
    assert readings["mac-roman"] == "B1,schön"
    assert readings["cp1252"] == "B1,schšn"
    assert "--encoding" in str(asked.value)
    assert "B1,schön" in str(asked.value)
    assert parsed(path, ParseOptions(encoding="mac_roman"))[1][-1] == "schön"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("rows", [3, 20_000])
def test_the_line_of_the_question(file, end, rows):
    path = file(b"sku,name" + end, (b"A1,Glas" + end) * rows, b"B1,sch\x9an" + end)
    with pytest.raises(EncodingUnclear) as asked:
        encoding_of(blocks_of(path))
    assert asked.value.line == rows + 2


def test_what_decodes_as_utf8_is_utf8_whatever_it_holds(file):
    path = file("sku,name\n1,\ufffd\ufffd\ufffd\ufffd\n2,é\n".encode())
    assert parsed(path) == ("utf-8", ["\ufffd\ufffd\ufffd\ufffd", "é"])


@pytest.mark.parametrize("before", [0, 10_000])
def test_damaged_utf8_is_refused_where_it_is_damaged(file, before):
    path = file(b"sku,name\n", PLAIN * before, "B1,Größe\nB2,Maß\nB3,Tür\n".encode(), b"B4,T\xfcr\n")
    with pytest.raises(FileError) as refused:
        parsed(path)
    assert (refused.value.code, refused.value.line) == ("undecodable", before + 5)


def test_a_named_encoding_is_never_doubted(file):
    path = file(b"sku,name\n", PLAIN * 10_000, LATE.encode("cp1252"))
    with pytest.raises(FileError) as refused:
        parsed(path, ParseOptions(encoding="utf-8"))
    assert refused.value.code == "undecodable"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-32-be"])
def test_wide_encodings_of_other_bytes(file, encoding):
    content = b"sku,name\n1,abc\n"
    assert guess(content, ParseOptions(encoding=encoding), complete=True).delimiter == ","
    with pytest.raises(FileError) as refused:
        parsed(file(content), ParseOptions(encoding=encoding))
    assert refused.value.code in ("undecodable", "empty")


def test_clean_files_are_not_read_ahead(file, monkeypatch):
    def never(_path):
        raise AssertionError("read again")

    monkeypatch.setattr("product_importer.delimited.dialect.blocks_of", lambda path: lambda: never(path))
    monkeypatch.setattr("product_importer.builtin.csv_parser.encoding_of", never)
    path = file(b"sku,name\n", PLAIN * 10_000, LATE.encode())
    assert detect(path, ParseOptions()).encoding == "utf-8"
    assert parsed(path)[0] == "utf-8"


@pytest.mark.parametrize("rows", [0, 3 * BLOCK_BYTES // len(PLAIN)])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [("iso2022_jp", "商品テスト"), ("iso2022_jp_ext", "ｼｬﾂ"), ("iso2022_kr", "상품 이름")],
)
def test_escape_sequences_may_switch_to_other_letters(file, encoding, name, rows):
    late = f"A9,{name}\nA10,Cup\n".encode(encoding)
    lead = b"\x1b$)C" if encoding == "iso2022_kr" else b""
    late = late.removeprefix(lead)
    assert parsed(file(lead, b"sku,name\n", PLAIN * rows, late))[1][-2:] == [name, "Cup"]


def test_escape_sequences_of_no_known_encoding_are_refused(file):
    with pytest.raises(FileError) as refused:
        parsed(file(b"sku,name\nA1,\x1b$ZAB\x1b(B\n"))
    assert refused.value.code == "undecodable"


@pytest.mark.parametrize("name", ["~{ok~}", "\x1b[1mbold\x1b[0m", "\x0e5\x0f"])
def test_other_ascii_stays_as_it_is(file, name):
    assert parsed(file(f"sku,name\nA1,{name}\n".encode())) == ("utf-8", [name])
