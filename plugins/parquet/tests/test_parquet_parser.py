"""The Parquet parser: rows, types, places, and damaged files."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from product_importer.errors import FileError
from product_importer.model import ParseOptions
from product_importer.ports import FormatParser, InputFile
from product_importer.testing import check_parser
from product_importer_parquet import ParquetParser

TABLE = pa.table(
    {
        "sku": ["A1", "A2", "A3"],
        "price": pa.array([Decimal("4.50"), None, Decimal("3.90")], pa.decimal128(10, 2)),
        "stock": [4, 5, None],
        "since": [date(2024, 1, 2), None, None],
        "tags": [["a"], [], None],
    }
)


def batches(path, **options):
    file = InputFile(path, path.name, path.stat().st_size)
    with ParquetParser().open(file, ParseOptions(**options)) as table:
        return table.header, list(table)


def test_rows_come_with_their_types_and_numbers(tmp_path):
    pq.write_table(TABLE, tmp_path / "a.parquet", row_group_size=2)

    header, found = batches(tmp_path / "a.parquet")

    assert header == ("sku", "price", "stock", "since", "tags")
    assert pa.Table.from_batches([batch.cells for batch in found]).equals(TABLE)
    assert [batch.lines.to_pylist() for batch in found] == [[1, 2, 3]]
    assert found[-1].done == 1


@pytest.mark.parametrize("limit", [{"batch_rows": 2}, {"batch_chars": 60}])
def test_batches_keep_to_the_limits(tmp_path, limit):
    pq.write_table(TABLE, tmp_path / "a.parquet")

    _, found = batches(tmp_path / "a.parquet", **limit)

    assert len(found) > 1
    assert [record for batch in found for record in batch.records.to_pylist()] == [1, 2, 3]
    assert found[0].first_record == 1
    assert pa.Table.from_batches([batch.cells for batch in found]).equals(TABLE)


def test_the_contract_of_formats(tmp_path):
    pq.write_table(TABLE, tmp_path / "a.parquet", row_group_size=2)
    check_parser(ParquetParser(), tmp_path / "a.parquet")


def test_a_file_is_recognised_by_its_first_bytes(tmp_path):
    pq.write_table(TABLE, tmp_path / "a.bin")
    parser = ParquetParser()

    assert isinstance(parser, FormatParser)
    assert parser.recognises((tmp_path / "a.bin").read_bytes()[:100], "a.bin") == 1
    assert parser.recognises(b"sku,name\n", "a.parquet") == 0


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"PAR1", lambda data: data[:8]])
def test_a_cut_file_is_refused(tmp_path, damage):
    pq.write_table(TABLE, tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(damage((tmp_path / "a.parquet").read_bytes()))

    with pytest.raises(FileError, match="Parquet file can't be read") as caught:
        batches(tmp_path / "b.parquet")
    assert caught.value.code == "damaged_file"


def test_a_damaged_column_is_refused_where_it_is_read(tmp_path):
    pq.write_table(pa.table({"sku": [f"A{n}" for n in range(5000)]}), tmp_path / "a.parquet")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[30:3000] = b"\xff" * 2970
    (tmp_path / "a.parquet").write_bytes(data)

    with pytest.raises(FileError) as caught:
        batches(tmp_path / "a.parquet")
    assert caught.value.code == "damaged_file"


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_an_encoding_that_cant_be_read_is_named(tmp_path, encoding):
    table = pa.table({"sku": ["A1", "A2"], "name": ["Tea", "Cup"]})
    pq.write_table(table, tmp_path / "a.parquet", use_dictionary=False, column_encoding=encoding)

    with pytest.raises(FileError, match="in version 1 of the format") as caught:
        batches(tmp_path / "a.parquet")
    assert caught.value.code == "parquet_encoding"


def test_an_empty_table_has_a_header_and_no_rows(tmp_path):
    pq.write_table(TABLE.slice(0, 0), tmp_path / "a.parquet")

    assert batches(tmp_path / "a.parquet") == (TABLE.schema.names and tuple(TABLE.schema.names), [])


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_long_values_of_a_dictionary_are_decoded_for_few_rows_at_once(tmp_path, nested, typed):
    column = pa.DictionaryArray.from_arrays(pa.array([0, *[1] * 800]), ["short", "x" * 1_000_000])
    if nested:
        column = pa.StructArray.from_arrays([column], ["text"])
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"sku": [f"A{n}" for n in range(801)], "text": column}), path, store_schema=typed)
    assert path.stat().st_size < 200_000
    before, rows, most = pa.total_allocated_bytes(), 0, 0

    with ParquetParser().open(InputFile(path, "a.parquet", 1), ParseOptions()) as table:
        for batch in table:
            rows += batch.cells.num_rows
            assert batch.cells.num_rows <= 67  # 64 MB
            most = max(most, pa.total_allocated_bytes() - before)

    assert rows == 801
    assert most < 200 << 20
