"""The log as people read it."""

import logging

from product_importer.logs import TextFormatter


def test_what_was_sent_neither_acts_on_a_terminal_nor_feigns_a_line():
    text = "GET /x\nFAKE \x1b[31mred\x9b \u2028 tea ☕"
    line = TextFormatter().format(
        logging.makeLogRecord({"msg": "%s", "args": (text,), "levelno": logging.INFO})
    )
    assert line.endswith(r"GET /x\nFAKE \x1b[31mred\x9b \u2028 tea ☕")
    assert line.isprintable()
