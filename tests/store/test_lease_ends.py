"""The lock of an import, and the lease that its holder lets run out."""

import asyncpg
import pytest

from product_importer.errors import DatabaseError, ImportBusy, ImportEnded
from product_importer.model import Counts, ImportOptions, Phase, Status
from product_importer.ports import ReadSoFar, Terms
from product_importer.store.events import Audience
from product_importer.store.imports import Imports

TERMS = Terms(frozenset(), None, dry_run=False)


@pytest.fixture
def server(postgres_18):
    return postgres_18


@pytest.fixture
def imports(importer):
    return Imports(importer.database, Audience(()))


@pytest.fixture
async def import_id(imports):
    return await imports.create("/none", "none.csv", 0, ImportOptions(), None)


async def test_a_living_owner_is_left_in_office(imports, import_id):
    async with imports.lease(import_id, revive=True) as lease:
        with pytest.raises(ImportBusy, match=f"Import {import_id} is being run by another process"):
            async with imports.lease(import_id, revive=True):
                pass
        await lease.heartbeat(ReadSoFar())


async def test_the_sessions_of_an_owner_whose_lease_ran_out_are_ended(shop, imports, import_id):
    other = await imports.create("/other", "other.csv", 0, ImportOptions(), None)
    async with imports.lease(other, revive=True) as neighbour:
        stack = imports.lease(import_id, revive=True)
        first = await stack.__aenter__()
        await shop.connection.execute("UPDATE imports SET lease_expires_at = now() WHERE id = $1", import_id)
        async with imports.lease(import_id, revive=False) as second:
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as gone:
                await first.heartbeat(ReadSoFar())
            await second.heartbeat(ReadSoFar())
            await neighbour.heartbeat(ReadSoFar())
            assert (first.attempt, second.attempt) == (1, 2)
        with pytest.raises(DatabaseError, match="The connection to the database was lost"):
            await stack.__aexit__(gone.type, gone.value, None)


async def test_an_import_that_has_ended_is_not_leased(imports, import_id):
    async with imports.lease(import_id, revive=True) as lease:
        await lease.file_read(0, b"s", b"r")
        await lease.finish(Status.COMPLETED, "")
    with pytest.raises(ImportEnded, match=f"Import {import_id} has ended as completed"):
        async with imports.lease(import_id, revive=True):
            pass


async def test_records_that_are_accounted_for_are_not_counted_again(imports, import_id):
    counts = Counts(read=9, created=9)
    async with imports.lease(import_id, revive=True) as lease, lease.writer(TERMS) as writer:
        await writer._transact(lambda: writer._record(Phase.SAVING, 1, 9, counts))
        with pytest.raises(asyncpg.UniqueViolationError):
            await writer._transact(lambda: writer._record(Phase.SAVING, 1, 9, counts))
        assert await lease.saved() == [(1, 9)]
        state = await lease.state()
    assert (state.counts.created, state.rows_read) == (9, 9)
