"""Checks, when a plugin is loaded, that its objects can be called as the program calls them."""

from __future__ import annotations

import dis
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from product_importer.ports import FormatParser, are_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from product_importer.registry import Kind


@dataclass(frozen=True, slots=True)
class _Call:
    """A method, and the lists of arguments of which one has to fit. ``coroutine``: its result is awaited."""

    method: str
    ways: tuple[tuple[str, ...], ...]
    coroutine: bool = False


_CALLS: Final[Mapping[Kind, tuple[_Call, ...]]] = {
    "parser": (_Call("open", (("file", "options"),)),),
    "validator": (_Call("check", (("batch",),)),),
    "dedupe policy": (_Call("rank", (("batch",),)),),
    "event sink": (_Call("deliver", (("batch",),), coroutine=True), _Call("connected", (("host",),))),
    "source": (
        _Call("fetch", (("fetch",), ("url", "into")), coroutine=True),
        _Call("entries", (("url", "allow"),), coroutine=True),
    ),
    "codec": (
        _Call("recognises", (("head",),)),
        _Call("members", (("file",),)),
        _Call("unpack", (("file", "member"),)),
    ),
    "transform": (_Call("start", (("header", "options"),)),),
    "exporter": (_Call("write", (("schema", "batches", "out"),)),),
}

_OF_FORMATS: Final = (_Call("recognises", (("head", "filename"),)), _Call("tables", (("file",),)))


def misfit(it: Any, kind: Kind) -> str | None:
    """Returns what is wrong with the object's methods; None if they can be called. Optional ones may lack.
    That it has Click's methods tells a command: Click isn't loaded where no plugin has one.
    """
    calls = _CALLS.get(kind, ())
    if kind == "parser" and isinstance(it, FormatParser):
        calls = (*calls, *_OF_FORMATS)
    for call in calls:
        method = getattr(it, call.method, None)
        if method is not None and (wrong := _wrong(method, call)) is not None:
            return f"{call.method}() {wrong}"
    if kind == "command" and not hasattr(it.command, "make_context"):
        return f"command is {it.command!r}; give a command or a group of Click."
    if kind == "source" and not are_texts(it.schemes):
        return f"schemes is {it.schemes!r}; give a tuple of texts."
    if kind == "validator" and isinstance(columns := getattr(it, "columns", None), str):
        return f"columns is {columns!r}; give a tuple of texts."
    return None


def _wrong(method: Callable[..., Any], call: _Call) -> str | None:
    if (refusal := _refusal(method, call.ways)) is not None:
        ways = " or ".join(f"{call.method}({', '.join(way)})" for way in call.ways)
        return f"can't be called as {ways}: {refusal}."
    way = f"{call.method}({', '.join(call.ways[0])})"
    if call.coroutine:
        return None if _may_be_awaited(method) else f"is no coroutine function; write: async def {way}."
    if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
        return f"is asynchronous; write: def {way}, without async."
    return None


def _refusal(method: Callable[..., Any], ways: tuple[tuple[str, ...], ...]) -> str | None:
    """Returns why none of these lists of arguments fits; None if one does, or if the method doesn't tell."""
    try:
        signature = inspect.signature(method)
    except ValueError:  # a function in C may not tell what it takes
        return None
    refusal = None
    for way in ways:
        try:
            signature.bind(*way)
        except TypeError as error:
            refusal = refusal or str(error)
        else:
            return None
    return refusal


def _may_be_awaited(method: Callable[..., Any]) -> bool:
    """Returns whether it is, or wraps, a coroutine function, returns something other than None, or can't be
    told.
    """
    function = inspect.unwrap(method)
    if (
        not inspect.isroutine(function)
        or inspect.isbuiltin(function)
        or inspect.iscoroutinefunction(function)
    ):
        return True
    declared = getattr(function, "__annotations__", {})
    if "return" in declared:
        return declared["return"] not in (None, "None", type(None))
    return _returns_something(function)


def _returns_something(function: Callable[..., Any]) -> bool:
    """Whether a function has a ``return`` of anything but None."""
    before = None
    for each in dis.get_instructions(function):
        if each.opname == "RETURN_CONST" and each.argval is not None:
            return True
        if each.opname == "RETURN_VALUE" and before not in (("LOAD_CONST", None), None):
            return True
        before = each.opname, each.argval
    return False
