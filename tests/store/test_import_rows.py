"""Rows of the table of imports become the records that programs see."""

import json
from datetime import UTC, datetime

import pytest

from product_importer.model import LEFT_OUT, ImportOptions, Status
from product_importer.store.import_rows import _state_of, options_from_json, options_to_json
from product_importer.store.writer import COUNT_NAMES

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ROW = {
    **dict.fromkeys((*COUNT_NAMES, *LEFT_OUT), 0),
    "id": 3,
    "status": "running",
    "phase": "saving",
    "filename": "tea.csv",
    "source": "/tea.csv",
    "options": options_to_json(ImportOptions()),
    "message": "",
    "parser": "csv",
    "read_as": None,
    "shop": None,
    "file_kept": False,
    "interrupted": False,
    "of_import": None,
    "kind": "import",
    "applied_at": None,
    "status_before": None,
    "undo": None,
    "author": None,
    "origin": None,
    "questions": None,
    "encoding": "utf-8",
    "delimiter": ";",
    "header": ["SKU"],
    "mapping": '{"SKU": "sku"}',
    "rules": None,
    "to_confirm": None,
    "warnings": '{"no_rows": 1}',
    "bytes_total": 5_000,
    "bytes_done": 5_000,
    "records_total": 1_000,
    "created_at": NOW,
    "started_at": NOW,
    "finished_at": None,
    "rows_read": 1_000,
    "rows_rejected": 7,
    "rows_sampled": 0,
    "rows_sampled_unchanged": 0,
    "reading_pace": None,
    "reading_seconds": 2.0,
    "saved": 500,
    "read": 500,
    "created": 495,
    "invalid": 5,
    "read_by_owner": 500,
    "owner_seconds": 7.0,
    "saving_seconds": 5.0,
}
ENDED = {"status": "completed", "phase": "finished", "finished_at": NOW}
UNKNOWN = dict.fromkeys(("encoding", "header", "mapping", "started_at"))


def state(**columns):
    return _state_of(ROW | columns)


def test_a_running_import_has_the_pace_of_saving_and_time_left():
    running = state()
    assert (running.status, running.percent) == (Status.RUNNING, 50.0)
    assert running.rows_per_second == 100.0
    assert 4 < running.eta_seconds < 6
    assert (running.rows_read, running.rows_rejected) == (1_000, 7)
    assert (running.dialect.delimiter, running.header) == (";", ("SKU",))
    assert (dict(running.mapping), dict(running.warnings)) == ({"SKU": "sku"}, {"no_rows": 1})


def test_an_ended_import_has_the_pace_of_all_its_time_and_its_own_counts():
    ended = state(**ENDED, rows_read=0)
    assert (ended.percent, ended.eta_seconds) == (100.0, None)
    assert ended.rows_per_second == round(500 / 7, 1)
    assert (ended.rows_read, ended.rows_rejected) == (500, 5)
    assert state(**ENDED, read_by_owner=0).rows_per_second is None
    assert state(**ENDED, owner_seconds=None).rows_per_second is None


def test_rows_that_were_only_noted_as_rejected_count_as_read():
    assert (state(rows_read=0).rows_read, state(rows_read=0, rows_rejected=0).rows_read) == (502, 500)


@pytest.mark.parametrize(
    ("saved", "total", "percent"),
    [(0, 1_000, 0.0), (1, 3, 33.3), (999_999, 1_000_000, 99.9), (9, 9, 99.9), (5, None, 0.0), (0, 0, 0.0)],
)
def test_only_completed_imports_are_done_to_the_last(saved, total, percent):
    assert state(saved=saved, records_total=total).percent == percent
    failed = state(saved=saved, records_total=total, status="failed", phase="finished")
    assert failed.percent == percent


def test_an_import_that_has_not_begun_says_nothing_of_its_file():
    queued = state(**UNKNOWN, status="queued", phase="waiting")
    assert (queued.dialect, queued.header, dict(queued.mapping)) == (None, (), {})
    assert queued.eta_seconds is None


def test_options_outlive_the_database():
    options = ImportOptions(map={"a": "sku"}, blank="clear", max_errors=3, decimal="comma")
    assert options_from_json(options_to_json(options)) == options
    assert options_from_json(options_to_json(ImportOptions())) == ImportOptions()
    assert "decimal" not in json.loads(options_to_json(ImportOptions()))
