"""Tells whether the buffers of an Arrow file are compressed, from its messages' metadata alone.

pyarrow unpacks compressed buffers in full as soon as it reads a record batch, and doesn't say before what
they unpack to. The metadata are FlatBuffers: a table begins with the distance back to its vtable, which holds
two sizes and then the place of each field in the table, or 0 for a field that isn't there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_END: Final = struct.Struct("<i6s")
"""The length of the footer, and the last bytes of an Arrow file."""

_BLOCK: Final = struct.Struct("<qi4xq")
"""The place of a message, and the bytes of its metadata and of its body."""

_DICTIONARIES, _RECORD_BATCHES = 2, 3
"""Fields of the footer."""

_VERSION, _HEADER_TYPE, _HEADER, _METADATA = 0, 1, 2, 4
"""Fields of a message."""

_VERSION_5: Final = 4
"""The number of version 5. Before, a message's own metadata could say that its buffers are compressed."""

_DICTIONARY_BATCH: Final = 2
"""The header type of a dictionary; its field ``data`` is a record batch."""

_DATA: Final = 1
_COMPRESSION: Final = 3
"""A field of a record batch."""

_CONTINUES: Final = 0xFFFFFFFF


def has_compressed_buffers(file: memoryview) -> bool:
    """Whether any record batch or dictionary of the file has them. Raises ValueError for a damaged file."""
    try:
        return any(_is_compressed(file, place) for place in _messages(file))
    except struct.error as error:
        raise ValueError(str(error)) from error


def _messages(file: memoryview) -> Iterator[int]:
    """The places of the messages that the footer names; readers find them there too."""
    length, _ = _END.unpack_from(file, len(file) - _END.size)
    footer = len(file) - _END.size - length
    if footer < 0:
        raise ValueError("The footer is longer than the file.")
    root = _target(file, footer)
    for field in (_DICTIONARIES, _RECORD_BATCHES):
        place = _field(file, root, field)
        if place is None:
            continue
        vector = _target(file, place)
        for number in range(_number(file, vector, "<I")):
            yield _BLOCK.unpack_from(file, vector + 4 + number * _BLOCK.size)[0]


def _is_compressed(file: memoryview, place: int) -> bool:
    if _number(file, place, "<I") == _CONTINUES:
        place += 4
    message = _target(file, place + 4)
    version = _field(file, message, _VERSION)
    is_old = version is None or _number(file, version, "<h") < _VERSION_5
    if is_old and _field(file, message, _METADATA) is not None:
        return True
    header = _field(file, message, _HEADER)
    kind = _field(file, message, _HEADER_TYPE)
    if header is None or kind is None:
        raise ValueError("A message is empty.")
    batch = _target(file, header)
    if _number(file, kind, "<B") == _DICTIONARY_BATCH:
        data = _field(file, batch, _DATA)
        if data is None:
            raise ValueError("A dictionary is empty.")
        batch = _target(file, data)
    return _field(file, batch, _COMPRESSION) is not None


def _field(file: memoryview, table: int, number: int) -> int | None:
    """The place of a table's field; None if the table lacks it."""
    vtable = table - _number(file, table, "<i")
    slot = 4 + 2 * number
    if slot >= _number(file, vtable, "<H"):
        return None
    offset = _number(file, vtable + slot, "<H")
    return table + offset if offset else None


def _target(file: memoryview, place: int) -> int:
    """The place that an offset leads to."""
    return place + _number(file, place, "<I")


def _number(file: memoryview, place: int, form: str) -> int:
    if place < 0:
        raise ValueError("An offset leads out of the file.")
    number: int = struct.unpack_from(form, file, place)[0]
    return number
