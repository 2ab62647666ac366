"""Batches come out of the spool as they went in."""

import pyarrow as pa
import pytest

from product_importer.pipeline.rejects import Reject, reject_batch
from product_importer.pipeline.spool import Spool, SpooledBatch
from product_importer.testing import sample_batch

ROWS = sample_batch([{"sku": f"S{n}", "name": "Tea"} for n in range(4)])
CELLS = pa.array([["S0", "Tea"], None], pa.list_(pa.string()))
REJECTS = reject_batch([Reject(4, 5, ["S3", ""], (), "s3")])
BATCHES = [
    SpooledBatch(1, 2, ROWS.slice(0, 2).append_column("cells", CELLS), REJECTS.slice(0, 0)),
    SpooledBatch(3, 5, ROWS.slice(2, 1), REJECTS),
]


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path) as spool:
        yield spool


def test_batches_are_read_in_order_and_by_number_as_often_as_needed(spool):
    for batch in BATCHES:
        spool.append(batch)
    assert list(spool) == list(spool) == [spool[0], spool[1]] == BATCHES
    assert (len(spool), spool.records, spool.first_records) == (2, 5, [1, 3])


def test_a_cleared_spool_is_written_anew(spool):
    spool.append(BATCHES[0])
    spool.clear()
    assert (len(spool), spool.records, spool.first_records, list(spool)) == (0, 0, [], [])
    spool.append(BATCHES[1])
    assert list(spool) == [BATCHES[1]]


def test_a_spool_leaves_no_file_behind(spool, tmp_path):
    spool.append(BATCHES[0])
    assert list(tmp_path.iterdir()) == []
