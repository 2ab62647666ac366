"""Python's own parser, for tests that look at source code."""

import ast
import gc
import threading

_ALONE = threading.Lock()


def parsed(source):
    """The syntax tree of a source.

    The garbage collector waits meanwhile. What it calls, such as the report of a lost exception, may parse
    something too, and so may another thread. Python 3.11.7 and older then fail with the error "AST
    constructor recursion depth mismatch".
    """
    with _ALONE:
        collects = gc.isenabled()
        gc.disable()
        try:
            return ast.parse(source)
        finally:
            if collects:
                gc.enable()
