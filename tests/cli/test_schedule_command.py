"""``product-importer schedule``."""

import io
import json
import re
import sys

import pytest

URL = "https://joe:s3cret@supplier.example/fruit.csv?key=k3y"


@pytest.fixture
def told(invoke):
    """``told(*arguments)`` returns the object that ``schedule ... --json`` prints."""

    def telling(*arguments):
        ended = invoke("schedule", *arguments, "--json")
        assert (ended.code, ended.stderr) == (0, "")
        return json.loads(ended.stdout)

    return telling


@pytest.fixture
def added(told):
    return told("add", "Fruit", URL, "--cron", "0 6 * * 1-5", "--map", "Nr=sku")


def test_a_schedule_from_its_beginning_to_its_end(told, invoke, added):
    number = added["id"]
    assert (added["origin"], added["time_zone"], added["overlap"]) == (
        "https://supplier.example/fruit.csv",
        "UTC",
        "skip",
    )
    assert (added["active"], added["author"], added["options"]["map"]) == (
        True,
        "command line",
        {"Nr": "sku"},
    )

    changed = told("edit", number, "--time-zone", "Europe/Berlin", "--map", "Bez=name", "--blank", "clear")
    assert changed["time_zone"] == "Europe/Berlin"
    assert changed["options"] == {**added["options"], "map": {"Nr": "sku", "Bez": "name"}, "blank": "clear"}
    assert changed["origin"] == added["origin"]

    assert told("pause", number)["next_at"] is None
    assert told("pause", number)["active"] is False, "it is paused already"
    assert told("resume", number)["active"] is True

    run = told("run", number)
    assert (run["status"], run["origin"], run["author"]) == (
        "queued",
        added["origin"],
        f"schedule:{number}",
    )
    assert told("list")["schedules"][0]["unfinished"] == {"import_id": run["id"], "status": "queued"}
    (only,) = told("history", number)["runs"]
    assert (only["actor"], only["import_id"], only["status"]) == ("command line", run["id"], "queued")
    (listed,) = told("list")["schedules"]
    assert (listed["id"], listed["last"]) == (number, only)

    busy = invoke("schedule", "run", number)
    assert (busy.code, busy.complaint) == (
        1,
        f"product-importer: Import {run['id']} of this schedule hasn't ended yet.",
    )
    assert invoke("schedule", "remove", number).code == 0
    assert told("list") == {"schedules": []}


def test_what_people_read(invoke, told, added):
    number = added["id"]
    assert invoke("schedule", "history", number).stdout == "It has not run yet.\n"
    run = told("run", number)["id"]
    told("edit", number, "--time-zone", "Asia/Tokyo", "--name", "Melons")

    lines = invoke("schedule", "list").stdout.splitlines()
    assert lines[:2] == [f"{number}  Melons", "  https://supplier.example/fruit.csv"]
    assert lines[2].startswith("  0 6 * * 1-5 in Asia/Tokyo, next 20")
    assert lines[2].endswith(" 06:00 JST")
    assert lines[3].endswith(f" JST  import {run} queued")
    (line,) = invoke("schedule", "history", number).stdout.splitlines()
    assert line.endswith(f" JST  import {run} queued")
    assert "next" not in invoke("schedule", "pause", number).stdout
    invoke("schedule", "remove", number)
    assert "There is no schedule yet" in invoke("schedule", "list").stdout


def test_a_profile_answers_how_the_files_are_read(shop, told, added):
    path = shop.folder / "supplier.toml"
    path.write_text('version = 1\ndecimal = "comma"\n[map]\nTitel = "name"\n')
    told("edit", added["id"], "--on-error", "abort", "--max-row", "1000")
    changed = told("edit", added["id"], "--profile", "./supplier.toml", "--max-errors", "3")["options"]

    assert (changed["decimal"], changed["map"]) == ("comma", {"Titel": "name"})
    assert (changed["on_error"], changed["max_errors"]) == ("abort", 3)
    other = told("add", "B", URL, "--cron", "0 6 * * *", "--profile", "./supplier.toml", "--decimal", "point")
    assert (other["options"]["decimal"], other["options"]["map"]) == ("point", {"Titel": "name"})


def test_a_url_from_standard_input(told, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{URL}\n"))
    added = told("add", "Fruit", "-", "--cron", "0 6 * * *", "--paused", "--overlap", "queue")

    assert (added["origin"], added["active"], added["overlap"]) == (
        "https://supplier.example/fruit.csv",
        False,
        "queue",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "A", "https:x", "--cron", "0 6 * *"), "URL: This is no URL.*--cron: Give five fields"),
        (("add", " ", URL, "--cron", "0 6 * * *"), "NAME: Give a name"),
        (("add", "A", URL, "--cron", "0 6 * * *", "--time-zone", "Mars"), "--time-zone: Give a time zone"),
        (("add", "A", URL, "--cron", "0 6 * * *", "--parser", "none"), "There is no parser"),
        (("add", "A", URL), "Missing option '--cron'"),
        (("edit", "1"), "Say what is to be changed"),
        (("edit", "x", "--name", "B"), "'x' is not a valid integer"),
    ],
)
def test_what_is_wrong_is_named(invoke, arguments, words):
    ended = invoke("schedule", *arguments)

    assert ended.code == 2
    assert re.search(words, ended.complaint), ended.complaint
    assert "s3cret" not in ended.stderr


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--url", "", "--url: Give a URL, or leave the option out"),
        ("--url", "https:x", "--url: This is no URL"),
        ("--name", " ", "--name: Give a name"),
    ],
)
def test_a_wrong_change_is_named_and_changes_nothing(invoke, told, added, option, value, words):
    ended = invoke("schedule", "edit", added["id"], option, value)

    assert ended.code == 2
    assert words in ended.complaint
    assert told("list")["schedules"] == [added]


@pytest.mark.parametrize("command", ["pause", "resume", "run", "remove", "history"])
def test_a_schedule_that_is_not_there(invoke, command):
    ended = invoke("schedule", command, "99")

    assert (ended.code, ended.complaint) == (1, "product-importer: There is no schedule 99.")
