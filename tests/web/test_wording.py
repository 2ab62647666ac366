"""Options of the command line in messages, as pages and the API word them."""

import ast
import time
from pathlib import Path

import pytest
from hostile_requests import PILES

import product_importer
from parsing import parsed
from product_importer_web.api.options import NAMES
from product_importer_web.pages import previews
from product_importer_web.pages.words import CHOICES
from product_importer_web.wording import LABELS, for_api, for_page, object_for_api

LIBRARY = Path(product_importer.__file__).parent
NO_MESSAGES = ("cli", "embedded", "hookspecs.py", "wire.py")


def text_of(node):
    """The string with a word in every place that is filled at run time; None for other nodes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "sku" for part in node.values)
    return None


def messages():
    for path in sorted(LIBRARY.rglob("*.py")):
        if path.relative_to(LIBRARY).parts[0] in NO_MESSAGES:
            continue
        tree = parsed(path.read_text())
        parts = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            text = None if id(node) in parts else text_of(node)
            if text and f" {text}".count(" --"):
                yield text


MESSAGES = list(messages())


def test_the_messages_are_found():
    assert len(MESSAGES) >= 10
    for option in LABELS:
        assert any(f"--{option} " in message for message in MESSAGES), option


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("worded", [for_page, for_api])
def test_no_message_shows_an_option(message, worded):
    assert "--" not in worded(message)


def test_the_labels_are_those_of_the_form():
    titles = {name: title for name, (title, _) in CHOICES.items()} | {"encoding": previews.ENCODING.title}
    for option, label in LABELS.items():
        assert option in NAMES
        assert titles[option] == label


@pytest.mark.parametrize(
    ("message", "page", "api"),
    [
        ("Try --encoding cp1252.", "Try “Encoding: cp1252”.", "Try encoding: cp1252."),
        (
            'Say --map "A --b=c=sku" --map "D=name".',
            "Say “sku” as the use of the column “A --b=c” and “name” as the use of the column “D”.",
            'Say map: "A --b=c" as "sku" and map: "D" as "name".',
        ),
        ("The cell is a--b.", "The cell is a--b.", "The cell is a--b."),
    ],
)
def test_words(message, page, api):
    assert (for_page(message), for_api(message)) == (page, api)


def test_an_object():
    error = {"message": "Try --decimal comma."}
    given = {"problem": error, "rows": [{"errors": [error]}], "cells": ["--decimal comma"]} | error
    worded = {"message": "Try decimal: comma."}
    told = {"problem": worded, "rows": [{"errors": [worded]}], "cells": ["--decimal comma"]} | worded
    assert object_for_api(given) == told


@pytest.mark.parametrize("worded", [for_page, for_api])
@pytest.mark.parametrize("pile", PILES, ids=lambda pile: pile[:14])
def test_what_a_message_quotes_takes_no_time(pile, worded):
    began = time.process_time()
    worded(f"There is no state '{pile * 3}' of deliveries.")
    assert time.process_time() - began < 0.5
