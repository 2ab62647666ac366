"""The table of states, and what repeats it: the documentation, the records and the pages' scripts."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from product_importer.model import Counts, ImportOptions, ImportState, Phase, Status
from product_importer.model.states import STATES, may_run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
DIAGRAM = ET.parse(ROOT / "docs" / "_static" / "import-states.svg").getroot()
BOXES = {each.get("data-status"): each for each in DIAGRAM.iter() if each.get("data-status")}
ARROWS = [each for each in DIAGRAM.iter() if each.get("data-from")]
TEXT = "{http://www.w3.org/2000/svg}text"
SOURCES = ROOT / "src"
OPEN = [status for status in Status if not STATES[status].ended]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
STATE = ImportState(
    *(1, Status.QUEUED, Phase.WAITING, "tea.csv", "/tea.csv", 0, 0, 0.0, Counts(), None, None, ""),
    *(NOW, None, None, ImportOptions()),
)


def tables():
    """The page's tables: the cells of each row below the heads."""
    found = [part.splitlines()[2:] for part in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)]
    return [[line.strip("| ").split(" | ") for line in lines] for lines in found]


def names(cell):
    return re.findall(r"`(\w+)`", cell)


def test_every_status_has_its_entry_and_every_phase_its_status():
    assert list(STATES) == list(Status)
    assert {phase for state in STATES.values() for phase in state.phases} == set(Phase)


def test_nothing_follows_itself():
    assert [status for status, state in STATES.items() if status in state.follows] == []


def test_every_status_is_reached():
    reached = {Status.QUEUED}
    for _ in Status:
        reached |= {after for status in reached for after in STATES[status].follows}

    assert reached == set(Status)


def test_the_page_has_the_statuses():
    documented = [
        (names(status), ended, names(phases), meaning) for status, ended, phases, meaning in tables()[0]
    ]

    assert documented == [
        ([status], "yes" if state.ended else "no", list(state.phases), state.meaning)
        for status, state in STATES.items()
    ]


def test_the_page_has_the_transitions():
    documented = [(*names(before), *names(after), act) for before, after, act in tables()[1]]

    assert sorted(documented) == sorted(
        (status, after, act) for status, state in STATES.items() for after, act in state.follows.items()
    )


def test_the_diagram_has_the_statuses_and_the_transitions():
    drawn = [(each.get("data-from"), each.get("data-to")) for each in ARROWS]
    named = {each.text for each in DIAGRAM.iter(TEXT) if each.get("class") == "name"}

    assert BOXES.keys() == named == set(Status)
    assert {status for status, box in BOXES.items() if "open" in box.get("class")} == set(OPEN)
    assert sorted(drawn) == sorted((status, after) for status in Status for after in STATES[status].follows)


@pytest.mark.parametrize(
    "arrow", ARROWS, ids=lambda arrow: f"{arrow.get('data-from')}-{arrow.get('data-to')}"
)
def test_an_arrow_of_the_diagram_begins_and_ends_at_its_boxes(arrow):
    x = y = 0.0
    points = []
    for letter, numbers in re.findall(r"([MLHV])([\d ]+)", arrow.get("d")):
        given = [float(number) for number in numbers.split()]
        x = x if letter == "V" else given[0]
        y = y if letter == "H" else given[-1]
        points.append((x, y))

    for (x, y), end in zip((points[0], points[-1]), ("data-from", "data-to"), strict=True):
        left, top, width, height = (
            float(BOXES[arrow.get(end)].get(name)) for name in ("x", "y", "width", "height")
        )
        assert left - 3 <= x <= left + width + 3
        assert top - 3 <= y <= top + height + 3


@pytest.mark.parametrize("status", Status)
def test_records_know_the_ends(status):
    assert replace(STATE, status=status).ended is STATES[status].ended


def test_imports_that_can_be_run():
    assert [status for status in Status if may_run(status)] == [
        *(Status.QUEUED, Status.RUNNING, Status.FAILED, Status.CANCELLED)
    ]


def test_statements_name_the_statuses_that_have_not_ended():
    """The index of unfinished imports serves no other list than its own."""
    listed = set()
    for name in ("imports.sql", "uploads.sql"):
        sql = (SOURCES / "product_importer" / "store" / "sql" / name).read_text(encoding="utf-8")
        listed |= set(re.findall(r"status (?:NOT )?IN \('queued'[^)]*\)", sql))

    assert {tuple(re.findall(r"'(\w+)'", each)) for each in listed} == {tuple(OPEN)}


def test_the_script_of_the_page_knows_the_ends():
    script = SOURCES / "product_importer_web" / "static" / "js" / "import.js"
    (ended,) = re.findall(r"const ENDED = \[(.*)\]", script.read_text(encoding="utf-8"))

    assert re.findall(r'"(\w+)"', ended) == [status for status in Status if STATES[status].ended]
