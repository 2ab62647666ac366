"""The first rows of a file are read once, and given again as the parser gives them."""

import pyarrow as pa
import pytest

from product_importer.builtin.arrow_parser import ArrowParser
from product_importer.model import ParseOptions
from product_importer.pipeline.first_rows import FirstRows
from product_importer.ports import FormatParser, InputFile

ROWS = 40_000


class Counting(ArrowParser):
    """The parser, which counts how often it opens a file."""

    opened = 0

    def open(self, file, options):
        self.opened += 1
        return super().open(file, options)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "products.arrow"
    table = pa.table(
        {
            "sku": [f"A{number}" for number in range(ROWS)],
            "price": [number / 100 if number % 3 else None for number in range(ROWS)],
            "tags": [["red", "blue"][: number % 3] for number in range(ROWS)],
            "size": pa.array(["S", "M"] * (ROWS // 2)).dictionary_encode(),
        }
    )
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=1_000)
    return path


def read(parser, path, **options):
    with parser.open(InputFile.at(path), ParseOptions(**options)) as table:
        return table.header, table.read_as, list(table)


def rows_of(batches):
    return [
        row
        for batch in batches
        for row in zip(
            batch.lines.to_pylist(), batch.records.to_pylist(), batch.cells.to_pylist(), strict=True
        )
    ]


def test_the_remembering_parser_is_a_parser():
    assert isinstance(FirstRows(ArrowParser(), 1), FormatParser)


@pytest.mark.parametrize("most", [pytest.param(1, marks=pytest.mark.whole), 300, 16_384])
def test_rows_are_read_once_and_given_in_batches_as_wanted(path, most):
    counting = Counting()
    parser = FirstRows(counting, 2_000)
    read(parser, path)
    header, read_as, batches = read(parser, path, batch_rows=most)

    directly = read(ArrowParser(), path, batch_rows=most)
    assert counting.opened == 1
    assert (header, read_as) == directly[:2]
    rows = rows_of(batches)
    assert 2_000 < len(rows) < ROWS  # more than wanted, by which it is seen that there are more
    assert rows == rows_of(directly[2])[: len(rows)]
    for batch, before in zip(batches, [None, *batches[:-1]], strict=True):
        assert batch.first_record == (before.last_record + 1 if before else 1)
        assert batch.last_record - batch.first_record + 1 == batch.cells.num_rows <= most


def test_another_table_or_encoding_is_read_anew(path):
    counting = Counting()
    parser = FirstRows(counting, 1)
    for options in ({}, {"reading": {"table": "other"}}, {"encoding": "cp1250"}):
        read(parser, path, **options)
        read(parser, path, **options)

    assert counting.opened == 3
