"""The log as people read it."""

import json
import logging
import sys

import pytest

from product_importer.support.logs import JsonFormatter, Seldom, TextFormatter


def test_what_was_sent_neither_acts_on_a_terminal_nor_feigns_a_line():
    text = "GET /x\nFAKE \x1b[31mred\x9b \u2028 tea ☕"
    line = TextFormatter().format(
        logging.makeLogRecord({"msg": "%s", "args": (text,), "levelno": logging.INFO})
    )
    assert line.endswith(r"GET /x\nFAKE \x1b[31mred\x9b \u2028 tea ☕")
    assert line.isprintable()


@pytest.fixture
def failed():
    """The record of an exception that quotes what was sent."""
    try:
        raise ValueError("GET /x\n12:00:00 FAKE \x1b[31mred\x9b\r \u2028 tea ☕")
    except ValueError:
        given = {"msg": "It failed \x9b", "levelno": logging.ERROR, "exc_info": sys.exc_info()}
        return logging.makeLogRecord(given)


def test_nor_does_what_an_exception_quotes(failed):
    first, *lines = TextFormatter().format(failed).split("\n")
    assert first.endswith(r"It failed \x9b")
    assert lines
    assert all(line.startswith("    ") and line.isprintable() for line in lines)
    assert lines[-1].endswith(r"12:00:00 FAKE \x1b[31mred\x9b\r \u2028 tea ☕")


def test_nor_does_it_in_json(failed):
    line = JsonFormatter().format(failed)
    assert line.isprintable()
    assert "☕" in line
    found = json.loads(line)
    assert found["message"] == "It failed \x9b"
    assert found["exception"].endswith("red\x9b\r \u2028 tea ☕")


def test_what_others_can_make_it_say_is_said_seldom(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    seldom = Seldom("too many", 60.0)

    def told(text):
        record = logging.makeLogRecord({"msg": "%s", "args": (text,)})
        return record.getMessage() if seldom.filter(record) else None

    assert [told("too many files"), told("too many files"), told("other"), told("too many")] == [
        "too many files",
        None,
        "other",
        None,
    ]
    clock[0] += 61
    assert told("too many files") == "too many files (2 more lines like this were left out)"
    clock[0] += 61
    assert told("too many files") == "too many files"
