"""The digest of a file's rows depends on every cell, and on nothing else."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.rows_digest import RowsDigest
from product_importer.testing import SAMPLE_ROWS, sample_batch


def digest(*batches):
    rows = RowsDigest()
    for batch in batches:
        rows.update(batch)
    return rows.digest()


def test_it_is_the_same_wherever_the_rows_lie_in_memory():
    batch = sample_batch()
    copy = pa.ipc.read_record_batch(batch.serialize(), batch.schema)
    padded = pa.concat_batches([batch, batch]).slice(batch.num_rows)
    assert digest(batch) == digest(copy) == digest(padded)


def test_what_stands_behind_a_null_is_left_out():
    values = pa.array(["seen", "hidden"])
    _, offsets, data = values.buffers()
    nulls = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x01"), offsets, data])
    clean = pa.array(["seen", None])
    one, other = (pa.RecordBatch.from_arrays([column], ["name"]) for column in (nulls, clean))
    assert digest(one) == digest(other)


@pytest.mark.parametrize("column", [name for name in sample_batch().schema.names if name != "sku_key"])
def test_every_column_counts(column):
    batch = sample_batch()
    place = batch.schema.get_field_index(column)
    for row in range(batch.num_rows):
        values = batch.column(place).to_pylist()
        values[row] = None if values[row] is not None else {"active": False}.get(column, values[0])
        changed = batch.set_column(place, column, pa.array(values, batch.column(place).type))
        if changed.column(place) != batch.column(place):
            assert digest(changed) != digest(batch)


def test_text_that_moves_to_the_next_row_counts():
    one, other = (
        pa.RecordBatch.from_arrays([pa.array(texts)], ["name"]) for texts in (["ab", "c"], ["a", "bc"])
    )
    assert digest(one) != digest(other)


@given(st.lists(st.integers(0, 20), max_size=6), st.booleans())
def test_it_is_the_same_wherever_the_batches_end(cuts, blank_first):
    blank = sample_batch([{}] * 3)
    rows = pa.concat_batches([blank, sample_batch()] if blank_first else [sample_batch(), blank])
    ends = sorted({min(cut, rows.num_rows) for cut in cuts} | {0, rows.num_rows})
    parts = [rows.slice(start, end - start) for start, end in pairwise(ends)]
    assert digest(*parts, rows.slice(0, 0)) == digest(rows)


def test_digests_that_are_stored_stay_what_they_are():
    """Otherwise no import that an upgrade interrupts could be resumed."""
    assert digest(sample_batch()).hex() == "30e974d46b1753089b3a6ef3ae02ce2d"


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_later_field_counts_wherever_the_first_row_that_has_it_stands(cut):
    rows = [dict(row) for row in SAMPLE_ROWS]
    rows[2] |= {"barcode": "0612"}
    rows[3] |= {"stock": 5}
    batch = sample_batch(rows)
    assert digest(batch) == digest(batch.slice(0, cut), batch.slice(cut))
    for other in ({"barcode": "0613"}, {"barcode": None}, {"stock": 5}):
        changed = sample_batch([*rows[:2], rows[2] | other, *rows[3:]])
        assert digest(changed) not in {digest(batch), digest(sample_batch())}
