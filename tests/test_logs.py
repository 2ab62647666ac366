"""The log as people read it."""

import logging

from product_importer.logs import Seldom, TextFormatter


def test_what_was_sent_neither_acts_on_a_terminal_nor_feigns_a_line():
    text = "GET /x\nFAKE \x1b[31mred\x9b \u2028 tea ☕"
    line = TextFormatter().format(
        logging.makeLogRecord({"msg": "%s", "args": (text,), "levelno": logging.INFO})
    )
    assert line.endswith(r"GET /x\nFAKE \x1b[31mred\x9b \u2028 tea ☕")
    assert line.isprintable()


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
