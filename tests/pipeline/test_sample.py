"""Some rows are looked up while a file is read."""

import pyarrow as pa
import pytest

from product_importer.model import ImportOptions
from product_importer.pipeline.digest import digests
from product_importer.pipeline.sample import Sample
from product_importer.pipeline.spool import SpooledBatch
from product_importer.ports import Terms
from product_importer.testing import sample_batch

TERMS = Terms(frozenset(), None, dry_run=False)
ROWS = sample_batch([{"sku": f"S{n}", "name": "Name"} for n in range(100)])


class Products:
    """A lease that knows which rows the products show."""

    def __init__(self, rows):
        self._shown = set(digests(rows, TERMS).to_pylist())

    async def unchanged(self, keys, digests):
        assert len(keys) == len(digests)
        return len(self._shown.intersection(digests))


def spooled(rows, first):
    return SpooledBatch(first, first + rows.num_rows - 1, rows, pa.RecordBatch.from_pylist([]))


async def test_the_share_of_unchanged_rows():
    sample = Sample(Products(ROWS.slice(0, 50)), TERMS, [])
    await sample.add(spooled(ROWS.slice(0, 50), 1))
    assert 10 < sample.rows == sample.unchanged <= 50
    await sample.add(spooled(ROWS.slice(50), 51))
    assert sample.rows == 2 * sample.unchanged


async def test_rows_that_were_saved_before_say_nothing_of_the_others():
    sample = Sample(Products(ROWS), TERMS, [(1, 60)])
    await sample.add(spooled(ROWS.slice(0, 50), 1))
    assert (sample.rows, sample.unchanged) == (0, 0)
    await sample.add(spooled(ROWS.slice(50), 51))
    assert sample.rows == sample.unchanged > 0


async def test_batches_without_rows():
    sample = Sample(Products(ROWS), TERMS, [])
    await sample.add(spooled(ROWS.slice(0, 0), 1))
    assert sample.rows == 0


@pytest.mark.parametrize(
    ("again", "share"), [("sku,name\nA,Apple\nB,Pear\n", 1), ("sku,name\nA,Other\nC,Pear\n", 0)]
)
async def test_an_import_notes_its_sample(shop, again, share):
    importer = await shop.importer()
    await importer.run(shop.file("sku,name\nA,Apple\nB,Pear\n", "one.csv"), ImportOptions())
    report = await importer.run(shop.file(again, "two.csv"), ImportOptions())
    noted = await shop.connection.fetchrow(
        "SELECT rows_read, rows_sampled, rows_sampled_unchanged FROM imports WHERE id = $1", report.id
    )
    assert tuple(noted) == (2, 2, 2 * share)
