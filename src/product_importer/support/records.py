"""Frozen records as plain values, such as those of JSON and TOML, and back with every flaw named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from product_importer.cells.shortening import quoted

R = TypeVar("R")

_TAG: Final = "kind"

_WORDS: Final[Mapping[Any, str]] = {
    bool: "true or false",
    float: "a number",
    int: "a whole number",
    str: "a text",
}


class InvalidRecord(ValueError):
    """Values don't describe a record; the message is a sentence that names the key."""


def plain(value: Any) -> Any:
    """Returns a record, or a value of one of its fields, as dicts, lists and scalars, without any None."""
    if is_dataclass(value):
        return plain({each.name: getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def record(kind: type[R], values: Any) -> R:
    """Returns the record of this class that ``values`` describe.

    The fields' types may be scalars, literals, records, mappings from text, tuples of one type, unions of one
    of them with None, and unions of records, each of which has a different ``kind``. Raises
    :class:`InvalidRecord` for a key that is unknown, is missing, or has a value of another type, and for
    values that the record itself refuses.
    """
    made: R = _made(kind, values, "")
    return made


def _made(kind: Any, value: Any, path: str) -> Any:
    """Returns the value as this type; ``path`` is the key at which it stands, empty for the whole."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        kept = [each for each in arguments if each is not NoneType]
        return None if value is None else _made(_member(kept, value, path), value, path)
    if is_dataclass(kind) and isinstance(value, Mapping):
        return _of_members(kind, value, path)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return {name: _made(arguments[1], each, _at(path, name)) for name, each in value.items()}
    if origin is tuple and isinstance(value, (list, tuple)):
        return tuple(_made(arguments[0], each, _at(path, str(n))) for n, each in enumerate(value, 1))
    if origin is Literal and isinstance(value, str) and value in arguments:
        return value
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    named = f"The key {quoted(path)}" if path else "It"
    shown = f"; it is {quoted(str(value))}" if isinstance(value, (str, int, float)) else ""
    raise InvalidRecord(f"{named} has to be {_wanted(kind)}{shown}.")


def _member(kinds: Sequence[Any], value: Any, path: str) -> Any:
    """Returns the only member of a union, or the record class whose ``kind`` the value has."""
    if len(kinds) == 1:
        return kinds[0]
    words = {str(each.default): kind for kind in kinds for each in fields(kind) if each.name == _TAG}
    word = value.get(_TAG) if isinstance(value, Mapping) else None
    found = words.get(word) if isinstance(word, str) else None
    if found is None:
        raise InvalidRecord(f"The key {quoted(_at(path, _TAG))} has to be one of {', '.join(words)}.")
    return found


def _of_members(kind: Any, values: Mapping[str, Any], path: str) -> Any:
    known = {each.name: each for each in fields(kind)}
    for name in values:
        if name not in known:
            raise InvalidRecord(f"There is no key {quoted(_at(path, name))}. Known: {', '.join(known)}.")
    for name, each in known.items():
        if name not in values and each.default is MISSING and each.default_factory is MISSING:
            raise InvalidRecord(f"The key {quoted(_at(path, name))} is missing.")
    types = _types(kind)
    members = {name: _made(_type(known[name], types), each, _at(path, name)) for name, each in values.items()}
    try:
        return kind(**members)
    except ValueError as error:  # the record's own check
        named = f"The key {quoted(path)}" if path else "It"
        raise InvalidRecord(f"{named} has a value that can't be used. {error}") from None


@cache
def _types(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _type(of: Field[Any], types: Mapping[str, Any]) -> Any:
    """Returns the field's type: as it is annotated, or, to be loaded only now, as its metadata name it."""
    if "home" in of.metadata:
        return getattr(import_module(of.metadata["home"]), of.metadata["type"])
    return types[of.name]


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wanted(kind: Any) -> str:
    if get_origin(kind) is Literal:
        *others, last = map(str, get_args(kind))
        return f"{', '.join(others)} or {last}" if others else last
    if get_origin(kind) is tuple:
        return "a list"
    return _WORDS.get(kind, "a table of keys with values")
