"""Files in, batches out: rows, lines, record numbers, malformed rows, batch edges."""

import json
import random
import tempfile
import tracemalloc
from pathlib import Path
from unittest.mock import patch

import pytest
from csv_oracle import DATA, expected, parse, record_lines
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from product_importer.builtin import csv_parser
from product_importer.builtin.csv_parser import CsvParser
from product_importer.delimited import broken_rows, textfile
from product_importer.model import ParseOptions
from product_importer.ports import ParsedFile, Parser

HEADERS = st.sampled_from(
    ["a,b\r\n", "a\n", "\n\r\n A ,\r", '"x\ny",é,"""q"\n', "a,,b,\n", "\ufeffsku,name\n"]
)
PIECES = st.sampled_from(
    ["a", "b", "A", "x,y", ",", ",", ",", "1,2\n", "3,4\r\n", "a,b\n", " ", "é", "\0", "\U0001f600", "\u2028"]
) | st.sampled_from(
    ['"', '"', '"",""', ',"', '",', "\r\n", "\n", "\r", '"\n"', '"\r\n"', '"\r"', "\n\n", "\r\r", "\x85"]
)
BODIES = st.lists(PIECES, max_size=40).map("".join)

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def utf8(**options) -> ParseOptions:
    return ParseOptions(**{"encoding": "utf-8", "delimiter": ",", **options})


def test_it_is_a_parser(write):
    assert isinstance(CsvParser(), Parser)
    assert CsvParser().name == "csv"
    with CsvParser().open(write("a,b\n1,2\n"), ParseOptions()) as file:
        assert isinstance(file, ParsedFile)


@settings(max_examples=settings.default.max_examples * 3 // 2)
@given(HEADERS, BODIES, st.integers(1, 40), st.integers(1, 8), st.integers(1, 200))
@example("a\n", "1\r2\r\r", 3, 1, 1)
@example("a,b\r\n", '"","""\n"",",', 1, 1, 1)
@example("a,b\n", '"1\r","\n2"\n3,4\n', 1, 9, 200)
@example("a,b\n", '1,2,"\n\r"\n3,4,\nA , b\n5,6\n', 5, 2, 200)
def test_rows_lines_and_records_are_right_however_the_file_is_cut(header, body, block, rows, chars):
    text = header + body
    assume(not record_lines(text.removeprefix("\ufeff"), ",")[1])
    assume(' "' not in text)  # blanks before quotes are recognised for the whole file
    with tempfile.TemporaryDirectory() as directory, patch.object(textfile, "BLOCK_BYTES", block):
        path = Path(directory) / "file.csv"
        path.write_bytes(text.encode())
        outcome, batches = parse(path, utf8(batch_rows=rows, batch_chars=chars))
    assert outcome == expected(text.removeprefix("\ufeff"), ",")
    assert all(batch.last_record - batch.first_record < rows for batch in batches)


SHORT = st.sampled_from(
    ["A1,Lamp,First\n", "Second,9.99\n", "Third\n", "A2,Cup\n", "\n", "A3,Bed,Big,1\n", "1,2\n"]
)


@settings(max_examples=settings.default.max_examples * 3)
@given(st.lists(SHORT, max_size=30).map("".join), st.integers(1, 40), st.integers(2, 9))
@example("A1,Lamp,First\nSecond,9.99\n", 1, 2)
def test_the_same_rows_look_broken_however_the_file_is_cut(body, block, reach):
    with (
        tempfile.TemporaryDirectory() as directory,
        patch.object(broken_rows, "REACH", reach),
        patch.object(csv_parser, "REACH", reach),
    ):
        path = Path(directory) / "file.csv"
        path.write_text("sku,name,description,price\n" + body)
        whole, _ = parse(path, utf8())
        with patch.object(textfile, "BLOCK_BYTES", block):
            assert parse(path, utf8())[0] == whole


@pytest.mark.parametrize("block", [1, 7, 262_144])
@pytest.mark.parametrize(
    ("records", "rejected"),
    [
        (["A1,Lamp,First line", "Second line,9.99", "A2,Chair,Soft", "And red,12.00"], [1, 2, 3, 4]),
        (["A1,Lamp,First", "Second", "Third,9.99"], [1, 2, 3]),
        (["A1,Lamp,First", "", "Third,9.99"], [1, 3]),
        (["A9,Vase", "A1,Lamp,First", "Second,9.99"], [2, 3]),
        (["A1,Lamp,First", "Second,9.99", "A9,Vase"], [1, 2]),
        (["A1,Lamp,First", "100cm,12.00"], [1, 2]),
        (["A1,Lamp,First", *["More"] * 100, "Last,12.00"], [*range(1, 103)]),
        (["A1,Lamp,First", "A2,Cup", "A3,Mug,Blue", "A4,Pan"], []),
        (["A1,Lamp", "A2", "A3,Cup,White"], []),
    ],
)
def test_parts_of_broken_rows_are_rejected_among_other_short_rows(write, records, rejected, block):
    content = "\n".join(["sku,name,description,price", "A0,Desk,Fine,10.00", *records, "A3,Bed,Large,99.00"])
    with patch.object(textfile, "BLOCK_BYTES", block):
        outcome, _ = parse(write(content), utf8())
    assert [row[1] - 1 for row in outcome.malformed] == rejected
    assert {row[3] for row in outcome.malformed} <= {"too_few_cells"}


def test_rows_without_their_last_cells_are_kept_where_most_are_short(write):
    chance = random.Random(1)
    lines = [",".join(["sku", *map(str, range(9))])]
    for number in range(3_000):
        cells = [
            f"AB-{number}",
            chance.choice(["Tea", "Iron pan"]),
            f"{number}.50",
            *["some", "other", "cells"],
        ]
        lines.append(",".join([*cells, "x", "y", "z"][: chance.randint(4, 9)]))
    outcome, _ = parse(write("\n".join(lines)), utf8())
    assert len(outcome.rows) == 3_000


def test_a_damaged_row_leaves_the_others_of_a_file_whose_delimiter_is_a_blank(write):
    outcome, _ = parse(write('sku "name"\n"1" 2\n"3"x 4\n"5" 6\n7 "8"\n'), utf8(delimiter=" "))
    assert [row[2] for row in outcome.rows] == [("1", "2"), ("5", "6"), ("7", "8")]
    assert [row[1] for row in outcome.malformed] == [2]


@pytest.mark.whole
def test_a_run_of_short_rows_takes_little_memory(tmp_path):
    path = tmp_path / "file.csv"

    def peak(rows: int) -> int:
        path.write_text("a,b,c,d\n" + "A1,and more of it\n\n" * rows)
        tracemalloc.start()
        with (
            patch.object(textfile, "BLOCK_BYTES", 16_384),
            CsvParser().open(path, utf8(batch_rows=1_000)) as file,
        ):
            for _ in file:
                pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(15_000) < 1.2 * peak(5_000)


def test_batches_end_where_the_options_say(write):
    path = write("a,b\n" + "".join(f"{n},x\n" for n in range(10)))
    edges = [batch.last_record for batch in parse(path, utf8(batch_rows=4))[1]]
    assert edges == [4, 8, 10]
    with patch.object(textfile, "BLOCK_BYTES", 7):
        assert [batch.last_record for batch in parse(path, utf8(batch_rows=4))[1]] == edges


def test_batches_of_long_rows_are_bounded(write):
    path = write("a\n" + f"{'x' * 99_999}\n" * 50)
    batches = parse(path, utf8(batch_chars=1_000_000))[1]
    sizes = [batch.cells.nbytes for batch in batches]
    assert len(sizes) > 3
    assert max(sizes) < 1_000_000 + textfile.BLOCK_BYTES + 100_000
    assert [b.last_record for b in batches] == [
        b.last_record for b in parse(path, utf8(batch_chars=1_000_000))[1]
    ]


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("sku,name", ("sku", "name")),
        ("sku,name\n", ("sku", "name")),
        ("\n\r\n\rsku,name\n", ("sku", "name")),
        ("\ufeffsku,name\n", ("sku", "name")),
        ('\ufeff"sku",name\n', ("sku", "name")),
        (" sku\t,\u00a0Name \n", ("sku", "Name")),
        ("sku,, ,name\n", ("sku", "column 2", "column 3", "name")),
        ('"a\nb","c""d"\n', ("a\nb", 'c"d')),
    ],
)
def test_headers(write, content, header):
    outcome, batches = parse(write(content), ParseOptions(delimiter=","))
    assert outcome.header == header
    assert batches == []


def test_a_file_of_one_column_has_blank_lines_too(write):
    outcome, _ = parse(write('sku\na\n\n""\n b\n\n'), ParseOptions())
    assert outcome.rows == [(2, 1, ("a",)), (4, 3, ("",)), (5, 4, (" b",))]
    assert (outcome.blank, outcome.records) == (2, 5)


def test_malformed_rows_say_what_to_do(write):
    content = 'sku,name\n1\n1,2,3\n1,2,, \nSKU , Name\n1,"a\0b"\n\n1,2\n'
    with CsvParser().open(write(content), ParseOptions()) as file:
        (batch,) = file
    many, surplus, repeated, nul = batch.malformed
    assert (surplus.line, surplus.cells, surplus.error.code) == (4, ("1", "2", "", " "), "too_many_cells")
    assert (many.line, many.cells, many.error.code) == (3, ("1", "2", "3"), "too_many_cells")
    assert (repeated.line, repeated.error.code) == (5, "repeated_header")
    assert (nul.line, nul.error.code) == (6, "nul_character")
    assert (nul.error.column, nul.error.value) == ("name", "a\0b")
    assert batch.lines.to_pylist() == [2, 8]
    assert batch.cells.to_pydict() == {"sku": ["1", "1"], "name": ["", "2"]}
    assert batch.blank == 1


def test_a_second_header_is_found_after_the_byte_order_mark_of_a_joined_file(write):
    outcome, _ = parse(write("\ufeffsku,name\n1,é\n\ufeffSKU,name\n2,b\n"), ParseOptions())
    assert [row[2] for row in outcome.rows] == [("1", "é"), ("2", "b")]
    assert [row[3] for row in outcome.malformed] == ["repeated_header"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("block", [1, 3, 262_144])
def test_encodings(write, encoding, named, block):
    words = ("pêche", "crème", "fraîche", "forêt noire", "bûche", "poire très mûre", "pâte à tartiner")
    content = "sku;näme;price\r\n1;Café crème brûlée;1,50\r\n2;Größe;2,00\r\n"
    content += "".join(f"{word};Thé à la {word};3,00\r\n" for word in words)
    path = write(content.encode(encoding))
    with patch.object(textfile, "BLOCK_BYTES", block):
        outcome, _ = parse(path, ParseOptions(encoding=encoding if named else None))
    assert outcome.header == ("sku", "näme", "price")
    rows = [row[2] for row in outcome.rows]
    assert rows[:2] == [("1", "Café crème brûlée", "1,50"), ("2", "Größe", "2,00")]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_text_whatever_encoding_is_named(write, mark):
    named = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}[mark]
    outcome, _ = parse(write("sku,name\n1,a\n".encode(mark)), ParseOptions(encoding=named))
    assert outcome.header == ("sku", "name")


@needs_data
@pytest.mark.parametrize(
    "path", sorted((DATA / "products").rglob("*.csv")), ids=lambda path: str(path.relative_to(DATA))
)
def test_product_catalogues_are_read_whole(path):
    outcome, _ = parse(path, ParseOptions())
    assert outcome == expected(path.read_bytes().decode(), ";" if "semicolon" in path.name else ",")
    assert outcome.rows


@needs_data
@pytest.mark.parametrize(
    "path", sorted((DATA / "parser/csv-spectrum").glob("csvs__*.csv")), ids=lambda p: p.name
)
def test_csv_spectrum(path):
    outcome, _ = parse(path, ParseOptions())
    answer = json.loads(
        path.with_name(path.name.replace("csvs__", "json__")).with_suffix(".json").read_text()
    )
    assert [dict(zip(outcome.header, cells, strict=True)) for _, _, cells in outcome.rows] == answer
    assert not outcome.malformed
