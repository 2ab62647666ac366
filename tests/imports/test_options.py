"""What the options promise: dry runs, limits on rejects, products that the file lacks."""

import pytest

from product_importer.errors import FileError, UsageError
from product_importer.model import Counts, ImportOptions, Status
from shop import TINY, ledger

FILE = "sku,name,price\nold,Old,2\nsame,Same,1\nnew,New,3\nnew,Newer,3\nbad,,\n\n"


async def begin(shop):
    await shop.run("sku,name,price\nold,Old,1\nsame,Same,1\ngone,Gone,1\nresting,Resting,1\n")
    await shop.run("sku,name,active\nresting,Resting,no\n")
    await shop.forget_events()


@pytest.mark.parametrize("missing", ["keep", "deactivate"])
@pytest.mark.parametrize("parser", ["csv", "tiny"])
async def test_a_dry_run_counts_the_same_and_changes_nothing(shop, missing, parser):
    await begin(shop)
    before = await shop.rows()
    file = FILE + "".join(f"n{n},New,1\n" for n in range(3 * TINY))

    planned = await shop.run(file, missing=missing, parser=parser, dry_run=True)

    assert planned.status is Status.PLANNED
    assert planned.state.percent < 100
    assert await shop.rows() == before
    assert await shop.events() == []

    real = await shop.run(file, missing=missing, parser=parser)
    assert real.status is Status.COMPLETED
    assert real.counts == planned.counts
    assert real.rejected == planned.rejected
    assert planned.deactivated == (1 if missing == "deactivate" else 0)


async def test_abort_imports_nothing_but_names_every_reject(shop):
    await begin(shop)
    before = await shop.rows()
    file = "sku,name\n" + "".join(f"n{n},{'' if n % 10 == 9 else 'New'}\n" for n in range(100))

    report = await shop.run(file, on_error="abort", parser="tiny")
    assert report.state.percent == 0, "nothing is saved"

    assert report.status is Status.FAILED
    assert "10 rows were rejected and none is allowed" in report.state.message
    assert [row.record for row in report.rejected] == list(range(10, 101, 10))
    assert report.counts == Counts(read=10, invalid=10)
    assert await shop.rows() == before
    assert [event.type for event in await shop.events()] == ["import.failed"]


async def test_abort_counts_duplicates_that_the_policy_rejects(shop):
    report = await shop.run("sku,name\na,A\nb,B\nA,A\n", on_error="abort", duplicates="error")

    assert report.status is Status.FAILED
    assert [row.code for row in report.rejected] == ["duplicate_sku", "duplicate_sku"]
    assert await shop.products() == {}


async def test_abort_lets_a_clean_file_through(shop):
    report = await shop.run("sku,name\na,A\nA,A\n\n", on_error="abort")

    assert ledger(report) == (1, 0, 0, 1, 0, 1)


@pytest.mark.parametrize(("allowed", "status"), [(2, Status.FAILED), (3, Status.COMPLETED)])
async def test_max_errors(shop, allowed, status):
    file = "sku,name\n" + "".join(f"n{n},{'' if n % 10 == 9 else 'New'}\n" for n in range(30))

    report = await shop.run(file, max_errors=allowed, parser="tiny")

    assert report.status is status
    assert len(await shop.products()) == (27 if status is Status.COMPLETED else 0)
    if status is Status.FAILED:
        assert "at most 2 are allowed" in report.state.message
        assert [row.record for row in report.rejected] == [10, 20, 30]


async def test_a_failed_import_may_be_resumed_once_its_file_fits(shop):
    importer = await shop.importer()
    path = shop.file("sku,name\na,A\n,B\n")
    failed = await importer.run(path, ImportOptions(max_errors=0))
    again = await importer.imports.resume(failed.id)
    assert (failed.status, again.status) == (Status.FAILED, Status.FAILED)
    assert again.counts == failed.counts
    assert again.rejected == failed.rejected
    assert await shop.products() == {}

    path.write_text("sku,name\na,A\nb,B\n")
    completed = await importer.imports.resume(failed.id)

    assert completed.status is Status.COMPLETED
    assert ledger(completed) == (2, 0, 0, 0, 0, 0)
    assert completed.rejected == ()
    assert set(await shop.products()) == {"a", "b"}


async def test_products_that_the_file_lacks_are_deactivated(shop):
    await begin(shop)

    report = await shop.run("sku,name\nOLD,Old\nsame,Same\n", missing="deactivate")

    assert report.deactivated == 1
    assert {key for key, product in (await shop.products()).items() if product["active"]} == {"old", "same"}
    assert await shop.changes() == {"OLD": ("sku",), "gone": ("active",)}
    assert (await shop.products())["resting"]["version"] == 2, "it rested already"

    again = await shop.run("sku,name\nOLD,Old\nsame,Same\n", missing="deactivate")
    assert (again.deactivated, again.updated) == (0, 0)


async def test_products_on_rejected_rows_are_not_deactivated(shop):
    await begin(shop)

    report = await shop.run(
        "sku,name,price\nold,#N/A,1\nsame,Same,x\ngone,too,many,cells\nnew,New,1\n", missing="deactivate"
    )

    assert (report.invalid, report.deactivated) == (3, 0)
    assert (await shop.products())["gone"]["active"]


async def test_products_on_duplicates_that_all_are_rejected_are_not_deactivated(shop):
    await begin(shop)

    report = await shop.run(
        "sku,name\ngone,A\ngone,B\nsame,Same\nold,Old\n", missing="deactivate", duplicates="error"
    )

    assert (report.invalid, report.deactivated) == (2, 0)


@pytest.mark.parametrize("rows", ["", "\n\n", "gone,#N/A\n", "x,y,z\n"])
async def test_a_file_without_any_good_row_deactivates_nothing(shop, rows):
    await begin(shop)
    before = await shop.rows()

    report = await shop.run("sku,name\n" + rows, missing="deactivate")

    assert report.status is Status.FAILED
    assert "no product was deactivated" in report.state.message
    assert await shop.rows() == before


async def test_products_made_while_the_import_waited_are_kept(shop):
    await begin(shop)
    importer = await shop.importer()
    waiting = await importer.imports.create(
        shop.file("sku,name\nold,Old\nsame,Same\n"), ImportOptions(missing="deactivate")
    )
    await shop.run("sku,name\nmeanwhile,Made meanwhile\n")

    report = await importer.imports.resume(waiting)

    assert report.deactivated == 1
    assert (await shop.products())["meanwhile"]["active"]


async def test_many_products_are_deactivated_in_several_blocks(shop, monkeypatch):
    monkeypatch.setattr("product_importer.store.missing.BLOCK", 1_000)
    await shop.connection.execute(
        "INSERT INTO products (sku_key, sku, name)"
        " SELECT 's' || n, 'S' || n, 'N' FROM generate_series(1, 2500) AS n"
    )
    report = await shop.run("sku,name\nS7,N\nS2499,N\n", missing="deactivate")

    assert ledger(report) == (0, 0, 2, 0, 0, 0)
    assert report.deactivated == 2_498
    assert await shop.connection.fetchval("SELECT count(*) FROM products WHERE active") == 2
    assert len(await shop.changes()) == 2_498
    blocks = "SELECT first, last, deactivated FROM import_chunks WHERE phase = 'deactivating' ORDER BY first"
    found = [tuple(row) for row in await shop.connection.fetch(blocks)]
    assert found == [(1, 1_001, 1_000), (1_002, 2_001, 1_000), (2_002, 2_500, 498)]


async def test_a_header_alone_is_a_file_without_rows(shop):
    report = await shop.run("sku,name\n")

    assert report.status is Status.COMPLETED
    assert report.counts == Counts()
    assert report.state.percent == 100


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
async def test_an_empty_file_fails(shop, content):
    report = await shop.run(content)

    assert report.status is Status.FAILED
    assert "empty" in report.state.message
    assert "Nothing was changed." in report.state.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,price\nTea,1\n", "no sku column"),
        ('sku,name\nA,Tea\nB,"open\n', "quot"),
        (b"sku,name\nA,\xff\xfe\xfd\n", "utf"),
    ],
)
async def test_a_file_that_makes_no_sense_changes_nothing(shop, content, message):
    report = await shop.run(content, parser="tiny", encoding="utf-8")

    assert report.status is Status.FAILED
    assert message in report.state.message.lower()
    assert await shop.products() == {}
    assert [event.type for event in await shop.events()] == ["import.failed"]


@pytest.mark.parametrize("name", ["parser", "duplicates"])
async def test_unknown_names_are_refused_before_anything_begins(shop, name):
    with pytest.raises(UsageError, match=r"There is no .* 'x'. Known: "):
        await shop.run("sku,name\n", **{name: "x"})
    assert await (await shop.importer()).imports.recent() == []


async def test_a_file_that_is_not_there_is_refused(shop):
    importer = await shop.importer()
    with pytest.raises(FileError, match=r"nowhere\.csv can't be read: No such file"):
        await importer.run(shop.folder / "nowhere.csv")
    with pytest.raises(FileError, match="can't be read: Is a directory"):
        await importer.run(shop.folder)
