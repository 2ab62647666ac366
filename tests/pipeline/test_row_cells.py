"""The cells of rows that may be rejected later, as lists."""

import pyarrow as pa
import pytest

from product_importer.builtin.dedupe import KeepLast, RejectAll
from product_importer.pipeline.row_cells import CELLS, kept_cells, row_cells, with_cells
from product_importer.testing import sample_batch

CELLS_READ = pa.RecordBatch.from_pydict({"a": ["1", "2", "3"], "b": ["x", "", "z"]})
ROWS = sample_batch([{"sku": "1", "name": "Tea"}, {"sku": "2"}, {"sku": "3", "name": "Tea"}])


@pytest.mark.parametrize(
    ("wanted", "cells"),
    [
        ([True, False, True], [["1", "x"], None, ["3", "z"]]),
        ([False, False, False], [None, None, None]),
        ([True, True, True], [["1", "x"], ["2", ""], ["3", "z"]]),
    ],
)
def test_the_wanted_rows_have_their_cells(wanted, cells):
    assert row_cells(CELLS_READ, pa.array(wanted)).to_pylist() == cells
    assert row_cells(CELLS_READ.slice(1, 2), pa.array(wanted[1:])).to_pylist() == cells[1:]


@pytest.mark.parametrize(
    ("policy", "mode", "cells"),
    [
        (KeepLast(), "merge", [None, ["2", ""], None]),
        (KeepLast(), "create", [None, ["2", ""], None]),
        (KeepLast(), "update", None),
        (RejectAll(), "update", [["1", "x"], ["2", ""], ["3", "z"]]),
    ],
)
def test_cells_are_kept_where_a_row_may_be_rejected(policy, mode, cells):
    rows = with_cells(CELLS_READ, ROWS, kept_cells(policy, [mode]))
    assert (rows.column(CELLS).to_pylist() if CELLS in rows.schema.names else None) == cells
    named = ROWS.filter(ROWS.column("name").is_valid())
    assert with_cells(CELLS_READ.slice(0, 2), named, kept_cells(KeepLast(), ["merge"])) is named
