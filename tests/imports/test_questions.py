"""An import of a file that raises questions waits, is answered and goes on, or is refused."""

import pytest

from product_importer.errors import (
    ConflictError,
    ImportNotFound,
    ImportWaiting,
    QuestionsOpen,
    UsageError,
)
from product_importer.model import ImportOptions, Profile, Status, options_with

UNCLEAR = b"sku,name\nA,sch\x9an\n"
"""The odd byte is a letter in many encodings."""


async def asked(shop, **options):
    importer = await shop.importer()
    report = await importer.run(shop.file(UNCLEAR), ImportOptions(**options))
    return importer, report


async def test_an_import_with_a_question_waits_and_saves_nothing(shop):
    importer, report = await asked(shop)
    (question,) = report.state.questions

    assert (report.status, report.state.phase, report.state.ended) == ("waiting", "waiting", False)
    assert (question.code, question.option, question.line) == ("encoding_unclear", "encoding", 2)
    assert any("schön" in shown for answer in question.answers for shown in answer.shown)
    assert await shop.products() == {}
    assert await importer.imports.due() == []


async def test_the_answer_lets_it_go_on(shop):
    importer, report = await asked(shop)
    await importer.imports.answer(report.id, {"encoding": "mac-roman"}, actor="user:5")
    queued = await importer.imports.state(report.id)
    ended = await importer.imports.start(report.id)

    assert (queued.status, queued.questions) == (Status.QUEUED, ())
    assert (ended.status, ended.created, ended.state.questions) == (Status.COMPLETED, 1, ())
    assert (await shop.product("a"))["name"] == "schön"
    assert [(each.actor, each.action) for each in await importer.actions.recent()] == [
        ("user:5", "import.answered")
    ]


async def test_it_is_not_run_without_an_answer(shop):
    importer, report = await asked(shop)
    for run in (importer.imports.start, importer.imports.resume, importer.imports.hand_over):
        with pytest.raises((ImportWaiting, ConflictError)):
            await run(report.id)
    assert (await importer.imports.state(report.id)).status is Status.WAITING


async def test_answers_have_to_answer_and_to_be_possible(shop):
    importer, report = await asked(shop)
    with pytest.raises(QuestionsOpen) as caught:
        await importer.imports.answer(report.id, {"delimiter": ","})
    assert caught.value.questions == report.state.questions
    with pytest.raises(UsageError):
        await importer.imports.answer(report.id, {"encoding": "no-such"})
    with pytest.raises(UsageError, match=r"There is no option 'encodin'\. Known: blank, .*encoding, .*shop"):
        await importer.imports.answer(report.id, {"encodin": "cp1252"})
    with pytest.raises(ImportNotFound):
        await importer.imports.answer(99, {"encoding": "cp1252"})
    await importer.imports.cancel(report.id)
    assert (await importer.imports.state(report.id)).status is Status.CANCELLED
    with pytest.raises(ConflictError) as refused:
        await importer.imports.answer(report.id, {"encoding": "cp1252"})
    assert refused.value.code == "not_waiting"


async def test_questions_can_be_refused(shop):
    _, report = await asked(shop, questions="refuse")

    assert report.status is Status.FAILED
    assert [question.code for question in report.state.questions] == ["encoding_unclear"]
    assert await shop.products() == {}


async def test_a_cancelled_import_that_is_resumed_asks_again(shop):
    importer, report = await asked(shop)
    await importer.imports.cancel(report.id)

    assert (await importer.imports.resume(report.id)).status is Status.WAITING


async def test_unanswered_questions_expire_with_uploads(shop):
    importer, report = await asked(shop)
    await importer.uploads.tidy()
    assert (await importer.imports.state(report.id)).status is Status.WAITING

    hours = importer.settings.upload_hours
    await shop.connection.execute(f"UPDATE imports SET questions_at = now() - interval '{hours} hours'")
    await importer.uploads.tidy()
    state = await importer.imports.state(report.id)
    assert state.status is Status.CANCELLED
    assert "Nobody answered" in state.message


async def test_the_file_in_the_storage_is_kept_while_the_import_waits(shop):
    importer = await shop.importer()
    with shop.file(UNCLEAR).open("rb") as stream:
        import_id = await importer.imports.create_from(stream, "products.csv")
    assert (await importer.imports.start(import_id)).status is Status.WAITING
    await importer.uploads.tidy()
    await importer.imports.answer(import_id, {"encoding": "mac-roman"})

    assert (await importer.imports.start(import_id)).status is Status.COMPLETED


async def test_an_import_is_repeated_from_its_profile(shop):
    importer = await shop.importer()
    report = await importer.run(
        shop.file("Nr;Title\nA;sch\xf6n\n".encode("cp1252")),
        ImportOptions(map={"Nr": "sku", "Title": "name"}, duplicates="first"),
    )
    profile = report.state.profile

    assert profile == Profile(
        duplicates="first",
        encoding="cp1252",
        delimiter=";",
        map={"Nr": "sku", "Title": "name"},
        parser=profile.parser,
        shop="none",
    )


async def test_a_file_with_store_views_is_repeated_from_its_profile(shop):
    importer = await shop.importer()
    file = shop.file("sku,name,store_view_code\nA,Tea,\nA,Tee,de\n")
    first = await importer.run(file)
    again = await importer.run(file, options_with(first.state.profile, {}))

    assert (first.created, again.unchanged) == (1, 1)
    assert (again.invalid, again.skipped) == (first.invalid, first.skipped)
