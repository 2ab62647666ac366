"""Finds out how the objects of a JSON file are arranged, from its first part."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from product_importer.errors import FileError
from product_importer_jsonlines.brackets import brackets

HEAD_BYTES: Final = 1 << 20

_KEY: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*\Z')
_LIST_OF_OBJECTS: Final = re.compile(rb"\s*(\{|\]|\Z)")
_KEY_BYTES: Final = 1000
_LIST_DEPTH: Final = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """``lines``: each line is an object; otherwise the objects follow one another from byte ``start`` on.

    ``array``: they are the items of an array, with commas between them. ``key``: the name of that array in
    the object around it; None if there is no such object.
    """

    lines: bool
    start: int = 0
    array: bool = False
    key: str | None = None


def layout_of(head: bytes, wanted: str | None, *, complete: bool) -> Layout:
    """Returns the layout of a file that begins with ``head``. ``wanted``: the name of the array to be read.

    Raises :class:`FileError`: ``undecodable`` for UTF-16, ``no_list`` if there are no objects, or no array of
    the wanted name.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError("The file is UTF-16, but JSON has to be UTF-8. Export it anew.", code="undecodable")
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    start += len(head) - start - len(head[start:].lstrip())
    first = head[start : start + 1]
    if first == b"[" and wanted is None:
        return Layout(lines=False, start=start + 1, array=True)
    if first != b"{":
        raise FileError(
            "The file is neither JSON Lines nor a JSON array of objects. Each product has to be an object, "
            'such as {"sku": "A1", "name": "Tea"}.',
            code="no_list",
        )
    if wanted is None and _is_lines(head[start:], complete=complete):
        return Layout(lines=True, start=start)
    found = _array_within(head, start, wanted)
    if found is not None:
        return found
    if wanted is not None:
        raise FileError(
            f"The first part of the file has no array of objects named {wanted!r}.", code="no_list"
        )
    return Layout(lines=False, start=start)


def _is_lines(text: bytes, *, complete: bool) -> bool:
    """Whether the first line is an object, and more than a wrapper around an array of objects."""
    line, end, rest = text.partition(b"\n")
    try:
        first = msgspec.json.decode(line, type=dict)
    except RecursionError:  # a row that is nested too deeply, which is rejected later
        return bool(rest.strip())
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    wraps = any(isinstance(each, list) and each and isinstance(each[0], dict) for each in first.values())
    alone = not rest.strip() and (complete or not end)
    return not (wraps and alone)


def _array_within(head: bytes, start: int, wanted: str | None) -> Layout | None:
    """The first array of objects, or the one of the wanted name, directly in the object at ``start``."""
    places, depths = brackets(head[start:])
    opened = np.flatnonzero((depths == _LIST_DEPTH) & (np.diff(depths, prepend=0) > 0))
    for place in (places[opened] + start).tolist():
        if head[place : place + 1] != b"[":
            continue
        key = _KEY.search(head[max(start, place - _KEY_BYTES) : place])
        if key is None:
            continue
        name = str(json.loads(b'"' + key[1] + b'"', strict=False))
        if name == wanted or (wanted is None and _LIST_OF_OBJECTS.match(head, place + 1)):
            return Layout(lines=False, start=place + 1, array=True, key=name)
    return None
