"""What can't be read is refused: with a stable code, the true line, and in bounded memory."""

import csv
import tracemalloc
from pathlib import Path
from unittest.mock import patch

import pytest
from csv_oracle import DATA

from product_importer.builtin.csv_parser import CsvParser
from product_importer.delimited import textfile
from product_importer.errors import FileError, UsageError
from product_importer.model import Limits, ParseOptions
from product_importer.ports import RawBatch

BLOCKS = [1, 2, 3, 7, 262_144]


@pytest.fixture
def refused(tmp_path):
    """The error that reading a file to its end raises, and how many records came before it."""

    def refused(content: str | bytes | Path, block: int = 262_144, **options) -> tuple[FileError, int]:
        path = tmp_path / "file.csv"
        if isinstance(content, Path):
            path = content
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        batches: list[RawBatch] = []
        with patch.object(textfile, "BLOCK_BYTES", block), pytest.raises(FileError) as caught:
            _read(path, ParseOptions(**options), batches)
        return caught.value, batches[-1].last_record if batches else 0

    return refused


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("content", "encoding", "line", "byte"),
    [
        (b"a,b\n1,2\r\n3,\xe9\n", "utf-8", 3, "0xE9 at position 11"),
        (b'a,b\r1,"x\r\ny"\r\r\n\xff', "utf-8", 5, "0xFF at position 15"),
        (b"a,b\n1,2\r\xff", "utf-8", 3, "0xFF at position 8"),
        (b"a,b\n1,\xe2\x82", "utf-8", 2, "0xE2 at position 6"),
        (b"a,b\n1,\xe2\x82,\n", "utf-8", 2, "0xE2 at position 6"),
        (b"\xef\xbb\xbfa,\xc0\n", "utf-8", 1, "0xC0 at position 5"),
        ("a,b\n1,ü\n".encode("utf-16-le") + b"\x00\xdc\n\x00", "utf-16-le", 3, "0x00 at position 16"),
        ("a,b\n1,2\n".encode("utf-16-be") + b"\x00", "utf-16-be", 3, "0x00 at position 16"),
        (b"a,b\n1,2\n\x81,3\n", "cp1252", 3, "0x81 at position 8"),
        ("a,b\n1,赤\n".encode("cp932") + b"\x81\n", "cp932", 3, "0x81 at position 9"),
    ],
)
def test_undecodable_bytes(refused, content, encoding, line, byte, block):
    error, _ = refused(content, block, encoding=encoding, delimiter=",")
    assert (error.code, error.line) == ("undecodable", line)
    assert f"Byte {byte} (line {line})" in str(error)
    assert encoding in str(error)
    assert "--encoding" in str(error)


def test_half_a_surrogate_pair_is_undecodable(refused):
    error, _ = refused("a,b\n1,".encode("utf-16-le") + b"\x00\xd8\n\x00", encoding="utf-16-le")
    assert error.code == "undecodable"


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', 3),
        ('a,b\r\n\r\n"1\r\n",2\r\n3,"4', 5),
        ('a,b\r1,"2\r', 2),
        ('a,"b\n1,2\n', 1),
        ('\n\n"', 3),
        ('a\n1\n"x""', 3),
    ],
)
def test_unterminated_quotes(refused, content, line, block):
    error, _ = refused(content, block, encoding="utf-8", delimiter=",")
    assert (error.code, error.line) == ("unterminated_quote", line)
    assert f"line {line} " in str(error)


@pytest.mark.parametrize("block", [1_000, 262_144])
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (f'"{"x" * 131_073}",1\n', "field_too_long"),
        (f"{'x' * 131_073},1\n", "field_too_long"),
        ('"' + "x\n" * 70_000, "field_too_long"),
        (f"{'x' * 100_000}," * 84 + "\n", "row_too_long"),
    ],
)
def test_cells_and_rows_beyond_the_limits(refused, bad, code, block):
    error, read = refused(f'a,b\n"1\n",{"x" * 131_072}\n\n{bad}5,6\n', block, batch_rows=1)
    assert (error.code, error.line, read) == (code, 5, 2)
    assert "line 5 " in str(error)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(field_chars=10), "field_too_long"), (Limits(row_chars=15), "row_too_long")],
)
def test_lower_limits(refused, limits, code, block):
    error, read = refused("a,b\n1234567890,123\n1,12345678901234\n", block, limits=limits, batch_rows=1)
    assert (error.code, error.line, read) == (code, 3, 1)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(("end", "code"), [(b'"', "unterminated_quote"), (b"\xff", "undecodable")])
def test_the_refused_line_is_right_after_short_rows(refused, block, end, code):
    content = b"a,b,c,d\n1,2\n3,4\n5,6\n" + end
    error, read = refused(content, block, batch_rows=3, encoding="utf-8", delimiter=",")
    assert (error.code, error.line, read) == (code, 5, 3)


def test_full_batches_come_before_a_refusal_whatever_the_blocks(refused):
    content = "a,b\n" + "1,2\n" * 10 + '"'
    assert {refused(content, block, batch_rows=4)[1] for block in BLOCKS} == {8}


@pytest.mark.parametrize(
    ("content", "code", "line", "words"),
    [
        ("", "empty", None, "empty"),
        ("\n\r\n\r", "empty", None, "empty"),
        ("\ufeff", "empty", None, "empty"),
        ('\n\na,"b"c\n1,2\n', "text_after_quote", 3, "The row is on line 3, and text follows"),
        ('a,"b\n"c\n1,2\n', "text_after_quote", 1, "The row takes lines 1 to 2, and text follows"),
        ("a,b\0\n", "nul_in_header", 1, "column 2"),
        ("a,b,c\n", "too_many_columns", 1, "3 columns, more than the 2 allowed"),
    ],
)
def test_headers_that_can_not_be(refused, content, code, line, words):
    error, _ = refused(content, limits=Limits(columns=2 if "too_many" in code else 3), encoding="utf-8")
    assert (error.code, error.line) == (code, line)
    assert words in str(error)


def test_a_file_that_is_not_there_or_is_no_file(refused, tmp_path):
    assert "No such file" in str(refused(tmp_path / "absent.csv")[0])
    assert "directory" in str(refused(tmp_path)[0])


def test_options_that_can_not_be(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("a,b\n")
    for options in (ParseOptions(encoding="base64"), ParseOptions(delimiter="||")):
        with pytest.raises(UsageError), CsvParser().open(path, options):
            pass


def _read(path: Path, options: ParseOptions, batches: list[RawBatch]) -> None:
    with CsvParser().open(path, options) as file:
        batches += file


def _peak(action) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_endless_quote_is_refused_early_and_in_little_memory(refused, tmp_path):
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b'a,b\n1,2\n3,"')
        file.truncate(200_000_000)
    errors = []
    peak = _peak(lambda: errors.append(refused(path, encoding="utf-8", delimiter=",")[0]))
    assert (errors[0].code, errors[0].line) == ("field_too_long", 3)
    assert peak < 5_000_000


def test_an_endless_quote_is_refused_even_if_the_process_lifted_the_limit_of_csv(refused, tmp_path):
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b'a,b\n1,2\n3,"')
        file.truncate(200_000_000)
    before = csv.field_size_limit(2**31 - 1)
    try:
        errors = []
        limits = Limits(row_chars=1_000_000)
        peak = _peak(lambda: errors.append(refused(path, encoding="utf-8", delimiter=",", limits=limits)[0]))
    finally:
        csv.field_size_limit(before)
    assert (errors[0].code, errors[0].line) == ("field_too_long", 3)
    assert peak < 30_000_000


OTHER_UNITS = [pytest.param(unit, marks=pytest.mark.whole) for unit in (b'"', b' "', b'" ')]


@pytest.mark.parametrize("unit", [b" ", *OTHER_UNITS])
def test_endless_blanks_and_quotes_after_skipped_blanks_are_refused_early(refused, tmp_path, unit):
    path = tmp_path / "endless.csv"
    path.write_bytes(b'a,b\n1, "2"\n3,' + unit * (40_000_000 // len(unit)))
    errors = []
    peak = _peak(lambda: errors.append(refused(path, encoding="utf-8", delimiter=",")[0]))
    assert (errors[0].code, errors[0].line) == ("field_too_long", 3)
    assert peak < 30_000_000


def test_lower_limits_hold_for_blanks_before_quotes_too(refused):
    limits = Limits(field_chars=1_000, row_chars=100)
    content = 'a, "b"\n1, "2"\n' + " " * 10_000
    error, _ = refused(content, 50, encoding="utf-8", delimiter=",", limits=limits)
    assert (error.code, error.line) == ("row_too_long", 3)


@pytest.mark.parametrize("unit", [b",", b'"",', b'"","\n",'])
@pytest.mark.whole
def test_an_endless_row_is_refused_early_and_in_little_memory(refused, tmp_path, unit):
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        for _ in range(20):
            file.write(unit * (5_000_000 // len(unit)))
    errors = []
    limits = Limits(row_chars=200_000)
    peak = _peak(lambda: errors.append(refused(path, encoding="utf-8", delimiter=",", limits=limits)[0]))
    assert (errors[0].code, errors[0].line) == ("row_too_long", 3)
    assert peak < 30_000_000


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(
    ("name", "code", "line"),
    [
        ("papaparse/docs__resources__files__malformed.tsv", "unterminated_quote", 9),
        ("frictionless/data__compression__implicit-gz.csv", "not_a_table", None),
    ],
)
def test_real_broken_files(refused, name, code, line):
    error, _ = refused(DATA / "parser" / name)
    assert (error.code, error.line) == (code, line)


def test_memory_stays_flat(tmp_path):
    path = tmp_path / "file.csv"

    def peak(rows: int) -> int:
        path.write_text("a,b\n" + "some text,and more of it\n" * rows)
        with patch.object(textfile, "BLOCK_BYTES", 16_384):
            return _peak(read)

    def read() -> None:
        with CsvParser().open(path, ParseOptions(batch_rows=1_000)) as file:
            for _ in file:
                pass

    assert peak(30_000) < 1.1 * peak(10_000)
