"""How much is asked of the database for a chunk: a number that doesn't grow with its rows.

It stands for the speed of imports, which no test can measure on a busy machine.
"""

import asyncio

import pytest

from product_importer.model import ImportOptions
from product_importer.pipeline.digest import digests
from product_importer.pipeline.rejects import Reject, reject_batch
from product_importer.ports import Chunk, Terms
from product_importer.store import copy, merging, writer
from product_importer.store.events import Audience
from product_importer.store.imports import Imports
from product_importer.support.connections import NO_QUERY
from product_importer.testing import sample_batch

TERMS = Terms(frozenset(), None, dry_run=False)
EVERY_CHUNK = ["BEGIN;", "fence", "record_chunk", "COMMIT;"]
MOST = {  # statements and copies of a chunk, besides those of every chunk
    "new": 5,  # asked, look_up, reserve_ids, products, emit
    "new again": 3,  # without a look-up, as the chunk before was new
    "unchanged": 2,
    "changed": 5,  # asked, look_up, incoming, update, emit
    "changed again": 3,
    "rejected": 1,
}


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
async def asked(importer, monkeypatch):
    """``await asked(writer, chunk)``: how many statements and copies the chunk took."""
    seen = []

    def note(record):
        if record.query != NO_QUERY:  # it is sent nowhere
            seen.append(record.query)

    async def copy_batch(connection, table, batch, **options):
        seen.append(f"COPY {table}")
        await copy_really(connection, table, batch, **options)

    copy_really = copy.copy_batch
    for module in (writer, merging):
        monkeypatch.setattr(module, "copy_batch", copy_batch)

    async def asked(saving, chunk):
        seen.clear()
        with saving._connection.query_logger(note):
            await saving.save(chunk)
            await asyncio.sleep(0)  # the driver tells of each statement a little later
        return len(seen)

    return asked


def chunk(first, rows, name="Tea", rejects=()):
    batch = sample_batch([{"sku": f"S{n}", "name": name} for n in rows])
    batch = batch.append_column("digest", digests(batch, TERMS))
    last = first + batch.num_rows + len(rejects) - 1
    return Chunk(first, last, batch, reject_batch(rejects), unchanged=0, duplicate=0, skipped=0)


def rejected(first, number):
    return [Reject(first + n, first + n + 1, [f"R{n}", ""], (), f"r{n}") for n in range(number)]


@pytest.mark.parametrize("size", [10, 2_000])
async def test_a_chunk_takes_as_many_statements_however_many_rows_it_has(importer, asked, size):
    imports = Imports(importer.database, Audience(importer.plugins.event_sinks.values()))
    import_id = await imports.create("/none", "none.csv", 0, ImportOptions(), None)
    one, two = range(size), range(size, 2 * size)
    first = iter(range(1, 100 * size, size))
    async with imports.lease(import_id, revive=True) as lease:
        async with lease.writer(TERMS) as writer:
            found = {
                "new": await asked(writer, chunk(next(first), one)),
                "new again": await asked(writer, chunk(next(first), two)),
            }
        async with lease.writer(TERMS) as writer:
            found["unchanged"] = await asked(writer, chunk(next(first), one))
            found["changed"] = await asked(writer, chunk(next(first), one, "Mate"))
            found["changed again"] = await asked(writer, chunk(next(first), two, "Mate"))
        async with lease.writer(TERMS) as writer:
            number = next(first)
            only = chunk(number, (), rejects=rejected(number, size))
            found["rejected"] = await asked(writer, only)

    assert found == {kind: len(EVERY_CHUNK) + most for kind, most in MOST.items()}
