"""Bounds the pages of a Parquet file, whose headers say how large each page is once it is unpacked.

The library for Parquet unpacks a page as a whole and trusts its header, so a page of a small file could take
2 GB of memory. The headers are records of Thrift's compact protocol: for each field a byte with its type and
the step to its number, then its value.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from product_importer.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

MOST_BYTES: Final = 256 << 20
"""Maximum size of an unpacked page. Programs write pages of 1 MB, rarely of more than 100 MB."""

_HEADER_BYTES: Final = 1 << 12
_MOST_HEADER_BYTES: Final = 1 << 20
_UNPACKED_SIZE: Final = 2
_PACKED_SIZE: Final = 3
_MOST_NESTED: Final = 16
_TYPE_BITS: Final = 0x0F
_LONG_LIST: Final = 15
_MORE: Final = 0x80
_MOST_BITS: Final = 63

_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS: Final = (4, 5, 6)
_FIXED: Final = {_TRUE: 1, _FALSE: 1, _BYTE: 1, _DOUBLE: 8}


def check_pages(path: Path, metadata: pq.FileMetaData, groups: Sequence[int]) -> None:
    """Raises :class:`FileError` (``page_too_large``) if a page of these row groups is too large, and
    (``damaged_file``) if the header of a page can't be read.
    """
    file = os.open(path, os.O_RDONLY)
    try:
        for number in groups:
            group = metadata.row_group(number)
            for place in range(group.num_columns):
                _check_chunk(file, group.column(place))
    finally:
        os.close(file)


def _check_chunk(file: int, chunk: pq.ColumnChunkMetaData) -> None:
    dictionary = chunk.dictionary_page_offset or chunk.data_page_offset
    place = min(dictionary, chunk.data_page_offset)
    end = place + chunk.total_compressed_size
    while 0 < place < end:  # a column without rows has no pages, and names none
        header = _header_at(file, place)
        if header.unpacked > MOST_BYTES:
            raise FileError(
                f"A page of the column “{chunk.path_in_schema}” takes {header.unpacked >> 20:,} MB once it "
                f"is unpacked; {MOST_BYTES >> 20:,} MB are allowed. Write the file anew with smaller pages.",
                code="page_too_large",
            )
        place += header.size + header.packed


class _Header(NamedTuple):
    """``size`` is that of the header itself; the page follows it."""

    size: int
    unpacked: int
    packed: int


def _header_at(file: int, place: int) -> _Header:
    size = _HEADER_BYTES
    while size <= _MOST_HEADER_BYTES:
        data = os.pread(file, size, place)
        record = _Record(data)
        try:
            fields = record.integers()
        except IndexError:  # the header is longer than that
            if len(data) < size:
                break
            size <<= 4
            continue
        unpacked, packed = fields.get(_UNPACKED_SIZE, -1), fields.get(_PACKED_SIZE, -1)
        if unpacked < 0 or packed < 0:
            break
        return _Header(record.place, unpacked, packed)
    raise FileError(
        f"The Parquet file can't be read: the header of the page at byte {place:,} is damaged. Export the "
        "file anew, and check that the whole file was transferred.",
        code="damaged_file",
    )


class _Record:
    """A record at the beginning of some bytes. Reading beyond their end raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def integers(self, nested: int = 0) -> dict[int, int]:
        """Reads the record to its end, and returns its integers by the numbers of their fields."""
        found: dict[int, int] = {}
        number = 0
        while (head := self._byte()) & _TYPE_BITS != _STOP:
            step, kind = head >> 4, head & _TYPE_BITS
            number = number + step if step else self._signed()
            if kind in _INTEGERS:
                found[number] = self._signed()
            elif kind not in (_TRUE, _FALSE):  # their type is their value
                self._skip(kind, nested + 1)
        return found

    def _skip(self, kind: int, nested: int) -> None:
        if nested > _MOST_NESTED:
            raise IndexError
        if kind in _INTEGERS:
            self._varint()
        elif kind in _FIXED:
            self._move(_FIXED[kind])
        elif kind == _BINARY:
            self._move(self._varint())
        elif kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 != _LONG_LIST else self._varint()
            self._skip_each(size, (head & _TYPE_BITS,), nested)
        elif kind == _MAP:
            if size := self._varint():
                kinds = self._byte()
                self._skip_each(size, (kinds >> 4, kinds & _TYPE_BITS), nested)
        elif kind == _STRUCT:
            self.integers(nested)
        else:
            raise IndexError

    def _skip_each(self, size: int, kinds: Sequence[int], nested: int) -> None:
        """Skips the members of a list or map; each takes a byte at least."""
        for _ in range(size):
            for kind in kinds:
                self._skip(kind, nested + 1)

    def _byte(self) -> int:
        value = self._data[self.place]
        self.place += 1
        return value

    def _move(self, size: int) -> None:
        self.place += size
        if self.place > len(self._data):
            raise IndexError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & ~_MORE) << shift
            if byte < _MORE:
                return value
            shift += 7
            if shift > _MOST_BITS:
                raise IndexError

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
