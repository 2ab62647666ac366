"""Whole imports of Parquet files."""

from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq

import product_importer_parquet
from product_importer.errors import FileError
from product_importer.model import ParseOptions
from product_importer.pipeline.first_rows import FirstRows
from product_importer.ports import InputFile
from product_importer.testing import FORMAT_ROWS, check_format
from product_importer_parquet import ParquetParser


def write(path, rows):
    texts = [{**row, "price": None if row["price"] is None else str(row["price"])} for row in rows]
    pq.write_table(pa.Table.from_pylist(texts), path)


async def test_the_format_from_the_file_to_the_table_and_back(tmp_path):
    path = tmp_path / "products.parquet"
    write(path, FORMAT_ROWS)
    await check_format(product_importer_parquet, path, write)


def test_the_rows_before_the_damage_are_read_though_first_rows_are_remembered(tmp_path):
    path = tmp_path / "products.parquet"
    table = pa.table({"sku": [f"A{n}" for n in range(8_000)], "name": ["Tea"] * 8_000})
    pq.write_table(table, path, row_group_size=500, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    place = pq.read_metadata(path).row_group(12).column(0).data_page_offset
    content[place : place + 40] = b"\xff" * 40
    path.write_bytes(content)

    def rows_before_the_damage(parser):
        rows = []
        with parser.open(InputFile.at(path), ParseOptions(batch_rows=250)) as table, suppress(FileError):
            for batch in table:
                rows += batch.cells.to_pylist()
        return rows

    remembering = FirstRows(ParquetParser(), 8_000)
    found = rows_before_the_damage(remembering)
    assert 0 < len(found) < 8_000
    assert found == rows_before_the_damage(remembering) == rows_before_the_damage(ParquetParser())
