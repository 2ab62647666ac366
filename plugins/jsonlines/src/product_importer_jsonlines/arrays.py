"""Finds the arrays of objects that stand directly in the object around them, in constant memory."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from product_importer.errors import FileError
from product_importer_jsonlines.brackets import brackets_from

if TYPE_CHECKING:
    import numpy.typing as npt

    from product_importer.ports import InputFile

_BLOCK_BYTES: Final = 1 << 20
_KEY: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*\Z')
_KEY_BYTES: Final = 1000
_FIRST: Final = re.compile(rb"\s*(.?)", re.DOTALL)
_ARRAY_DEPTH: Final = 2
_ITEM_DEPTH: Final = 3
_MOST_ARRAYS: Final = 1000


@dataclass(slots=True)
class Array:
    """An array that is empty or begins with an object. ``start``: the place after its bracket.

    ``begun``: whether its first item, or its end, was seen. ``closed``: whether its end was.
    """

    name: str
    start: int
    begun: bool
    rows: int = 0
    closed: bool = False


@dataclass(slots=True)
class Wrapper:
    """The first object of a file. ``start``: where it begins; ``followed``: whether more text follows it."""

    start: int = 0
    arrays: list[Array] = field(default_factory=list)
    closed: bool = False
    followed: bool = False


def wrapper_of(file: InputFile, start: int) -> Wrapper:
    """Reads the object that begins at ``start``, up to its end. Raises :class:`FileError` (``no_list``)."""
    reader = _Reader(start)
    found = reader.found
    with file.path.open("rb") as opened:
        opened.seek(start)
        while data := opened.read(_BLOCK_BYTES):
            while _ends_in_an_escape(data) and (more := opened.read(1)):
                data += more
            rest = reader.feed(data)
            if rest is not None:
                found.closed = True
                found.followed = bool((rest + opened.read(_BLOCK_BYTES)).strip())
                break
            file.keep_alive(reader.offset / max(file.size, 1))
    return found


def _ends_in_an_escape(data: bytes) -> bool:
    return (len(data) - len(data.rstrip(b"\\"))) % 2 == 1


class _Reader:
    """Notes the arrays, block by block."""

    def __init__(self, start: int) -> None:
        self.found = Wrapper(start)
        self.offset = start
        self._depth = 0
        self._inside = False
        self._before = b""
        self._current: Array | None = None

    def feed(self, data: bytes) -> bytes | None:
        """Reads a block; returns what follows the object's end, None if the object goes on."""
        places, steps, self._inside = brackets_from(data, inside=self._inside)
        depths = self._depth + np.cumsum(steps)
        ends = np.flatnonzero(depths <= 0)
        if ends.size:
            places, steps, depths = (each[: ends[0] + 1] for each in (places, steps, depths))
        objects = np.frombuffer(data, np.uint8)[places] == ord("{")
        items = _counted((depths == _ITEM_DEPTH) & (steps > 0) & objects)
        closings = _counted((depths == _ARRAY_DEPTH - 1) & (steps < 0))
        starts = np.flatnonzero((depths == _ARRAY_DEPTH) & (steps > 0)).tolist()
        text = self._before + data
        self._look_at_start(data)
        bounds = [*starts, len(places)]
        self._count(items[bounds[0]], closed=closings[bounds[0]] > 0)
        for first, last in pairwise(bounds):
            self._current = self._opened(text, int(places[first]) + len(self._before))
            self._count(items[last] - items[first], closed=closings[last] > closings[first])
        self._depth = int(depths[-1]) if depths.size else self._depth
        self._before = text[-_KEY_BYTES:]
        self.offset += len(data)
        return data[int(places[-1]) + 1 :] if ends.size else None

    def _count(self, rows: int, *, closed: bool) -> None:
        if self._current is not None:
            self._current.rows += rows
            self._current.closed = closed
            if closed:
                self._current = None

    def _look_at_start(self, data: bytes) -> None:
        """Looks at the first item of an array whose bracket was the last of the block before."""
        if self._current is not None and not self._current.begun:
            begin = _begin(data, 0)
            self._current.begun = begin != b""
            if begin not in (b"", b"{", b"]"):
                self.found.arrays.remove(self._current)
                self._current = None

    def _opened(self, text: bytes, place: int) -> Array | None:
        begin = _begin(text, place + 1)
        if text[place : place + 1] != b"[" or begin not in (b"", b"{", b"]"):
            return None
        key = _KEY.search(text[max(0, place - _KEY_BYTES) : place])
        if key is None:
            return None
        if len(self.found.arrays) == _MOST_ARRAYS:
            raise FileError(
                f"The JSON object has more than {_MOST_ARRAYS:,} arrays of objects.", code="no_list"
            )
        array = Array(_name(key[1]), self.offset + place - len(self._before) + 1, begin != b"")
        self.found.arrays.append(array)
        return array


def _counted(marks: npt.NDArray[np.bool_]) -> list[int]:
    """How many of the marks are set before each place, and before the end."""
    return [0, *np.cumsum(marks).tolist()]


def _begin(text: bytes, place: int) -> bytes:
    found = _FIRST.match(text, place)
    return found[1] if found else b""


def _name(key: bytes) -> str:
    try:
        return str(json.loads(b'"' + key + b'"', strict=False))
    except ValueError:
        return key.decode(errors="replace")
