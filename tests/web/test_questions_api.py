"""Imports that wait for answers, over HTTP."""

import asyncio
import io
import random
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import product_importer_parquet
from product_importer_web.jobs.kinds import Task
from product_importer_web.jobs.table import KINDS

PATH = "/api/v1/imports"
UNCLEAR = b"sku,name\nA,sch\x9an\n"


@pytest.fixture
async def waiting(client, shop):
    """An import that waits, as the API shows it."""
    made = await client.post(PATH, data=UNCLEAR, headers={"Content-Type": "text/csv"})
    assert made.status == 202
    found = await made.json()
    await (await shop.importer()).imports.start(found["id"])
    return await (await client.get(found["links"]["self"])).json()


async def test_a_waiting_import_shows_its_questions(waiting):
    (question,) = waiting["questions"]

    assert waiting["status"] == "waiting"
    assert (question["code"], question["option"], question["line"]) == ("encoding_unclear", "encoding", 2)
    assert {"value": "mac-roman", "words": "The file is in mac-roman.", "shown": ["A,schön"]} in question[
        "answers"
    ]


async def test_a_patch_with_the_answers_lets_it_go_on(client, shop, waiting):
    answered = await client.patch(waiting["links"]["self"], json={"encoding": "mac-roman"})
    shown = await answered.json()
    assert (answered.status, shown["status"], shown["questions"]) == (200, "queued", [])

    await (await shop.importer()).imports.start(waiting["id"])
    assert (await shop.product("a"))["name"] == "schön"


async def test_answers_that_leave_a_question_open_are_refused_with_it(client, waiting):
    refused = await client.patch(waiting["links"]["self"], json={"delimiter": ","})
    problem = await refused.json()

    assert (refused.status, problem["code"]) == (422, "questions_open")
    assert problem["questions"] == waiting["questions"]


@pytest.mark.parametrize(
    "sent",
    [
        {"encoding": "nonsense"},
        {"encoding": 3},
        {"answer": "x"},
        {"encoding": "mac-roman", "max_field": 1_000},
        {"encoding": "mac-roman", "max_row": 1_000},
        {"encoding": "mac-roman", "max_columns": 10},
        {"encoding": "mac-roman", "profile": "Supplier"},
    ],
)
async def test_answers_that_are_no_options_are_refused(client, waiting, sent):
    refused = await client.patch(waiting["links"]["self"], json=sent)
    assert (refused.status, (await refused.json())["code"]) == (422, "invalid_options")


async def test_questions_are_refused_at_once_if_that_is_wanted(client):
    refused = await client.post(
        PATH, params={"questions": "refuse"}, data=UNCLEAR, headers={"Content-Type": "text/csv"}
    )
    problem = await refused.json()
    assert (refused.status, problem["code"]) == (422, "questions_open")
    assert [question["option"] for question in problem["questions"]] == ["encoding"]

    listed = await (await client.get(PATH)).json()
    assert listed["imports"] == []


async def test_the_page_asks_the_questions_and_takes_the_answers(client, shop, waiting):
    page = await (await client.get(f"/imports/{waiting['id']}")).text()
    assert "Which of these texts is the one in line 2 of the file?" in page
    assert "A,schön" in page
    assert "--encoding" not in page

    answered = await client.post(
        f"/imports/{waiting['id']}/answer", data={"answer0": "mac-roman"}, allow_redirects=False
    )
    assert answered.status == 303
    await (await shop.importer()).imports.start(waiting["id"])
    assert (await shop.product("a"))["name"] == "schön"


async def test_a_form_without_an_answer_leaves_the_question_open(client, shop, waiting):
    refused = await client.post(f"/imports/{waiting['id']}/answer", data={"answer0": "nonsense"})
    assert refused.status == 422
    state = await (await shop.importer()).imports.state(waiting["id"])
    assert state.status == "waiting"
    assert (await client.get("/")).status == 200


async def test_an_import_that_does_not_wait_takes_no_answers(client, waiting):
    await client.post(waiting["links"]["cancel"])
    refused = await client.patch(waiting["links"]["self"], json={"encoding": "mac-roman"})
    assert (refused.status, (await refused.json())["code"]) == (409, "not_waiting")
    assert (await client.patch(f"{PATH}/99", json={"encoding": "mac-roman"})).status == 404


async def test_a_late_wake_up_of_an_import_that_waits_does_nothing(shop, waiting, caplog):
    importer = await shop.importer()
    (jobs,) = (kind for kind in KINDS if kind.name == "import")

    await jobs.run(importer, Task("import:late", waiting["id"]), asyncio.Event())

    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
    assert (await importer.imports.state(waiting["id"])).status == "waiting"


def long(first, row, rows=20_000):
    """A file that is larger than the part that is looked at."""
    content = first + b"".join(row % number for number in range(rows))
    assert len(content) > 1 << 20
    return content


async def refused_at_once(client, content, filename="products.csv"):
    return await client.post(
        PATH, params={"questions": "refuse", "filename": filename}, data=io.BytesIO(content)
    )


async def test_questions_about_a_large_file_are_refused_at_once(client):
    row = b"S%06d,Some name that is long enough to make a large file,4.50\n"
    refused = await refused_at_once(client, long(b"sku,name,price\nA,sch\x9an,4\n", row))
    assert (refused.status, (await refused.json())["code"]) == (422, "questions_open")
    assert (await (await client.get(PATH)).json())["imports"] == []


async def test_what_the_rest_of_a_large_file_may_answer_is_no_reason_to_refuse_it(client, shop):
    """The last row shows that the comma stands before the decimals."""
    row = b'S%06d,Some name that is long enough to make a large file,"1,299"\n'
    made = await refused_at_once(client, long(b"sku,name,price\n", row) + b'Z,Last,"4,50"\n')
    assert made.status == 202
    ended = await (await shop.importer()).imports.start((await made.json())["id"])
    assert (ended.status, ended.invalid) == ("completed", 0)


async def test_a_question_that_the_whole_of_a_large_file_leaves_open_fails_its_import(client, shop):
    row = b'S%06d,Some name that is long enough to make a large file,"1,299"\n'
    made = await refused_at_once(client, long(b"sku,name,price\n", row))
    assert made.status == 202
    ended = await (await shop.importer()).imports.start((await made.json())["id"])
    assert (ended.status, [each.code for each in ended.state.questions]) == ("failed", ["decimal_sign"])


async def test_questions_about_a_format_that_needs_the_whole_file_are_refused_at_once(client):
    files = {"first.csv": b"sku,name\nA,Tea\n", "second.csv": b"sku,name\nB,Cup\n"}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        for name, content in files.items():
            writing.writestr(name, content + random.Random(name).randbytes(1 << 20).hex().encode())
    refused = await refused_at_once(client, archive.getvalue(), "products.zip")
    assert (refused.status, (await refused.json())["questions"][0]["code"]) == (422, "which_member")


async def test_only_the_first_rows_of_a_large_file_of_such_a_format_are_looked_at(make_app, aiohttp_client):
    """All rows of a workbook would take minutes. Its other rows may show what comes before the decimals."""
    client = await aiohttp_client(await make_app(product_importer_parquet))
    digits, content = random.Random(1), io.BytesIO()
    rows = [{"sku": f"S{n}", "name": digits.randbytes(60).hex(), "price": "1,299"} for n in range(20_000)]
    pq.write_table(pa.Table.from_pylist(rows), content)
    made = await refused_at_once(client, content.getvalue(), "products.parquet")
    assert (made.status, len(content.getvalue()) > 1 << 20) == (202, True)


async def test_an_answered_import_of_a_stored_file_is_left_to_the_workers(client, shop):
    """Also if no worker has begun it."""
    importer = await shop.importer()
    import_id = await importer.imports.create_from(io.BytesIO(UNCLEAR), "products.csv")
    assert (await importer.imports.start(import_id)).status == "waiting"
    answered = await client.patch(f"{PATH}/{import_id}", json={"encoding": "mac-roman"})
    assert answered.status == 200
    assert [number for number, _ in await importer.imports.due()] == [import_id]


async def test_the_page_of_a_file_that_no_worker_may_read_says_how_it_goes_on(client, shop):
    importer = await shop.importer()
    report = await importer.run(shop.file(UNCLEAR))
    command = f"product-importer import --resume {report.id}"
    assert command in await (await client.get(f"/imports/{report.id}")).text()

    answered = await client.post(f"/imports/{report.id}/answer", data={"answer0": "mac-roman"})
    page = await answered.text()
    assert answered.status == 200
    assert command in page
    assert "A worker takes it on" not in page
    assert await importer.imports.due() == []
    assert (await importer.imports.resume(report.id)).status == "completed"
