"""The parser as a plugin, and what keeps it fast."""

import itertools
import random
import re

import pytest
from outcomes import Declined, Read, outcome, same_outcome

import product_importer_fastcsv
from product_importer.model import Limits, ParseOptions
from product_importer.testing import check_parser, plugin_set
from product_importer_fastcsv import FastCsvParser, parser

ROWS = 40_000


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """A product file of ordinary shape: five columns, 5 % of the descriptions over several quoted lines."""
    chance = random.Random(1)
    words = ["steel", "cotton", "küche", "blue", "ergonomic", "granite", "soft", "wooden", "lamp", "naïve"]
    lines = ["sku,name,description,price,active"]
    for number in range(ROWS):
        description = " ".join(chance.choices(words, k=18))
        if number % 20 == 0:
            description = f'"{description.replace(" ", chr(10), 2)}, ""quoted"""'
        lines.append(f"SKU-{number:06},{chance.choice(words)} 3/4,{description},{number / 100},true")
    path = tmp_path_factory.mktemp("catalogue") / "products.csv"
    path.write_text("\n".join(lines) + "\n", newline="")
    return path


@pytest.fixture
def row_by_row(monkeypatch):
    """How many records were read the slow way."""
    counts = []

    def counting(block, positions, *rest):
        counts.append(len(positions))
        return read_rows(block, positions, *rest)

    read_rows = parser.read_rows
    monkeypatch.setattr(parser, "read_rows", counting)
    return counts


def test_the_plugin_registers_the_parser():
    assert plugin_set(product_importer_fastcsv).parsers["fastcsv"].name == "fastcsv"


def test_it_keeps_the_contract_of_parsers(catalogue, tmp_path):
    part = tmp_path / "part.csv"
    part.write_bytes(catalogue.read_bytes()[:40_000])
    check_parser(FastCsvParser(), part)


def test_batches_are_full(catalogue):
    with FastCsvParser().open(catalogue, ParseOptions(batch_rows=7_000)) as file:
        sizes = [batch.cells.num_rows for batch in file]
    assert sizes == [6_999, 7_000, 7_000, 7_000, 7_000, 5_001]


def test_batches_hold_no_more_than_batch_chars(catalogue):
    with FastCsvParser().open(catalogue, ParseOptions(batch_chars=100_000)) as file:
        ends = [0, *(batch.end_offset for batch in file)]
    sizes = [end - start for start, end in itertools.pairwise(ends)]
    assert max(sizes) <= 100_000
    assert min(sizes[:-1]) > 99_000
    assert ends[-1] == catalogue.stat().st_size


def test_no_record_but_the_header_is_read_row_by_row(catalogue, row_by_row):
    found = same_outcome(catalogue, ParseOptions(), FastCsvParser())
    assert isinstance(found, Read)
    assert len(found.rows) == ROWS
    assert row_by_row == [1]


def test_stray_quotes_are_no_reason_to_read_row_by_row(catalogue, tmp_path, row_by_row):
    inches = tmp_path / "inches.csv"
    inches.write_bytes(catalogue.read_bytes().replace(b"3/4,", b'3/4" pipe,'))
    found = same_outcome(inches, ParseOptions(), FastCsvParser())
    assert found.rows[-1][2][1].endswith('3/4" pipe')
    assert row_by_row == [1]


def test_of_a_ragged_file_only_the_ragged_rows_are_read_row_by_row(catalogue, tmp_path, row_by_row):
    ragged = tmp_path / "ragged.csv"
    ragged.write_bytes(
        catalogue.read_bytes().replace(b"99,true", b"99,true,").replace(b"98,true", b"98,true,x")
    )
    found = same_outcome(ragged, ParseOptions(), FastCsvParser())
    assert len(found.malformed) == ROWS // 50
    assert len(found.rows) == ROWS - ROWS // 50
    assert row_by_row[0] == 1
    assert sum(row_by_row) == 1 + ROWS // 50


def test_rows_without_their_last_cells_are_no_reason_to_decline(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("sku,name,colour\n" + "".join(f"A-{number},Lamp\n" for number in range(100)))
    found = same_outcome(path, ParseOptions(delimiter=",", batch_rows=7), FastCsvParser())
    assert len(found.rows) == 100


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        ("a,b\né,1\n".encode("utf-16"), ParseOptions(), "utf-16"),
        ("a,b\né,1\n".encode("cp1252"), ParseOptions(encoding="cp1252"), "cp1252"),
        ("a§b\n1§2\n".encode(), ParseOptions(delimiter="§"), "delimiter"),
        (b"\n\n", ParseOptions(), "no header"),
        (b'a,b\n1,"2\n', ParseOptions(), "line 2 .* never closed"),
        (b"a,b,c\nA1,x\ny,2\nA2,x\nz,3\n", ParseOptions(batch_rows=2), "Record 1 may be a part"),
        (b"a,b,c,d\n1,2,3,4\nA1,x,y\n\nx\nz,3\n", ParseOptions(batch_rows=1), "Record 2 may be a part"),
        (b"a,b\n1,2\n" + b"x" * 11, ParseOptions(limits=Limits(field_chars=10)), "too long"),
        (b'a,b\n1,"' + b"x\n" * 400_000, ParseOptions(limits=Limits(row_chars=9_000)), "line 2 .* longer"),
    ],
)
def test_what_the_built_in_parser_knows_better_is_declined(tmp_path, content, options, reason):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    found = outcome(FastCsvParser(), path, options)
    assert isinstance(found, Declined)
    assert re.search(reason, found.reason)
