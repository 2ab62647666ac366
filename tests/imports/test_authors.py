"""An import and an upload keep who made them."""

import io
import logging

import pytest

from product_importer.errors import ImportEnded, ImportNotFound
from product_importer.model import Actor, ActorKind, ImportOptions

USER = Actor(ActorKind.USER, "3")
CSV = "sku,name\nA,Tea\n"


async def blocks():
    yield CSV.encode()


async def part(first, last):
    yield CSV[first:last].encode()


@pytest.mark.parametrize(("actor", "author"), [(USER, "user:3"), ("token:2", "token:2"), (None, None)])
async def test_the_author_of_an_import(shop, actor, author):
    importer = await shop.open()
    path = shop.file(CSV)
    made = [
        (await importer.run(path, actor=actor)).id,
        await importer.imports.create(path, actor=actor),
        await importer.imports.create_from(io.BytesIO(CSV.encode()), "tea.csv", actor=actor),
        (
            await importer.imports.create_from_upload(
                (await importer.uploads.receive("t", blocks())).id, actor=actor
            )
        )[0],
    ]
    assert [(await importer.imports.state(each)).author for each in made] == [author] * 4
    assert {state.author for state in await importer.imports.recent()} == {author}


async def test_an_upload_keeps_its_author_and_gives_it_to_its_imports(shop):
    importer = await shop.open()
    upload = await importer.uploads.begin("tea.csv", len(CSV), actor=USER)
    await importer.uploads.append(upload.id, 0, blocks())
    assert (await importer.uploads.get(upload.id)).author == "user:3"

    tried, _ = await importer.imports.create_from_upload(upload.id, ImportOptions(dry_run=True))
    made, _ = await importer.imports.create_from_upload(upload.id, actor="token:2")
    assert [(await importer.imports.state(each)).author for each in (tried, made)] == ["user:3", "token:2"]


async def test_an_upload_keeps_who_sent_its_latest_bytes(shop):
    importer = await shop.open()
    upload = await importer.uploads.begin("tea.csv", len(CSV), actor=USER)
    assert upload.sender is None
    for at, actor, sender in [(0, "user:4", "user:4"), (5, None, "user:4"), (10, "token:2", "token:2")]:
        upload = await importer.uploads.append(upload.id, at, part(at, at + 5), actor=actor)
        assert (upload.author, upload.sender) == ("user:3", sender)


async def test_who_gives_an_upload_up_is_kept(shop):
    importer = await shop.open()
    upload = await importer.uploads.begin("tea.csv", actor=USER)
    nobodys = await importer.uploads.begin("tea.csv", actor=USER)
    await importer.uploads.remove(upload.id, actor="user:4")
    await importer.uploads.remove(nobodys.id)

    (action,) = await importer.actions.recent()
    assert (action.actor, action.action, action.subject) == (
        *("user:4", "upload.removed"),
        f"upload:{upload.id}",
    )


async def test_who_stops_an_import_or_goes_on_with_it_is_kept_and_is_no_author(shop, caplog):
    caplog.set_level(logging.INFO)
    importer = await shop.open()
    made = await importer.imports.create_from(io.BytesIO(CSV.encode()), "tea.csv", actor=USER)
    await importer.imports.cancel(made, actor="user:4")
    await importer.imports.hand_over(made, actor="user:5")
    report = await importer.imports.resume(made, actor="user:6")

    assert report.state.author == "user:3"
    assert [each.message for each in caplog.records if each.name == "product_importer.imports.imports"] == [
        f"Import {made} was asked to stop by user:4",
        f"Import {made} was asked to go on by user:5",
        f"Import {made} was asked to go on by user:6",
    ]
    actions = await importer.actions.recent(subject=f"import:{made}")
    assert [(each.actor, each.action) for each in actions] == [
        ("user:6", "import.resumed"),
        ("user:5", "import.handed_over"),
        ("user:4", "import.cancelled"),
        ("user:3", "import.begun"),
    ]


async def test_what_was_refused_or_changed_nothing_is_no_action(shop):
    importer = await shop.open()
    ended = (await importer.run(shop.file(CSV))).id
    await importer.imports.cancel(ended, actor=USER)
    for call in (importer.imports.resume, importer.imports.hand_over):
        with pytest.raises(ImportEnded):
            await call(ended, actor=USER)
    with pytest.raises(ImportNotFound):
        await importer.imports.cancel(404, actor=USER)

    assert await importer.actions.recent() == []


async def test_actions_are_read_a_page_at_a_time(shop):
    importer = await shop.open()
    made = [await importer.imports.create(shop.file(CSV)) for _ in range(3)]
    for import_id in made:
        await importer.imports.cancel(import_id, actor=USER)

    latest = await importer.actions.recent(2)
    assert [each.subject for each in latest] == [f"import:{number}" for number in (made[2], made[1])]
    (first,) = await importer.actions.recent(2, before=latest[-1].id)
    assert first.subject == f"import:{made[0]}"


async def test_an_actor_changes_products_as_its_text_does(shop):
    importer = await shop.open()
    await importer.run(shop.file(CSV))
    (product,) = (await importer.catalogue.list()).products
    await importer.catalogue.change(product.id, product.version, {"name": "Cup"}, actor=USER)
    await importer.catalogue.delete_selected([product.id], actor="user:4")
    deletion = await importer.deletions.request(0, actor=USER)
    assert [event.actor for event in await shop.events("product.")] == ["import:1", "user:3", "user:4"]
    assert deletion.actor == "user:3"
