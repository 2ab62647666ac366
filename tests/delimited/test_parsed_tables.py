"""What a plugin's parser gives is held to names, sizes and characters."""

import pyarrow as pa
import pytest

from product_importer.delimited.header import clean_header
from product_importer.delimited.parsed_tables import storable
from product_importer.errors import FileError
from product_importer.model import Limits
from product_importer.ports import RawBatch


def batch_of(rows, header):
    columns = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
    numbers = pa.array(range(1, len(rows) + 1), pa.int64())
    cells = pa.RecordBatch.from_arrays(columns, list(header))
    return RawBatch(cells, numbers, numbers, 1, len(rows), (), 0, 10)


def test_a_nul_rejects_its_row_alone():
    batch = storable(
        batch_of([("A", "Tea"), ("B", "C\0up"), ("C", "Pot")], ("sku", "name")),
        ("sku", "name"),
        Limits(),
        "line",
    )
    assert batch.cells.to_pydict() == {"sku": ["A", "C"], "name": ["Tea", "Pot"]}
    assert batch.records.to_pylist() == batch.lines.to_pylist() == [1, 3]
    (row,) = batch.malformed
    assert (row.record, row.line, row.cells) == (2, 2, ("B", "C\0up"))
    assert (row.error.code, row.error.column) == ("nul_character", "name")


def test_columns_of_one_name_are_numbered_and_kept():
    header = clean_header(("sku", "Image", "image "), line=1, limits=Limits())
    assert header == ("sku", "Image", "image (2)")
    batch = storable(batch_of([("A", "one", "two")], ("sku", "Image", "image ")), header, Limits(), "line")
    assert batch.cells.to_pylist() == [{"sku": "A", "Image": "one", "image (2)": "two"}]


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"field_chars": 3}, "field_too_long"), ({"row_chars": 6}, "row_too_long")],
)
def test_what_is_beyond_the_limits_is_refused(limits, code):
    batch = batch_of([("A", "Tea"), ("B", "Cups")], ("sku", "name"))
    with pytest.raises(FileError) as caught:
        storable(batch, ("sku", "name"), Limits(**limits), "row")
    assert (caught.value.code, caught.value.line) == (code, 2)


def test_too_many_columns_are_refused():
    with pytest.raises(FileError) as caught:
        clean_header(("sku", "name", "price"), line=1, limits=Limits(columns=2))
    assert caught.value.code == "too_many_columns"
