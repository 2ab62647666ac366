"""The tests' parser of source code, under a garbage collector that parses something itself."""

import ast
import gc

import pytest

from parsing import parsed

SOURCE = "value = 1\n" * 5_000


@pytest.fixture
def parsing_collector():
    """A garbage collector that parses whenever it runs, from deeper in the stack than anybody else."""
    running = False

    def parse(depth):
        return ast.parse("1") if depth == 0 else parse(depth - 1)

    def collecting(phase, _):
        nonlocal running
        if phase == "start" and not running:
            running = True
            parse(20)
            running = False

    gc.callbacks.append(collecting)
    yield
    gc.callbacks.remove(collecting)


def test_the_garbage_collector_waits(parsing_collector):
    assert len(parsed(SOURCE).body) == 5_000
    assert gc.isenabled()
