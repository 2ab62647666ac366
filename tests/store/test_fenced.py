"""What a fenced transaction does where others are in its way, on a connection that only pretends."""

from contextlib import asynccontextmanager

import asyncpg
import pytest

from product_importer.errors import ImportCancelled, LeaseLost
from product_importer.store import fenced as module
from product_importer.store.merging import Conflict

FENCED = {"cancelled": False, "transaction": (7 << 32) + 0xFFFFFFFE}


class Pretending:
    """A connection on which every transaction comes to what is next in ``ends``: an error, or None."""

    def __init__(self, *ends, fence=FENCED):
        self.ends = list(ends)
        self.fence = fence
        self.begun = 0
        self.bodies = 0

    @asynccontextmanager
    async def transaction(self):
        self.begun += 1
        yield
        if self.ends and (error := self.ends.pop(0)) is not None:
            raise error

    async def fetchrow(self, statement, *arguments):
        return self.fence

    async def body(self):
        self.bodies += 1


def duplicate_key(constraint):
    error = asyncpg.UniqueViolationError("a duplicate key")
    error.constraint_name = constraint
    return error


@pytest.fixture(autouse=True)
def few_attempts(monkeypatch):
    monkeypatch.setattr(module, "_ATTEMPTS", 3)
    monkeypatch.setattr(module, "_PAUSE", 0.0)


async def transacted(connection):
    writer = module.FencedWriter(connection, 5, 2)
    await writer._transact(connection.body)
    return writer


@pytest.mark.parametrize(
    "conflict", [Conflict(), asyncpg.DeadlockDetectedError("locked"), duplicate_key("products_pkey")]
)
async def test_a_conflict_is_tried_again_and_told_after_the_last_attempt(conflict):
    connection = Pretending(conflict, conflict)
    await transacted(connection)
    assert connection.begun == connection.bodies == 3
    connection = Pretending(conflict, conflict, conflict, None)
    with pytest.raises(type(conflict)):
        await transacted(connection)
    assert connection.begun == 3


@pytest.mark.parametrize("error", [duplicate_key("other"), OSError("gone")])
async def test_other_errors_are_told_at_once(error):
    connection = Pretending(error)
    with pytest.raises(type(error)):
        await transacted(connection)
    assert connection.begun == 1


@pytest.mark.parametrize(
    ("fence", "stopped"), [(None, LeaseLost), ({**FENCED, "cancelled": True}, ImportCancelled)]
)
async def test_the_fence_is_asked_in_each_transaction(fence, stopped):
    connection = Pretending(fence=fence)
    with pytest.raises(stopped):
        await transacted(connection)
    assert (connection.begun, connection.bodies) == (1, 0)


async def test_a_transactions_number_is_kept_as_the_database_stores_it():
    """The lowest 32 bits, as a signed number."""
    assert (await transacted(Pretending()))._transaction == -2
