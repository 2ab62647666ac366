"""The audit log: acts and changes of products together; nobody changes what is written."""

import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from product_importer.errors import UsageError
from product_importer.model import ImportOptions
from product_importer.model.audit import AuditFilter
from product_importer.store.audit import audit_query

IN_CHUNKS = ImportOptions(parser="tiny")
CSV = b"sku,name\nA,Apple\nB,Banana\n"


async def some_acts(importer):
    await importer.run(CSV, filename="a.csv", actor="user:1")
    await importer.run(CSV.replace(b"Apple", b"Apricot"), filename="a.csv", actor="user:2")
    waiting = await importer.imports.create(CSV, filename="a.csv", actor="user:2")
    await importer.imports.cancel(waiting, actor="user:1")
    await importer.deletions.request(2, actor="user:1")


ALL = [
    ("user:1", "deletion.requested", "deletion:1", None),
    ("user:1", "import.cancelled", "import:3", None),
    ("user:2", "import.begun", "import:3", None),
    ("import:2", "products.updated", "import:2", 1),
    ("user:2", "import.begun", "import:2", None),
    ("import:1", "products.created", "import:1", 2),
    ("user:1", "import.begun", "import:1", None),
]


def shown(entries):
    return [(entry.actor, entry.action, entry.subject, entry.products) for entry in entries]


async def test_acts_and_changes_in_the_order_of_time(importer):
    assert await importer.actions.audit() == []
    await some_acts(importer)

    assert shown(await importer.actions.audit()) == ALL
    paged, before = [], None
    while page := await importer.actions.audit(2, before=before):
        paged += page
        before = page[-1].place
    assert shown(paged) == ALL
    assert shown([entry async for entry in importer.actions.audit_all()]) == ALL


@pytest.mark.parametrize(
    ("only", "places"),
    [
        ({"actor": "user:2"}, [2, 4]),
        ({"action": "products.updated"}, [3]),
        ({"action": "import.begun", "actor": "user:1"}, [6]),
        ({"subject": "import:2"}, [3, 4]),
        ({"subject": "deletion:1"}, [0]),
        ({"subject": "import:x"}, []),
        ({"until": datetime(2020, 1, 1, tzinfo=UTC)}, []),
        ({"since": datetime(2020, 1, 1, tzinfo=UTC)}, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
async def test_filters(importer, only, places):
    await some_acts(importer)
    found = shown(await importer.actions.audit(only=AuditFilter(**only)))
    assert found == [ALL[place] for place in places]


async def test_an_import_is_one_entry_for_each_kind_of_change(shop):
    importer = await shop.open()
    for number, name in ((17, "Apple"), (30, "Pear")):
        await importer.run(products(number, name), IN_CHUNKS, filename="a.csv", actor="user:1")
    every = [
        ("import:2", "products.created", "import:2", 13),
        ("import:2", "products.updated", "import:2", 17),
        ("user:1", "import.begun", "import:2", None),
        ("import:1", "products.created", "import:1", 17),
        ("user:1", "import.begun", "import:1", None),
    ]
    sets = await shop.connection.fetch("SELECT at, products FROM change_sets WHERE import_id = 1")
    assert len(sets) == 3
    *_, since, until = sorted({row["at"] for row in sets})  # two writers may commit in one microsecond
    assert shown(await importer.actions.audit()) == every
    assert shown([entry async for entry in importer.actions.audit_all()]) == every

    (within,) = await importer.actions.audit(only=AuditFilter(since=since, until=until))
    number = sum(row["products"] for row in sets if row["at"] == since)
    assert (within.subject, within.at, within.products) == ("import:1", since, number)


def products(number, name):
    return "".join(["sku,name\n", *(f"{place},{name}\n" for place in range(number))]).encode()


async def test_undoing(importer):
    await importer.run(CSV, filename="a.csv", actor="user:1")
    undo = await importer.imports.undo(1, actor="user:2")
    await importer.imports.start(undo)
    await importer.imports.apply(undo, actor="user:3")
    await importer.imports.start(undo)
    await importer.imports.restore(datetime.now(UTC), actor="user:4")
    (requested, *entries) = shown(await importer.actions.audit(7))
    assert requested[:2] == ("user:4", "restore.begun")
    assert requested[2].startswith("moment:20")
    assert entries == [
        ("user:4", "import.begun", "import:3", None),
        ("import:2", "products.deleted", "import:2", 2),
        ("user:3", "import.applied", "import:2", None),
        ("user:2", "import.undo_begun", "import:1", None),
        ("user:2", "import.begun", "import:2", None),
        ("import:1", "products.created", "import:1", 2),
    ]


@pytest.mark.parametrize("place", ["", "x", "1-act", "1-other-2", "9" * 18 + "-act-1"])
async def test_a_place_that_is_none(importer, place):
    with pytest.raises(UsageError, match="Begin at its start"):
        await importer.actions.audit(before=place)


@pytest.mark.parametrize(
    "statement", ["UPDATE actions SET actor = 'x'", "DELETE FROM actions", "TRUNCATE actions"]
)
async def test_what_is_written_stays(shop, importer, statement):
    await some_acts(importer)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
        await shop.connection.execute(statement)
    assert len(await importer.actions.recent()) == 5


async def test_the_owner_forgets_old_acts(shop, importer):
    await some_acts(importer)
    assert await shop.connection.fetchval("SELECT forget_actions(now() - interval '1 hour')") == 0
    assert await shop.connection.fetchval("SELECT forget_actions(now() + interval '1 hour')") == 5
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await shop.connection.execute("TRUNCATE actions")


@pytest.mark.whole
async def test_pages_are_read_through_indexes(shop, importer):
    await shop.connection.execute(
        "INSERT INTO actions (occurred_at, actor, action, subject)"
        " SELECT now() - n * interval '1 minute', 'user:' || n % 10, 'import.begun', 'import:' || n"
        " FROM generate_series(1, 50000) AS n"
    )
    await shop.connection.execute("VACUUM ANALYZE actions")
    (*_, last) = await importer.actions.audit(10)
    day = datetime.now(UTC) - timedelta(days=1)
    for only, before in (
        (AuditFilter(), None),
        (AuditFilter(since=day), last.place),
        (AuditFilter(until=day), None),
    ):
        statement, values = audit_query(only, before)
        plan = await shop.connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", 100, *values)
        assert "Seq Scan" not in [node["Node Type"] for node in nodes(json.loads(plan)[0]["Plan"], "actions")]


def nodes(plan, table):
    own = [plan] if plan.get("Relation Name") == table else []
    return own + [node for child in plan.get("Plans", ()) for node in nodes(child, table)]
