"""How long the files of imports are kept."""

import pytest

from product_importer.errors import FileNotKept, StorageError
from product_importer.model import ImportOptions, Status
from sending import blocks

CSV = b"sku,name\nA,Apple\nB,Banana\n"


@pytest.fixture
def server(postgres_18):
    return postgres_18


async def imported(importer, **options):
    upload = await importer.uploads.receive("products.csv", blocks(CSV))
    import_id, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(**options))
    return (await importer.imports.start(import_id)).state


async def content(importer, import_id):
    return b"".join([piece async for piece in importer.imports.file(import_id)])


async def ended_days_ago(shop, import_id, days):
    await shop.connection.execute(
        "UPDATE imports SET finished_at = now() - $2 * interval '1 day' WHERE id = $1", import_id, float(days)
    )


async def test_a_file_is_kept_for_some_days(shop, importer, stored):
    state = await imported(importer)
    assert state.file_kept
    assert await content(importer, state.id) == CSV

    await ended_days_ago(shop, state.id, 29)
    await importer.uploads.tidy()
    assert len(stored()) == 1
    await ended_days_ago(shop, state.id, 31)
    await importer.uploads.tidy()

    assert stored() == []
    assert not (await importer.imports.state(state.id)).file_kept
    with pytest.raises(FileNotKept, match=f"The file products.csv of import {state.id} isn't kept here"):
        await content(importer, state.id)
    with pytest.raises(FileNotKept):
        await importer.imports.again(state.id)


async def test_a_file_is_kept_until_the_last_import_of_it_has_had_its_days(shop, importer, stored):
    first = await imported(importer)
    second, new = await importer.imports.again(first.id)
    assert new
    await ended_days_ago(shop, first.id, 31)
    await importer.uploads.tidy()
    assert len(stored()) == 1, "the second has yet to run"
    assert (await importer.imports.start(second)).unchanged == 2
    await importer.uploads.tidy()
    assert len(stored()) == 1
    assert await content(importer, first.id) == CSV

    await ended_days_ago(shop, second, 31)
    await importer.uploads.tidy()

    assert stored() == []


@pytest.mark.whole
async def test_files_of_programs_without_housekeeping_go_as_well(shop, importer, stored):
    """Programs that use the library only never ask for it."""
    for _ in range(3):
        await ended_days_ago(shop, (await imported(importer)).id, 31)

    await imported(importer)

    assert len(stored()) == 1


@pytest.mark.whole
async def test_many_files_go_batch_by_batch(shop, importer, stored, monkeypatch):
    monkeypatch.setattr("product_importer.store.kept_files._BATCH", 2)
    for _ in range(5):
        await imported(importer)
    await shop.connection.execute("UPDATE imports SET finished_at = now() - interval '31 days'")

    await importer.uploads.tidy()

    assert stored() == []


async def test_files_of_another_storage_stay_where_they_are(shop, importer, stored):
    state = await imported(importer)
    await ended_days_ago(shop, state.id, 31)
    other = await shop.open(storage_url=(shop.folder / "elsewhere").as_uri())

    await other.uploads.tidy()

    assert len(stored()) == 1
    with pytest.raises(FileNotKept):
        await other.imports.again(state.id)


async def test_a_failed_import_keeps_its_file_at_least_as_long_as_it_may_be_resumed(shop, stored):
    importer = await shop.open(keep_days=10.0, keep_files_days=2.0)
    upload = await importer.uploads.receive("products.csv", blocks(b"sku,name\nA\nB,Banana\n"))
    import_id, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(on_error="abort"))
    assert (await importer.imports.start(import_id)).status is Status.FAILED
    await ended_days_ago(shop, import_id, 9)
    await importer.uploads.tidy()
    assert len(stored()) == 1

    await ended_days_ago(shop, import_id, 11)
    await importer.uploads.tidy()

    assert stored() == []


async def test_a_file_that_somebody_else_has_removed(importer, stored):
    state = await imported(importer)
    (path,) = stored()
    path.unlink()

    with pytest.raises(StorageError) as caught:
        await importer.imports.again(state.id)

    assert caught.value.code == "file_gone"
    assert len(await importer.imports.recent()) == 1


async def test_the_oldest_files_make_room_for_a_new_one(shop, importer, stored, monkeypatch):
    states = [await imported(importer) for _ in range(3)]
    for days, state in zip((1, 3, 2), states, strict=True):
        await ended_days_ago(shop, state.id, days)
    failed = await imported(importer, map={"Nothing": "sku"})
    assert failed.status is Status.FAILED
    await ended_days_ago(shop, failed.id, 5)
    again, _ = await importer.imports.again(states[1].id)  # it waits, and needs the oldest file
    monkeypatch.setattr(importer.storage, "_check_room", lambda size: room(len(stored())))

    def room(files):
        if files >= 4:
            raise StorageError("There is no room.", code="disk_full")

    upload = await importer.uploads.receive("new.csv", blocks(CSV))

    kept = [(await importer.imports.state(state.id)).file_kept for state in (*states, failed)]
    assert kept == [True, True, False, True]
    assert (await importer.uploads.get(upload.id)).complete
    assert (await importer.imports.start(again)).status is Status.COMPLETED
    monkeypatch.setattr(importer.storage, "_check_room", lambda _: room(4))
    with pytest.raises(StorageError, match="no room"):
        await importer.uploads.receive("another.csv", blocks(CSV))
