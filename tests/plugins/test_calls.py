"""A plugin whose objects can't be called as the program calls them is named when it is loaded."""

import functools
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import click
import pytest

from books import Books
from product_importer.plugins.calls import misfit
from product_importer.ports import Command
from product_importer.registry import BUILT_IN
from product_importer.testing import plugin_set


async def awaited(*_):
    return None


def object_of(**members):
    return SimpleNamespace(name="acme", **members)


def sink(deliver, **more):
    return object_of(deliver=deliver, **more)


@functools.wraps(awaited)
def wrapping(*arguments):
    return awaited(*arguments)


def handing_on(batch) -> Coroutine[Any, Any, None]:
    return awaited(batch)


class Callable:
    """No function, so it doesn't tell whether its result can be awaited."""

    def __call__(self, batch):
        return awaited(batch)


class Handing:
    """Its method says nothing about its result, which can be awaited where there is one."""

    name = "acme"

    def deliver(self, batch):
        return None if batch is None else awaited(batch)


@pytest.mark.parametrize(
    ("kind", "it"),
    [
        ("event sink", sink(awaited)),
        ("event sink", sink(wrapping)),
        ("event sink", sink(handing_on)),
        ("event sink", sink(Callable())),
        ("event sink", sink(functools.partial(awaited, 1))),
        ("event sink", sink(lambda batch: awaited(batch, 1))),
        ("event sink", Handing()),
        ("source", object_of(schemes=("a",), fetch=awaited)),
        ("source", object_of(schemes=frozenset({"a"}), fetch=awaited)),
        ("dedupe policy", object_of(rank=sum)),
        ("validator", object_of(check=lambda batch, strict=True: (), columns=["EAN"])),
        ("validator", object_of(check=lambda batch: (), columns=3)),
        ("validator", object_of(check=lambda batch: (), columns=[1, 2])),
        ("validator", object_of(check=lambda batch: (), columns=lambda: ())),
        ("parser", Books()),
        ("command", Command("greet", click.Group("greet"))),
    ],
)
def test_objects_that_fit(kind, it):
    assert misfit(it, kind) is None


async def one(fetch):
    pass


async def two(url, into):
    pass


async def three(url, into, progress):
    pass


@pytest.mark.parametrize(("fetch", "fits"), [(one, True), (two, True), (three, False)])
def test_a_source_takes_one_argument_or_two(fetch, fits):
    found = misfit(object_of(schemes=("a",), fetch=fetch), "source")
    assert (found is None) == fits
    assert fits or found.startswith("fetch() can't be called as fetch(fetch) or fetch(url, into): missing a")


async def checks(batch):
    yield batch


def print_it(batch):
    if batch:
        print(batch)


class OddFormat(Books):
    def recognises(self, head):
        return 0


@pytest.mark.parametrize(
    ("kind", "it", "wrong"),
    [
        (
            "event sink",
            sink(lambda batch: None),
            "deliver() is no coroutine function; write: async def deliver(batch).",
        ),
        (
            "event sink",
            sink(print_it),
            "deliver() is no coroutine function; write: async def deliver(batch).",
        ),
        ("event sink", sink(two), "deliver() can't be called as deliver(batch): missing a required"),
        (
            "event sink",
            sink(one, connected=lambda: None),
            "connected() can't be called as connected(host)",
        ),
        ("validator", object_of(check=checks), "check() is asynchronous; write: def check(batch), without"),
        ("validator", object_of(check=sum, columns="EAN"), "columns is 'EAN'; give a tuple of texts."),
        ("dedupe policy", object_of(rank=awaited), "rank() is asynchronous; write: def rank(batch), without"),
        ("source", object_of(schemes="sftp", fetch=one), "schemes is 'sftp'; give a tuple of texts."),
        ("source", object_of(schemes=(1,), fetch=one), "schemes is (1,); give a tuple of texts."),
        ("parser", OddFormat(), "recognises() can't be called as recognises(head, filename): too many"),
        (
            "codec",
            object_of(unpack=lambda file: None),
            "unpack() can't be called as unpack(file, member)",
        ),
        (
            "transform",
            object_of(start=lambda: None),
            "start() can't be called as start(header, options)",
        ),
        (
            "exporter",
            object_of(write=lambda out: 1),
            "write() can't be called as write(schema, batches, out)",
        ),
    ],
)
def test_objects_that_do_not_fit(kind, it, wrong):
    assert misfit(it, kind).startswith(wrong)


def test_all_built_in_objects_fit():
    plugins = plugin_set()
    assert {plugin.distribution for plugin in plugins.loaded} == {BUILT_IN}
    assert plugins.codecs
    assert plugins.failed == ()
