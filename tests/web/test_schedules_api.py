"""Schedules over HTTP: ``/api/v1/schedules``."""

import re

import pytest

from product_importer.model.schedules import ScheduleDraft
from webserver import LOOPBACK, site

PATH = "/api/v1/schedules"
GIVEN = {"name": "Supplier", "url": "https://joe:s3cret@host.example/a.csv?key=k3y", "cron": "0 6 * * 1-5"}


async def problem(response, status, code):
    document = await response.json()
    assert (response.status, document["code"]) == (status, code), document
    return document


@pytest.fixture
async def made(client):
    return await (await client.post(PATH, json=GIVEN)).json()


async def test_a_schedule_is_created(client):
    options = {"blank": "clear", "map": {"Article": "sku"}}
    response = await client.post(
        PATH, json={**GIVEN, "time_zone": "Europe/Berlin", "overlap": "queue", "options": options}
    )
    made = await response.json()

    assert response.status == 201
    assert response.headers["Location"] == made["links"]["self"] == f"{PATH}/{made['id']}"
    assert response.headers["ETag"] == f'"{made["id"]}-1"'
    assert (made["name"], made["cron"], made["time_zone"]) == ("Supplier", "0 6 * * 1-5", "Europe/Berlin")
    assert (made["overlap"], made["active"], made["last"]) == ("queue", True, None)
    assert (made["options"]["blank"], made["options"]["map"]) == ("clear", {"Article": "sku"})
    assert made["origin"] == "https://host.example/a.csv"
    assert await (await client.get(PATH)).json() == {"schedules": [made]}
    assert await (await client.get(made["links"]["self"])).json() == made


async def test_no_secret_is_shown(client, made):
    shown = await (await client.get(made["links"]["self"])).text()

    assert "s3cret" not in shown
    assert "k3y" not in shown


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"cron": "every day"}, "bad_cron", "cron"),
        ({"name": ""}, "schedule_name", "name"),
        ({"url": "gopher://host/"}, "schedule_url", "url"),
        ({"time_zone": "Mars"}, "unknown_time_zone", "time_zone"),
        ({"overlap": "both"}, "wrong_type", "overlap"),
        ({"options": 1}, "wrong_type", "options"),
        ({"when": "now"}, "unknown_field", "when"),
    ],
)
async def test_what_is_refused(client, sent, code, field):
    document = await problem(await client.post(PATH, json={**GIVEN, **sent}), 422, "invalid_schedule")

    assert [(each["field"], each["code"]) for each in document["errors"]] == [(field, code)]


async def test_wrong_options_are_named(client):
    document = await problem(
        await client.post(PATH, json={**GIVEN, "options": {"blank": "x"}}), 422, "invalid_options"
    )

    assert [each["field"] for each in document["errors"]] == ["blank"]


async def test_what_is_missing(client):
    document = await problem(await client.post(PATH, json={}), 422, "invalid_schedule")

    assert {each["field"] for each in document["errors"]} == {"name", "url", "cron"}


async def test_a_schedule_is_changed(client, made):
    here = made["links"]["self"]
    tag = {"If-Match": f'"{made["id"]}-1"'}
    response = await client.patch(here, json={"active": False, "options": {"extra": "ignore"}}, headers=tag)
    changed = await response.json()

    assert (response.status, changed["version"]) == (200, 2)
    assert (changed["active"], changed["next_at"]) == (False, None)
    assert (changed["name"], changed["origin"]) == ("Supplier", made["origin"])
    assert changed["options"]["extra"] == "ignore"
    await problem(await client.patch(here, json={"name": "x"}, headers=tag), 412, "schedule_changed")
    await problem(await client.patch(here, json={"name": "x"}), 428, "if_match_required")
    again = await client.patch(here, json={"url": "https://other.example/b.csv"}, headers={"If-Match": "*"})
    assert (await again.json())["origin"] == "https://other.example/b.csv"


async def test_a_run_is_asked_for(client, made, shop):
    response = await client.post(made["links"]["run"])
    begun = await response.json()

    assert (response.status, begun["status"], begun["origin"]) == (202, "queued", made["origin"])
    assert begun["author"] == f"schedule:{made['id']}"
    assert response.headers["Location"] == begun["links"]["self"]
    await problem(await client.post(made["links"]["run"]), 409, "schedule_busy")
    runs = await (await client.get(made["links"]["runs"])).json()
    assert runs["next"] is None
    (only,) = runs["runs"]
    assert (only["result"], only["import_id"], only["status"]) == ("imported", begun["id"], "queued")
    assert only["actor"] is not None
    assert (await (await client.get(made["links"]["self"])).json())["last"] == only


async def test_the_history_is_paged(client, made):
    for _ in range(3):
        begun = await (await client.post(made["links"]["run"])).json()
        await client.post(begun["links"]["cancel"])
    first = await (await client.get(f"{made['links']['runs']}?limit=2")).json()
    rest = await (await client.get(first["next"])).json()

    assert [len(first["runs"]), len(rest["runs"])] == [2, 1]
    assert rest["next"] is None
    assert all(each["status"] == "cancelled" for each in first["runs"])


async def test_a_schedule_is_deleted(client, made, shop):
    assert (await client.delete(made["links"]["self"])).status == 204
    for response in (
        await client.get(made["links"]["self"]),
        await client.delete(made["links"]["self"]),
        await client.post(made["links"]["run"]),
        await client.get(made["links"]["runs"]),
        await client.patch(made["links"]["self"], json={}, headers={"If-Match": "*"}),
    ):
        await problem(response, 404, "schedule_not_found")
    assert await (await shop.importer()).schedules.all() == []


async def test_the_pages(client, shop):
    """From the empty list to a schedule, its change, a run and its end, by forms alone."""
    assert "Add the first schedule" in await (await client.get("/schedules")).text()
    form = {"name": "Fruit <b>", "url": GIVEN["url"], "cron": "every day", "active": "on"}
    form["time_zone"] = "Asia/Kolkata"
    refused = await client.post("/schedules", data=form)
    text = await refused.text()
    assert refused.status == 422
    assert "Give five fields" in text
    assert "Fruit &lt;b&gt;" in text

    saved = await client.post("/schedules", data={**form, "cron": "0 6 * * *", "blank": "clear"})
    here = saved.url.path
    text = await saved.text()
    assert saved.status == 200
    assert "It has not run yet" in text
    assert "s3cret" not in text
    assert "Clear the product" in text
    assert re.search(r"\d{1,2} \w+ 20\d\d, 06:00", text), "in the time zone of the schedule"
    importer = await shop.importer()
    (made,) = await importer.schedules.all()
    assert made.options.blank == "clear"

    edited = await (await client.get(f"{here}/edit")).text()
    assert "s3cret" not in edited
    change = {**form, "cron": "0 7 * * *", "url": "", "version": "1", "overlap": "queue"}
    assert (await client.post(f"{here}/edit", data=change)).status == 200
    made = await importer.schedules.get(made.id)
    assert (made.cron, made.overlap, made.origin) == ("0 7 * * *", "queue", "https://host.example/a.csv")
    assert made.options.blank == "clear", "what the form doesn't send stays"
    assert (await client.post(f"{here}/edit", data=change)).status == 412

    paused = await client.post(f"{here}/switch", data={"version": "2", "active": "false"})
    assert "Paused" in await paused.text()
    begun = await client.post(f"{here}/run")
    assert begun.url.path.startswith("/imports/")
    assert "Waiting" in await (await client.get(here)).text()
    assert "Waiting" in await (await client.get("/schedules")).text()
    assert (await client.post(f"{here}/run")).status == 409
    assert "Delete Fruit" in await (await client.get(f"{here}/delete")).text()
    assert (await client.post(f"{here}/delete")).url.path == "/schedules"
    assert await importer.schedules.all() == []


async def test_a_failed_run_is_shown(client, shop):
    importer = await shop.importer()
    made = await importer.schedules.create(ScheduleDraft("Fruit", "http://127.0.0.1:1/a.csv", "0 6 * * *"))
    await importer.imports.start(await importer.schedules.run(made.id, actor="user:1"))
    text = await (await client.get(f"/schedules/{made.id}")).text()

    assert "The latest run failed. 127.0.0.1 can be asked over https only" in text.replace("&#39;", "'")


async def test_an_import_that_waits_for_answers_is_shown(client, shop):
    importer = await shop.open(fetch_allow=LOOPBACK)
    async with site() as there:
        url = there.add("/unclear.csv", b"sku,name\nA,sch\x9an\n")
        number = (await importer.schedules.create(ScheduleDraft("Supplier", url, "0 6 * * *"))).id
        import_id = await importer.schedules.run(number, actor="user:3")
        await importer.imports.start(import_id)

    shown = await (await client.get(f"{PATH}/{number}")).json()
    assert shown["unfinished"] == {"import_id": import_id, "status": "waiting"}
    for page in ("/schedules", f"/schedules/{number}"):
        text = await (await client.get(page)).text()
        assert "An import waits for answers" in text
        assert f'href="/imports/{import_id}"' in text
    await importer.imports.cancel(import_id)
    assert "waits for answers" not in await (await client.get("/schedules")).text()
