"""Records as plain values and back; each flaw is named with its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from product_importer.support.records import InvalidRecord, plain, record


@dataclass(frozen=True, slots=True)
class Leaf:
    colour: Literal["green", "brown"]
    length: float | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    leaves: Mapping[str, Leaf] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    old: bool = False
    rings: int | None = None


TREE = Tree("oak", {"first": Leaf("green", 1.5), "second": Leaf("brown")}, ("tall",), True, 80)
VALUES = {
    "name": "oak",
    "leaves": {"first": {"colour": "green", "length": 1.5}, "second": {"colour": "brown"}},
    "tags": ["tall"],
    "old": True,
    "rings": 80,
}


def test_a_record_becomes_plain_values_and_comes_back():
    assert plain(TREE) == VALUES
    assert record(Tree, VALUES) == TREE
    assert record(Tree, {"name": "elm", "rings": None}) == Tree("elm")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "It has to be a table of keys with values."),
        ({}, "The key 'name' is missing."),
        ({"name": 3}, "The key 'name' has to be a text; it is '3'."),
        ({"name": "elm", "age": 3}, "There is no key 'age'. Known: name, leaves, tags, old, rings."),
        ({"name": "elm", "old": 1}, "The key 'old' has to be true or false; it is '1'."),
        ({"name": "elm", "rings": True}, "The key 'rings' has to be a whole number; it is 'True'."),
        ({"name": "elm", "tags": "tall"}, "The key 'tags' has to be a list; it is 'tall'."),
        ({"name": "elm", "tags": ["tall", 3]}, "The key 'tags.2' has to be a text; it is '3'."),
        ({"name": "elm", "leaves": 3}, "The key 'leaves' has to be a table of keys with values; it is '3'."),
        (
            {"name": "elm", "leaves": {"a": {"colour": "red"}}},
            "The key 'leaves.a.colour' has to be green or brown; it is 'red'.",
        ),
        (
            {"name": "elm", "leaves": {"a": {"colour": "green", "hue": 1}}},
            "There is no key 'leaves.a.hue'. Known: colour, length.",
        ),
    ],
)
def test_a_flaw_is_named_with_its_key(values, message):
    with pytest.raises(InvalidRecord) as caught:
        record(Tree, values)
    assert str(caught.value) == message
