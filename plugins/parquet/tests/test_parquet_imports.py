"""Whole imports of Parquet files."""

import pyarrow as pa
import pyarrow.parquet as pq

import product_importer_parquet
from product_importer.testing import FORMAT_ROWS, check_format


def write(path, rows):
    texts = [{**row, "price": None if row["price"] is None else str(row["price"])} for row in rows]
    pq.write_table(pa.Table.from_pylist(texts), path)


async def test_the_format_from_the_file_to_the_table_and_back(tmp_path):
    path = tmp_path / "products.parquet"
    write(path, FORMAT_ROWS)
    await check_format(product_importer_parquet, path, write)
