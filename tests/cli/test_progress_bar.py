"""The command's progress bar, by the states that it is shown."""

import dataclasses
import io

import pytest
from rich.console import Console

from product_importer.cli import progress
from product_importer.model import Phase, Status


@pytest.fixture
def bar(monkeypatch):
    """``bar(*states)``: what the terminal shows in the end."""

    def shown(*states):
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=True, width=120, color_system=None)
        monkeypatch.setattr(progress, "Console", lambda **_: console)
        with progress.progress_bar() as show:
            for state in states:
                show(state)
        return screen.getvalue()

    return shown


@pytest.fixture
async def state(shop):
    importer = await shop.importer()
    done = await importer.run(shop.file("sku,name\nA,Apple\n", "fruit.csv"))
    return dataclasses.replace(done.state, status=Status.RUNNING, bytes_total=200)


async def test_reading_has_a_percentage_and_the_time_left(bar, state):
    reading = dataclasses.replace(
        state,
        phase=Phase.READING,
        percent=0.0,
        bytes_done=80,
        rows_per_second=None,
        eta_seconds=75.4,
        rows_read=1234,
        rows_rejected=0,
    )
    text = bar(reading)
    assert "fruit.csv: Reading and checking the file" in text
    assert "40%" in text
    assert "0:01:15 left" in text
    assert "1,234 rows read" in text
    assert "rejected" not in text
    assert "rows/s" not in text


async def test_rejected_rows_are_counted_while_reading(bar, state):
    text = bar(dataclasses.replace(state, phase=Phase.READING, rows_read=1234, rows_rejected=5))
    assert "1,234 rows read, 5 rejected" in text


async def test_saving_has_its_pace(bar, state):
    saving = dataclasses.replace(
        state, phase=Phase.SAVING, percent=30.0, bytes_done=200, rows_per_second=1234.5, eta_seconds=None
    )
    text = bar(saving)
    assert "30%" in text
    assert "1,234 rows/s" in text
    assert "left" not in text
