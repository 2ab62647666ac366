"""The records are csv.reader's, however the text comes in."""

import csv
import io
import itertools
from pathlib import Path

import pytest
from csv_oracle import DATA, record_lines
from hypothesis import example, given
from hypothesis import strategies as st

from product_importer.delimited.csv_records import RecordReader
from product_importer.delimited.dialect import detect
from product_importer.delimited.textfile import TextFile
from product_importer.errors import FileError
from product_importer.model import Limits, ParseOptions

PIECES = st.sampled_from(
    [
        "a",
        "b",
        ",",
        ",",
        ";",
        "\t",
        " ",
        "é",
        "\0",
        "\U0001f600",
        '"',
        '"',
        '""',
        ',"',
        '",',
        "\r\n",
        "\n",
        "\r",
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)
FOLDERS = sorted(
    folder for kind in ("parser", "products", "peers", "nasty") for folder in (DATA / kind).glob("*")
)


def read(text: str, delimiter: str = ",", cuts: list[int] | None = None, limits: Limits | None = None):
    """The records of a text that is fed in pieces, and the code of a refusal."""
    reader = RecordReader(delimiter, limits or Limits())
    edges = [0, *sorted({min(cut, len(text)) for cut in cuts or []}), len(text)]
    records = []
    for start, end in itertools.pairwise(edges):
        if start < end and not reader.refusal:
            records += reader.feed(text[start:end])
    if not reader.refusal:
        records += reader.finish()
    return records, reader.refusal and reader.refusal.code


def stdlib(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@given(TEXTS, st.sampled_from(",;\t"), st.lists(st.integers(0, 60)))
@example("a,b\r1,2\r", ",", [])
@example("a\r\r", ",", [2])
@example('"a""\r\n"\r\n"', ",", [4, 5])
def test_the_records_are_those_of_the_standard_library(text, delimiter, cuts):
    records, refusal = read(text, delimiter, cuts)
    theirs = stdlib(text, delimiter)
    if refusal:
        assert refusal == "unterminated_quote"
        assert records == theirs[:-1]
        # Something after the end goes on with the last cell, so its quote was open indeed.
        assert stdlib(text + "\nx", delimiter)[-1][-1] == theirs[-1][-1] + "\nx"
    else:
        assert records == theirs
        assert stdlib(text + "\nx", delimiter)[-1] == ["x"]


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_real_files_give_the_records_of_the_standard_library(folder):
    for path in filter(Path.is_file, folder.rglob("*")):
        if path.name == "data__compression__implicit-gz.csv":  # no text at all
            continue
        try:
            found = detect(path, ParseOptions())
        except FileError:  # JSON beside the tables, and single odd bytes that are asked about
            continue
        text = path.read_bytes().decode(found.encoding).removeprefix("\ufeff")
        blocks = list(TextFile(path, found.encoding).blocks())
        assert "".join(block.text for block in blocks) == text
        assert all(block.utf8 in (None, block.text.encode()) for block in blocks)
        records, refusal = read(text, found.delimiter, list(range(0, len(text), 1000)))
        theirs = stdlib(text, found.delimiter)
        if record_lines(text, found.delimiter)[1]:
            assert (records, refusal) == (theirs[:-1], "unterminated_quote"), path
        else:
            assert (records, refusal) == (theirs, None), path


def test_limits_are_exact():
    limits = Limits(field_chars=5, row_chars=12)
    assert read('12345,"12""45"\n', limits=limits) == ([["12345", '12"45']], None)
    assert read("ok\n123456,1\n1\n", limits=limits) == ([["ok"]], "field_too_long")
    assert read('ok\n"123456",1\n1\n', limits=limits) == ([["ok"]], "field_too_long")
    assert read("ok\n1234,1234,1\n", limits=limits) == ([["ok"], ["1234", "1234", "1"]], None)
    assert read("ok\n1234,1234,12\n", limits=limits) == ([["ok"]], "row_too_long")


@given(TEXTS, st.lists(st.integers(0, 60)), st.integers(1, 8), st.integers(1, 20))
@example("aaaaaaaaaa\r\n", [11], 1, 1)
@example('""aaa', [4], 2, 1)
def test_limits_do_not_depend_on_the_pieces(text, cuts, field_chars, row_chars):
    limits = Limits(field_chars=field_chars, row_chars=row_chars)
    fitting, refusals = stdlib(text), {None}
    for number, record in enumerate(fitting):
        too_long = {
            "field_too_long": max(map(len, record), default=0) > field_chars,
            "row_too_long": sum(map(len, record)) + len(record) > row_chars,
        }
        if any(too_long.values()):  # if both, it depends on what was met first
            fitting, refusals = fitting[:number], {code for code, exceeded in too_long.items() if exceeded}
            break
    else:
        if record_lines(text, ",")[1]:
            fitting, refusals = fitting[:-1], {"unterminated_quote"}
    records, refusal = read(text, cuts=cuts, limits=limits)
    assert records == fitting
    assert refusal in refusals


@pytest.mark.parametrize("wide", [1_000, 131_072, 10_000_000])
@pytest.mark.parametrize("field_chars", [10, 131_072, 200_000])
def test_the_process_wide_limit_of_csv_is_neither_obeyed_nor_changed(wide, field_chars):
    before = csv.field_size_limit(wide)
    try:
        limits = Limits(field_chars=field_chars)
        fits, too_long = f'"{"x" * field_chars}"\n', f'"{"x" * (field_chars + 1)}"\n'
        assert read(fits, limits=limits)[1] is None
        assert read(fits + too_long, limits=limits) == ([["x" * field_chars]], "field_too_long")
        assert csv.field_size_limit() == wide
    finally:
        csv.field_size_limit(before)
