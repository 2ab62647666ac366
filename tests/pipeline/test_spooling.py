"""What is done with each checked batch while the next one is checked."""

import pytest

from product_importer.pipeline.reading import CheckedBatch
from product_importer.pipeline.rejects import reject_batch
from product_importer.pipeline.side_thread import SideThread
from product_importer.pipeline.spool import Spool, SpooledBatch
from product_importer.pipeline.spooling import Spooling
from product_importer.testing import sample_batch


def checked(first, *skus):
    rows = sample_batch([{"sku": sku, "name": "Tea"} for sku in skus])
    return CheckedBatch(SpooledBatch(first, first + len(skus) - 1, rows, reject_batch([])), rows, 0)


class Full(Spool):
    def append(self, batch):
        if batch.first > 1:
            raise OSError("no room")
        super().append(batch)


async def spooled(*batches):
    with Spool() as spool, SideThread("spooling") as thread:
        async with Spooling(spool, thread) as spooling:
            for batch in batches:
                await spooling.append(batch)
            await spooling.done()
            return [batch.first for batch in spool], spooling.repeated(), spooling.rows_digest


async def test_keys_that_occur_again_are_known_batch_by_batch():
    firsts, repeated, _ = await spooled(checked(1, "A", "B", "C"), checked(4, "D", "a"), checked(6, "E"))
    assert firsts == [1, 4, 6]
    assert [repeated.rows(number).tolist() for number in range(3)] == [
        [True, False, False],
        [False, True],
        [False],
    ]
    assert repeated.hashes(0).tolist() == repeated.hashes(1).tolist()


async def test_the_digest_is_that_of_all_rows_as_they_were_read():
    _, _, one = await spooled(checked(1, "A"), checked(2, "B"))
    _, _, same = await spooled(checked(1, "A"), checked(2, "B"))
    _, _, other = await spooled(checked(1, "A"), checked(2, "C"))
    assert one == same != other


async def test_leaving_waits_for_the_last_batch():
    with Spool() as spool, SideThread("spooling") as thread:
        async with Spooling(spool, thread) as spooling:
            await spooling.append(checked(1, "A"))
        assert len(spool) == 1


async def test_nothing_to_spool():
    firsts, repeated, _ = await spooled()
    assert (firsts, len(repeated)) == ([], 0)


@pytest.mark.parametrize("asked", ["append", "done"])
async def test_what_stopped_a_batch_is_raised_by_the_next_call(asked):
    with Full() as spool, SideThread("spooling") as thread:
        async with Spooling(spool, thread) as spooling:
            await spooling.append(checked(1, "A"))
            await spooling.append(checked(2, "B"))
            with pytest.raises(OSError, match="no room"):
                await (spooling.append(checked(3, "C")) if asked == "append" else spooling.done())
        assert len(spool) == 1
