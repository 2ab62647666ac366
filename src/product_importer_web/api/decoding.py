"""Checks requests against their declarations: each member that doesn't fit is named in the problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, UnsetType

from product_importer.cells.shortening import quoted, shortened
from product_importer_web.declarations import Custom, Declared, Refusal, custom
from product_importer_web.problems import MOST_FAULTS, Problem, field_fault

D = TypeVar("D", bound=Declared)
Fault = dict[str, str | None]

_BOOLEANS: Final = {"true": True, "false": False}
_MOST_DIGITS: Final = 19
_UNBOUNDED: Final = (1 << 63) - 1
_WORDS: Final[Mapping[Any, str]] = {str: "a text", bool: "true or false"}


def made(kind: type[D], given: Mapping[str, Any]) -> D:
    """Returns the declared object. Raises :class:`Problem` that names every fault."""
    try:
        return msgspec.convert(given, kind, dec_hook=custom)
    except msgspec.ValidationError as error:
        _, faults = taken(kind, given)
        whole = field_fault(None, kind.refusal.wrong, f"{error}.")  # of members that don't fit together
        raise refused(kind.refusal, faults or [whole]) from None


def taken(kind: type[D], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Returns the members that fit, and the faults of the others, up to the number that a problem lists."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    fields = _fields(kind)
    for name, value in given.items():
        if len(faults) == MOST_FAULTS:
            break
        if name not in fields:
            faults.append(_unknown(kind, name))
            continue
        try:
            values[name] = msgspec.convert(value, fields[name].type, dec_hook=custom)
        except msgspec.ValidationError:
            faults.append(_wrong(kind, name, value))
    for name, field in fields.items():
        if field.required and name not in given:
            faults.append(field_fault(name, f"{name}_missing", f"{_named(kind, name)} is missing."))
    return values, faults


def of_texts(kind: type[D], pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], list[Fault]]:
    """Converts texts, from addresses and forms, into values for :func:`taken`.

    An empty text counts as not given. A text that can't be converted stays a text. The faults are the names
    that are given twice.
    """
    given: dict[str, Any] = {}
    faults: list[Fault] = []
    fields = _fields(kind)
    seen: set[str] = set()
    for name, text in pairs:
        if name in seen:
            faults.append(twice(kind, name))
            continue
        seen.add(name)
        if text or name not in fields:
            given[name] = _value(fields[name].type, text) if name in fields else text
    return given, faults


def twice(kind: type[Declared], name: str) -> Fault:
    """Returns the fault of a member that is given twice."""
    message = f"{_named(kind, shortened(name))} is given twice. Give it once."
    return field_fault(name, "given_twice", message)


def refused(refusal: Refusal, faults: list[Fault]) -> Problem:
    """Returns the problem with these faults."""
    detail = " ".join(str(fault["message"]) for fault in faults[:MOST_FAULTS])
    return Problem(refusal.status, refusal.code, detail, errors=faults)


@cache
def _fields(kind: type[Declared]) -> Mapping[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _value(kind: Any, text: str) -> object:
    for each, _ in _parts(kind):
        if each is bool:
            return _BOOLEANS.get(text, text)
        if each is int and text.isascii() and text.isdigit():
            return int(text) if len(text) <= _MOST_DIGITS else text
    return text


def _unknown(kind: type[Declared], name: str) -> Fault:
    known = ", ".join(_fields(kind))
    message = f"There is no {kind.refusal.thing} {quoted(name)}. Known: {known}."
    return field_fault(name, kind.refusal.unknown, message if known else message.partition(" Known")[0])


def _wrong(kind: type[Declared], name: str, value: object) -> Fault:
    rule = _rule(_fields(kind)[name].type, nulls=kind.refusal.nulls)
    said = f" is {quoted(str(value))}; it" if kind.refusal.quotes else ""
    return field_fault(name, kind.refusal.wrong, f"{_named(kind, name)}{said} {rule}.")


def _named(kind: type[Declared], name: str) -> str:
    return kind.refusal.named.format(name=name)


def _rule(kind: Any, *, nulls: bool) -> str:
    """Returns the end of the sentence that refuses a value: the rule for the value."""
    parts = _parts(kind)
    for _, meta in parts:
        if meta is not None and meta.extra is not None and "rule" in meta.extra:
            return str(meta.extra["rule"])
    words = " or ".join(_words(each, meta) for each, meta in parts if each not in (type(None), UnsetType))
    null = nulls and any(each is type(None) for each, _ in parts)
    return f"{words if words.startswith('has') else f'has to be {words}'}{', or null' if null else ''}"


def _parts(kind: Any) -> list[tuple[Any, Meta | None]]:
    """Returns the types of a union, or the type itself, each with its metadata."""
    origin = get_origin(kind)
    if origin is Annotated:
        of, *metas = get_args(kind)
        return [(each, meta or metas[0]) for each, meta in _parts(of)]
    if origin in (Union, UnionType):
        return [part for each in get_args(kind) for part in _parts(each)]
    return [(kind, None)]


def _words(kind: Any, meta: Meta | None) -> str:
    if get_origin(kind) is Literal:
        *others, last = map(str, get_args(kind))
        return f"{', '.join(others)} or {last}" if others else last
    if kind is int:
        return _bounded(meta)
    if isinstance(kind, type) and issubclass(kind, Custom):
        return kind.rule
    return _WORDS.get(kind, "of the type that /api/v1/openapi.json describes")


def _bounded(meta: Meta | None) -> str:
    if meta is None or meta.ge is None:
        return "a whole number"
    if meta.le is None or meta.le == _UNBOUNDED:
        return f"a whole number from {meta.ge} on"
    return f"a whole number from {meta.ge} to {meta.le:,}"
