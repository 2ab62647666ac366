"""The database, the store's acts and the table of states say the same of imports."""

from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import product

import asyncpg
import pytest

from product_importer.errors import ConflictError, LeaseLost, ProductImporterError
from product_importer.model import ImportOptions, Phase, Status
from product_importer.model.states import STATES
from product_importer.ports import ReadSoFar
from product_importer.store.ends import expire_questions
from product_importer.store.events import Audience
from product_importer.store.import_rows import options_to_json
from product_importer.store.imports import Imports
from product_importer.store.migrate import CORE, read_migrations
from product_importer.store.plans import Plans
from product_importer.store.queries import statements

TRANSITIONS = {(status, after) for status, state in STATES.items() for after in state.follows}
NOW = datetime(2026, 1, 2, tzinfo=UTC)
MIGRATION = next(each.sql for each in read_migrations(CORE) if each.name == "import_states")
LATER = {Phase.FETCHING}
"""Phases that later migrations brought."""

THEN = [status for status in Status if status is not Status.WAITING]
"""The statuses that the migration knew."""
BEFORE_THE_MIGRATION = """
DROP TABLE import_transitions;
DROP FUNCTION check_import_transition CASCADE;
ALTER TABLE imports
    DROP CONSTRAINT imports_finished, DROP CONSTRAINT imports_started, DROP CONSTRAINT imports_phase,
    DROP CONSTRAINT imports_leased
"""


@pytest.fixture
def insert(shop):
    """Makes an import of a status, with the columns that go with it unless others are given."""

    async def insert(status, **columns):
        state = STATES[status]
        values = {
            "status": status,
            "phase": state.phases[0],
            "source": "/none",
            "filename": "none.csv",
            "options": options_to_json(ImportOptions()),
            "bytes_total": 0,
            "records_total": 0,
            "started_at": NOW if state.started else None,
            "finished_at": NOW if state.ended else None,
            "lease_started_at": NOW if state.started else None,
            "questions": "[]",
            "questions_at": NOW,
            **columns,
        }
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        return await shop.connection.fetchval(
            f"INSERT INTO imports ({', '.join(values)}) VALUES ({places}) RETURNING id", *values.values()
        )

    return insert


async def test_the_database_has_the_transitions_of_the_table(shop):
    rows = await shop.connection.fetch("SELECT status, follows FROM import_transitions")

    assert {(row["status"], row["follows"]) for row in rows} == TRANSITIONS


@pytest.mark.parametrize("before", Status)
async def test_every_pair_of_statuses(shop, insert, before):
    for after in Status:
        import_id, state = await insert(before), STATES[after]
        if after is before or after in STATES[before].follows:
            refused = nullcontext()
        else:
            message = f"^Import {import_id} is {before} and can't become {after}\\."
            refused = pytest.raises(asyncpg.CheckViolationError, match=message)
        with refused:
            await shop.connection.execute(
                "UPDATE imports SET status = $2, phase = $3, started_at = $4, lease_started_at = $4,"
                " finished_at = $5 WHERE id = $1",
                *(import_id, after, state.phases[0], NOW, NOW if state.ended else None),
            )


@pytest.mark.parametrize("status", Status)
async def test_the_columns_that_go_with_a_status(insert, status):
    state = STATES[status]
    for phase, started, finished in product([*Phase, "unknown"], [NOW, None], [NOW, None]):
        expected = (
            phase in state.phases
            and (started is not None or not state.started)
            and (finished is not None) is state.ended
        )
        try:
            await insert(status, phase=phase, started_at=started, finished_at=finished)
        except asyncpg.CheckViolationError:
            allowed = False
        else:
            allowed = True
        assert allowed is expected, (phase, started, finished)


async def test_an_import_that_runs_has_a_lease(insert):
    with pytest.raises(asyncpg.CheckViolationError, match="imports_leased"):
        await insert(Status.RUNNING, lease_started_at=None)


async def finish(lease, status):
    await lease.finish(status, "")


def options_of_waiting(state):
    if state.status is not Status.WAITING:
        raise ConflictError("It doesn't wait.")
    return state.options


async def wait(lease):
    await lease.wait([])


async def release(lease):
    await lease.release()


def any_source(source):
    """Takes every import for one that workers may read."""


def undoing(shop, insert):
    """The acts that undo an import, and that undo the undo again."""

    async def undo(import_id):
        number = await insert(Status.COMPLETED)
        await shop.connection.execute(
            "UPDATE imports SET started_at = coalesce(started_at, created_at) WHERE id = $1", import_id
        )
        await shop.connection.execute(
            "INSERT INTO undos (import_id, undone_import) VALUES ($1, $2)", number, import_id
        )
        settle = statements("undos").bound("settle", import_id=number, changed=True)
        await shop.connection.execute(*settle)
        return number

    async def undo_and_redo(import_id):
        await undo(await undo(import_id))

    return undo, undo_and_redo


@pytest.mark.whole
async def test_the_acts_of_the_store_make_all_transitions_and_no_other(shop, insert):
    """Every act is tried from every status; the database notes what came of it."""
    await shop.connection.execute(
        "CREATE TABLE made (status text, follows text);"
        "CREATE FUNCTION note_made() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO made VALUES (OLD.status, NEW.status); RETURN NEW; END';"
        "CREATE TRIGGER note_made AFTER UPDATE OF status ON imports FOR EACH ROW"
        " WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_made()"
    )
    database = (await shop.importer()).database
    imports = Imports(database, Audience([]))

    async def expire(import_id):
        await shop.connection.execute(
            "UPDATE imports SET author = 'schedule:1', questions_at = now() - interval '2 hours'"
            " WHERE id = $1",
            import_id,
        )
        await expire_questions(database, Audience([]), 1)

    cancel = imports.cancel

    async def answer(import_id):
        await imports.answer(import_id, options_of_waiting)

    async def hand_over(import_id):
        await imports.hand_over(import_id, any_source)

    async def apply(import_id):
        await Plans(database).apply(import_id, whole=False, background=True, confirmed=None, actor="cli")

    def run(revive, end):
        async def act(import_id):
            async with imports.lease(import_id, revive=revive) as lease:
                await lease.heartbeat(ReadSoFar())
                await lease.phase(Phase.SAVING)
                await end(lease)
                with pytest.raises(LeaseLost):  # what has ended doesn't end again
                    await finish(lease, Status.FAILED)

        return act

    def finishing(status):
        return lambda lease: finish(lease, status)

    ends = [
        release,
        wait,
        *map(finishing, (Status.PLANNED, Status.COMPLETED, Status.FAILED, Status.CANCELLED)),
    ]
    runs = (run(revive, end) for revive, end in product((True, False), ends))
    acts = [cancel, answer, hand_over, expire, apply, *undoing(shop, insert), *runs]
    for status, act in product(Status, acts):
        import_id = await insert(status, background=True)
        try:
            await act(import_id)
        except ProductImporterError:
            assert act is not cancel, "an import that has ended stays as it is"
            assert (await imports.state(import_id)).status is status, "what was refused did nothing"

    rows = await shop.connection.fetch("SELECT DISTINCT status, follows FROM made")
    assert {(row["status"], row["follows"]) for row in rows} == TRANSITIONS


async def test_an_import_is_registered_as_queued(shop):
    importer = await shop.importer()

    state = await importer.imports.state(await importer.imports.create(shop.file("sku,name\n")))

    assert (state.status, state.phase, state.ended) == (Status.QUEUED, Phase.WAITING, False)


async def test_a_foreground_import_that_is_released_stays_running(shop, insert):
    imports = Imports((await shop.importer()).database, Audience([]))
    import_id = await insert(Status.QUEUED)

    async with imports.lease(import_id, revive=False) as lease:
        await lease.release()

    assert (await imports.state(import_id)).status is Status.RUNNING


async def test_heartbeats_do_not_call_the_check(shop, insert):
    imports = Imports((await shop.importer()).database, Audience([]))
    async with imports.lease(await insert(Status.QUEUED), revive=False) as lease:
        await shop.connection.execute(
            "CREATE OR REPLACE FUNCTION check_import_transition() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RAISE ''called''; END'"
        )

        await lease.heartbeat(ReadSoFar())
        await lease.phase(Phase.SAVING)
        await imports.cancel(lease.import_id)  # names the status, and keeps it

        with pytest.raises(asyncpg.RaiseError, match="called"):
            await lease.finish(Status.FAILED, "")


def phases_then(status):
    return [phase for phase in STATES[status].phases if phase not in LATER]


async def test_the_migration_leaves_sound_rows_alone(shop, insert):
    for status in THEN:
        for phase in phases_then(status):
            await insert(status, phase=phase)
    before = await shop.connection.fetch("SELECT ctid, * FROM imports ORDER BY id")
    await shop.connection.execute(BEFORE_THE_MIGRATION)

    await shop.connection.execute(MIGRATION)

    assert await shop.connection.fetch("SELECT ctid, * FROM imports ORDER BY id") == before


async def test_the_migration_mends_rows_of_every_status(shop, insert):
    """Whatever they held, they keep their status, and all that goes with it."""
    await shop.connection.execute(BEFORE_THE_MIGRATION)
    before = {}
    for given in product(THEN, [*Phase, "unknown"], [NOW, None], [NOW, None]):
        names = ("phase", "started_at", "finished_at")
        columns = dict(zip(names, given[1:], strict=True))
        before[await insert(given[0], lease_started_at=None, **columns)] = given
    saved = await insert(Status.COMPLETED, started_at=None, finished_at=None, lease_started_at=None)
    await shop.connection.execute(
        "INSERT INTO import_chunks (import_id, phase, first, last, lease_token, committed_at)"
        " VALUES ($1, 'saving', 1, 1, 1, '2026-01-03Z'), ($1, 'saving', 2, 2, 1, '2026-01-04Z')",
        saved,
    )

    await shop.connection.execute(MIGRATION)

    rows = {row["id"]: row for row in await shop.connection.fetch("SELECT * FROM imports")}
    for import_id, (status, phase, started, finished) in before.items():
        row, state = rows[import_id], STATES[status]
        assert row["status"] == status
        phases = phases_then(status)
        assert row["phase"] == (phase if phase in phases else phases[-1 if state.ended else 0])
        assert row["started_at"] == (started or (row["created_at"] if state.started else None))
        end = finished or row["started_at"] or row["created_at"]
        assert row["finished_at"] == (end if state.ended else None)
        assert row["lease_started_at"] == (row["started_at"] if status is Status.RUNNING else None)
    assert rows[saved]["started_at"] == datetime(2026, 1, 3, tzinfo=UTC)
    assert rows[saved]["finished_at"] == datetime(2026, 1, 4, tzinfo=UTC)
