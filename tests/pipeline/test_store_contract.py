"""The store in memory does what the store in PostgreSQL does: the same imports, with the same outcome."""

from contextlib import asynccontextmanager

import pytest
from in_memory import MemoryStore

from product_importer.errors import (
    FileError,
    ImportCancelled,
    LeaseLost,
    LedgerError,
    QuestionsOpen,
    RejectedRowsError,
)
from product_importer.model import ImportOptions, Phase, Status
from product_importer.pipeline.digest import digests
from product_importer.pipeline.rejects import reject_batch
from product_importer.pipeline.run import ImportRun, Tuning
from product_importer.ports import Chunk, InputFile, ReadSoFar, Terms
from product_importer.testing import plugin_set, sample_batch
from shop import Plugin, Shop, TinyBatches

TERMS = Terms(frozenset(), None, dry_run=False)
FIRST = "sku,name,price,colour\n" + "".join(f"S{n},Tea,{n}.50,green\n" for n in range(9))


class InMemory:
    """A store in memory, as these tests ask for it."""

    def __init__(self):
        self.store = MemoryStore()

    async def create(self, path, options):
        return self.store.create(options)

    @asynccontextmanager
    async def lease(self, import_id):
        yield self.store.lease(import_id)

    async def take_over(self, import_id):
        self.store.imports[import_id].token += 1

    async def cancel(self, import_id):
        self.store.imports[import_id].cancelled = True

    async def edit(self, key, name):
        self.store.edit(key, name=name)

    async def products(self):
        return {
            key: (product.version, *product.values.values()) for key, product in self.store.products.items()
        }

    async def events(self):
        return sorted(self.store.events)

    async def rejects(self, import_id):
        return {record: row["cells"] for record, row in self.store.imports[import_id].rejects.items()}

    async def warnings(self, import_id):
        known = self.store.imports[import_id]
        return known.warnings | dict(known.left_out)


class InPostgres:
    """A store in PostgreSQL, as these tests ask for it."""

    def __init__(self, shop, importer):
        self.shop = shop
        self.imports = importer.imports._store

    async def create(self, path, options):
        return await self.imports.create(str(path), path.name, path.stat().st_size, options, None)

    def lease(self, import_id):
        return self.imports.lease(import_id, revive=True)

    async def take_over(self, import_id):
        await self.shop.connection.execute(
            "UPDATE imports SET lease_token = lease_token + 1 WHERE id = $1", import_id
        )

    async def cancel(self, import_id):
        await self.imports.cancel(import_id)

    async def edit(self, key, name):
        await self.shop.connection.execute(
            "UPDATE products SET name = $2, version = version + 1 WHERE sku_key = $1", key, name
        )

    async def products(self):
        names = ("version", "sku", "name", "description", "price", "active", "attributes")
        return {
            key: tuple(product[name] for name in names)
            for key, product in (await self.shop.products()).items()
        }

    async def events(self):
        return sorted(
            (it.type, it.data.get("sku", ""), tuple(it.data.get("changed") or ()))
            for it in await self.shop.events()
        )

    async def rejects(self, import_id):
        return {row.record: list(row.cells) async for row in self.imports.rejects(import_id)}

    async def warnings(self, import_id):
        counted = (await self.imports.state(import_id)).warnings
        listed = [row.code async for _, row in self.imports.warnings(import_id, None, 0)]
        assert counted == {code: listed.count(code) for code in counted}
        return counted


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.whole)])
def server_of(request):
    return request.getfixturevalue("server") if request.param == "postgres" else None


@pytest.fixture
async def store(server_of, tmp_path):
    if server_of is None:
        yield InMemory()
        return
    async with server_of.database() as url, Shop.at(url, tmp_path) as shop:
        yield InPostgres(shop, await shop.importer())


@pytest.fixture
def imported(store, tmp_path):
    """Runs an import of such a file; gives its counts and its status."""

    async def imported(content, import_id=None, share=100.0, **options):
        path = tmp_path / "a.csv"
        path.write_text(content)
        options = ImportOptions(**{"parser": "tiny", **options})
        import_id = import_id or await store.create(path, options)
        plugins = plugin_set(Plugin(parsers=[TinyBatches()]))
        async with store.lease(import_id) as lease:
            await ImportRun(
                lease, plugins, InputFile.at(path), options, tuning=Tuning(missing_share=share)
            ).run()
            state = await lease.state()
        counts = {name: getattr(state.counts, name) for name in state.counts.__slots__}
        return {name: number for name, number in counts.items() if number}, state.status

    return imported


def chunk(first, rows):
    rows = sample_batch(rows)
    rows = rows.append_column("digest", digests(rows, TERMS))
    last = first + rows.num_rows - 1
    return Chunk(first, last, rows, reject_batch([]), unchanged=0, duplicate=0, skipped=0)


async def test_products_are_made_left_changed_and_told_of(store, imported):
    assert await imported(FIRST) == ({"read": 9, "created": 9}, Status.COMPLETED)
    assert await imported(FIRST) == ({"read": 9, "unchanged": 9}, Status.COMPLETED)
    await store.edit("s1", "By hand")
    changed = FIRST.replace("S0,Tea", "S0,Mate").replace("2.50,green", "2.50,").replace("3.50", "")
    assert await imported(changed) == ({"read": 9, "updated": 2, "unchanged": 7}, Status.COMPLETED)
    assert await imported(changed, blank="clear") == (
        {"read": 9, "updated": 2, "unchanged": 7},
        Status.COMPLETED,
    )
    products = await store.products()
    assert [products[f"s{n}"][0] for n in range(5)] == [2, 3, 2, 2, 1]
    assert (products["s2"][6], products["s3"][4], products["s4"][6]) == ({}, None, {"colour": "green"})
    events = await store.events()
    assert [event for event in events if event[0] == "product.updated"] == [
        ("product.updated", "S0", ("name",)),
        ("product.updated", "S1", ("name",)),
        ("product.updated", "S2", ("attributes",)),
        ("product.updated", "S3", ("price",)),
    ]
    assert len(events) == 9 + 4 + 4


async def test_a_dry_run_counts_and_writes_nothing(store, imported):
    await imported(FIRST)
    before = await store.products(), await store.events()
    other = "sku,name\nS0,Mate\nS1,Tea\nN,New\nN,New\nX,\n\n"
    counts = {"read": 6, "created": 1, "updated": 1, "unchanged": 1, "duplicate": 1, "invalid": 1}
    planned = await imported(other, dry_run=True)
    assert planned == ({**counts, "skipped": 1}, Status.PLANNED)
    assert (await store.products(), await store.events()) == before
    assert await imported(other) == ({**counts, "skipped": 1}, Status.COMPLETED)


async def test_missing_products_are_deactivated(store, imported):
    await imported(FIRST)
    counts, _ = await imported("sku,name\nS0,Tea\nN,New\n", missing="deactivate")
    assert counts == {"read": 2, "created": 1, "unchanged": 1, "deactivated": 8}
    products = await store.products()
    assert {key for key, product in products.items() if product[5]} == {"s0", "n"}
    assert {product[0] for key, product in products.items() if not product[5]} == {2}
    assert ("product.updated", "S5", ("active",)) in await store.events()


async def test_rejects_of_an_import_that_gave_up_are_forgotten_when_it_is_resumed(store, imported, tmp_path):
    content = "sku,name\n" + "".join(f"S{n},{'' if n % 4 else 'Tea'}\n" for n in range(10))
    (tmp_path / "a.csv").write_text(content)
    import_id = await store.create(tmp_path / "a.csv", ImportOptions())
    with pytest.raises(RejectedRowsError):
        await imported(content, import_id, on_error="abort")
    assert list(await store.rejects(import_id)) == [2, 3, 4, 6, 7, 8, 10]
    assert await store.products() == {}
    counts, status = await imported(content, import_id)
    assert (counts, status) == ({"read": 10, "created": 3, "invalid": 7}, Status.COMPLETED)
    assert (await store.rejects(import_id))[2] == ["S1", ""]


async def test_a_chunk_is_saved_under_the_lease_only(store, tmp_path):
    (tmp_path / "a.csv").write_text(FIRST)
    import_id = await store.create(tmp_path / "a.csv", ImportOptions())
    rows = chunk(1, [{"sku": "A", "name": "Tea"}, {"sku": "B", "name": "Tea"}])
    more = chunk(5, [{"sku": "C", "name": "Tea"}])
    async with store.lease(import_id) as lease, lease.writer(TERMS) as writer:
        await writer.save(rows)
        await writer.save(more)
        assert await lease.saved() == [(1, 2), (5, 5)]
        assert await lease.present(["a", "x"]) == ["a"]
        await store.edit("b", "By hand")
        found = []
        await lease.digests(3, lambda digests: found.extend(digests.to_pylist()))
        assert set(found) == {rows.rows.column("digest")[0].as_py(), more.rows.column("digest")[0].as_py()}
        await lease.digests(2, lambda digests: pytest.fail("there are more products"))
        assert await lease.unchanged(["a", "b"], rows.rows.column("digest").to_pylist()) == 1
        await lease.file_read(4, b"s" * 32, b"r" * 16)
        with pytest.raises(LedgerError):
            await lease.finish(Status.COMPLETED, "")
        await store.cancel(import_id)
        for stopped in (lease.heartbeat(ReadSoFar()), writer.save(chunk(8, [{"sku": "D", "name": "Tea"}]))):
            with pytest.raises(ImportCancelled):
                await stopped
        await store.take_over(import_id)
        for lost in (
            lease.heartbeat(ReadSoFar()),
            writer.save(chunk(8, [{"sku": "D", "name": "Tea"}])),
            lease.phase(Phase.SAVING),
            lease.finish(Status.CANCELLED, ""),
        ):
            with pytest.raises(LeaseLost):
                await lost
    assert set(await store.products()) == {"a", "b", "c"}


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
async def test_after_the_end_nothing_is_saved_under_the_same_lease(store, tmp_path, status):
    (tmp_path / "a.csv").write_text(FIRST)
    import_id = await store.create(tmp_path / "a.csv", ImportOptions())
    async with store.lease(import_id) as lease, lease.writer(TERMS) as writer:
        await lease.finish(status, "")
        for late in (
            writer.save(chunk(1, [{"sku": "A", "name": "Tea"}])),
            lease.heartbeat(ReadSoFar()),
            lease.warn({"no_rows": 1}, []),
            lease.finish(Status.COMPLETED, ""),
        ):
            with pytest.raises(LeaseLost):
                await late
        assert (await lease.state()).status is status
    assert await store.products() == {}


@pytest.mark.parametrize(
    ("sha256", "rows", "code"), [(b"t", b"r", "file_changed"), (b"s", b"q", "reading_changed")]
)
async def test_a_resumed_import_is_held_to_its_file(store, tmp_path, sha256, rows, code):
    (tmp_path / "a.csv").write_text(FIRST)
    import_id = await store.create(tmp_path / "a.csv", ImportOptions())
    async with store.lease(import_id) as lease, lease.writer(TERMS) as writer:
        await lease.file_read(2, b"s", b"p")
        await lease.file_read(2, b"s", b"r")
        await writer.save(chunk(1, [{"sku": "0012", "name": "Tea"}]))
        await lease.file_read(2, b"s", b"r")
        assert await lease.zero_led_lengths() == [4]
        with pytest.raises(FileError) as refused:
            await lease.file_read(2, sha256, rows)
    assert refused.value.code == code


async def test_attributes_have_the_name_that_came_first(store, imported):
    await imported("sku,name,Colour\nA,Tea,red\n")
    await imported("sku,name,COLOUR,size\nA,Tea,blue,9\n", dry_run=True)
    await imported("sku,name,colour,Size\nA,Tea,blue,9\n")
    assert (await store.products())["a"][6] == {"Colour": "blue", "Size": "9"}


async def test_a_file_without_names_changes_what_is_there(store, imported):
    await imported(FIRST)
    prices = "sku,price\n" + "".join(f"S{n},{n}.75\n" for n in range(8)) + "N1,3\nN2,4\n"
    counts, status = await imported(prices)
    assert (counts, status) == ({"read": 10, "updated": 8, "invalid": 2}, Status.COMPLETED)
    products = await store.products()
    assert len(products) == 9
    assert products["s7"][2] == "Tea"
    assert await store.rejects(2) == {9: ["N1", "3"], 10: ["N2", "4"]}
    assert await imported(prices) == ({"read": 10, "unchanged": 8, "invalid": 2}, Status.COMPLETED)


@pytest.mark.parametrize(
    "options", [{"on_error": "abort"}, pytest.param({"max_errors": 1}, marks=pytest.mark.whole)]
)
async def test_new_products_without_names_end_an_import_before_it_saves(store, imported, options):
    await imported(FIRST)
    before = await store.products(), await store.events()
    with pytest.raises(RejectedRowsError):
        await imported("sku,price\nS1,9\nN1,3\nN2,4\n", **options)
    assert (await store.products(), await store.events()) == before
    assert list(await store.rejects(2)) == [2, 3]
    counts, _ = await imported("sku,price\nS1,9\nS2,3\n", **options)
    assert counts == {"read": 2, "updated": 2}


@pytest.mark.parametrize(
    ("mode", "counts", "left"),
    [
        ("update", {"updated": 1, "unchanged": 1, "skipped": 2}, {"unknown_sku": 2}),
        ("create", {"created": 1, "invalid": 1, "skipped": 2}, {"known_sku": 2}),
        ("delete", {"deleted": 2, "skipped": 2}, {"unknown_sku": 2}),
        ("deactivate", {"updated": 2, "skipped": 2}, {"unknown_sku": 2}),
    ],
)
@pytest.mark.parametrize("dry_run", [pytest.param(True, marks=pytest.mark.whole), False])
async def test_modes(store, imported, mode, counts, left, dry_run):
    await imported(FIRST)
    before = await store.products(), await store.events()
    content = "sku,name,price\nS1,Tea,1.50\nS2,Mate,2\nS2,Mate,\nN1,New,3\nN2,,4\n"
    found, status = await imported(content, mode=mode, dry_run=dry_run)
    assert found == {"read": 5, "duplicate": 1, **counts}
    assert {code: number for code, number in (await store.warnings(2)).items() if code in left} == left
    if dry_run:
        assert (status, await store.products(), await store.events()) == (Status.PLANNED, *before)
        return
    products = await store.products()
    assert products.keys() - before[0].keys() == ({"n1"} if mode == "create" else set())
    assert before[0].keys() - products.keys() == ({"s1", "s2"} if mode == "delete" else set())
    if mode == "deactivate":
        assert {key for key, product in products.items() if not product[5]} == {"s1", "s2"}
        assert ("product.updated", "S1", ("active",)) in await store.events()
        again, _ = await imported(content, mode=mode)
        assert again == {"read": 5, "duplicate": 1, "unchanged": 2, "skipped": 2}
    if mode == "delete":
        assert {"S1", "S2"} == {sku for kind, sku, _ in await store.events() if kind == "product.deleted"}


async def test_only_these_fields_are_touched(store, imported):
    await imported(FIRST)
    content = "sku,name,price,colour\nS1,Mate,9,red\nS2,Mate,,red\n"
    assert (await imported(content, only=("price",)))[0] == {"read": 2, "updated": 1, "unchanged": 1}
    product = (await store.products())["s1"]
    assert (product[2], str(product[4]), product[6]) == ("Tea", "9.0000", {"colour": "green"})
    assert (await imported(content, only=("attributes",)))[0] == {"read": 2, "updated": 2}
    product = (await store.products())["s1"]
    assert (product[2], product[6]) == ("Tea", {"colour": "red"})


async def active(store):
    return {key for key, product in (await store.products()).items() if product[5]}


@pytest.mark.parametrize(
    ("way", "number"), [pytest.param("deactivate", 6, marks=pytest.mark.whole), ("delete", 7)]
)
async def test_many_missing_products_are_ended_after_a_confirmation_only(store, imported, way, number):
    await imported(FIRST + "off,Tea,1,red\n")
    await imported("sku,active\noff,no\n")
    before = await store.products(), await store.events()
    content = "sku,name\nS0,Mate\nS1,Tea\nS2,Tea\nN,New\n"
    ended = {"removed": 7} if way == "delete" else {"deactivated": 6}
    counts = {"read": 4, "created": 1, "updated": 1, "unchanged": 2, **ended}
    for confirmed in (None, number - 1):
        found, status = await imported(content, share=60.0, missing=way, confirm_missing=confirmed)
        assert (found, status) == (counts, Status.PLANNED)
        assert (await store.products(), await store.events()) == before
    found, status = await imported(content, share=60.0, missing=way, confirm_missing=number)
    assert (found, status) == (counts, Status.COMPLETED)
    assert await active(store) == {"s0", "s1", "s2", "n"}
    assert len(await store.products()) == (4 if way == "delete" else 11)
    gone = [sku for kind, sku, _ in await store.events() if kind == "product.deleted"]
    assert len(gone) == (7 if way == "delete" else 0)


async def test_few_missing_products_need_no_confirmation(store, imported):
    await imported(FIRST)
    rest = FIRST.replace("S8,Tea,8.50,green\n", "")
    counts, status = await imported(rest, share=12.0, missing="deactivate")
    assert (counts, status) == ({"read": 8, "unchanged": 8, "deactivated": 1}, Status.COMPLETED)
    counts, status = await imported(rest, share=0.0, missing="deactivate")
    assert (counts, status) == ({"read": 8, "unchanged": 8}, Status.COMPLETED)


COMMANDS = (
    "sku,name,price,Command\nS0,Tea,9,merge\nS1,,,Delete\nS2,,x,deactivate\nS3,,1,ignore\nS4,Tea,,create\n"
    "N1,New,1,\nN2,New,1,update\nN3,New,1,create\nN4,,1,create\nS5,Tea,1,explode\nS6,Tea,1,\nS7,Tea,1,\n"
)


async def test_a_file_without_a_good_row_fails_before_a_number_is_to_be_confirmed(store, imported):
    await imported(FIRST)
    before = await store.products()
    for content, options in (("X,\nY,\n", {}), ("S0,Tea\nS0,Cup\n", {"duplicates": "error"})):
        with pytest.raises(FileError, match="No row of the file could be imported"):
            await imported(f"sku,name\n{content}", share=0.0, missing="delete", **options)
    assert await store.products() == before


@pytest.mark.parametrize("dry_run", [pytest.param(True, marks=pytest.mark.whole), False])
async def test_a_column_says_what_is_done_with_each_row(store, imported, dry_run):
    await imported(FIRST)
    before = await store.products(), await store.events()
    counts, _ = await imported(COMMANDS, command_column="command", dry_run=dry_run)
    assert counts == {
        "read": 12,
        "created": 2,
        "updated": 4,
        "deleted": 1,
        "invalid": 2,
        "skipped": 3,
    }
    rejects = await store.rejects(2)
    assert {record: cells[0] for record, cells in rejects.items()} == {9: "N4", 10: "S5"}
    warnings = await store.warnings(2)
    assert warnings.items() >= {"unknown_sku": 1, "known_sku": 1, "row_left_out": 1}.items()
    products = await store.products()
    if dry_run:
        assert (products, await store.events()) == before
    else:
        assert products.keys() == {f"s{n}" for n in (0, 2, 3, 4, 5, 6, 7, 8)} | {"n1", "n3"}
        assert products["s2"][5] is False
        assert "Command" not in products["s0"][6]


async def test_a_column_says_by_yes_and_no_which_products_are_deleted(store, imported):
    await imported(FIRST)
    content = "sku,name,Löschen\nS0,Tea,Ja\nS1,,1\nS2,Cup,nein\nS3,Cup,\n"
    with pytest.raises(QuestionsOpen) as asked:
        await imported(content)
    (question,) = asked.value.questions
    assert question.words.startswith("The column 'Löschen' seems to say which products are to be deleted.")
    counts, _ = await imported(content, command_column="Löschen")
    assert (counts["deleted"], counts["updated"]) == (2, 2)
    products = await store.products()
    assert not products.keys() & {"s0", "s1"}
    assert "Löschen" not in products["s2"][6]
    await imported("sku,name,delete\nS2,Cup,0\nS3,Cup,\n")  # nothing is to be deleted: nothing is asked
    with pytest.raises(QuestionsOpen):
        await imported("sku,name,delete\nS2,Cup,1\nS3,Cup,no\n", mode="delete")
    counts, _ = await imported("sku,name,delete\nS2,Cup,1\nS3,Cup,\n", mode="delete")
    assert counts["deleted"] == 2


async def test_a_column_that_seems_to_have_commands_is_asked_about(store, imported):
    await imported(FIRST)
    with pytest.raises(QuestionsOpen) as asked:
        await imported("sku,name,Command\nS0,Tea,delete\nS1,Tea,\n")
    (question,) = asked.value.questions
    assert (question.option, [answer.value for answer in question.answers]) == (
        "command_column",
        ["Command", "-"],
    )
    for content, options in (
        ("sku,name,Command\nS0,Tea,attack\nS1,Tea,sit\n", {}),
        ("sku,name,Command\nS0,Tea,delete\n", {"command_column": "-"}),
        ("sku,name,Command\nS0,Tea,delete\n", {"map": {"Command": "attribute"}}),
    ):
        await imported(content, **options)
        assert (await store.products())["s0"][6]["Command"] in {"attack", "delete"}
