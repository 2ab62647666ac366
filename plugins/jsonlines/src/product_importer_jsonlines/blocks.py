"""Reads a JSON file in blocks of whole objects, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from product_importer.errors import FileError
from product_importer_jsonlines.brackets import brackets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from product_importer_jsonlines.layout import Layout

_BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """Texts of objects that follow one another, and the number of the line or item of each.

    ``end``: the number of bytes of the file that were read up to the block's end.
    """

    texts: list[bytes]
    numbers: list[int]
    end: int


def blocks(file: BinaryIO, layout: Layout, most: int) -> Iterator[Block]:
    """Yields the file's objects. ``most``: bytes that one object may have.

    Raises :class:`FileError`: ``row_too_long``; ``damaged_file`` if an array isn't closed, or something
    other than commas stands between its objects.
    """
    file.seek(layout.start)
    return _line_blocks(file, layout.start, most) if layout.lines else _item_blocks(file, layout, most)


def _line_blocks(file: BinaryIO, end: int, most: int) -> Iterator[Block]:
    rest, line = b"", _lines_before(file, end)
    while data := file.read(_BLOCK_BYTES):
        end += len(data)
        whole, newline, after = data.rpartition(b"\n")
        if not newline:
            rest += data
            _check_length(rest, most, f"line {line:,}")
            continue
        texts = (rest + whole).split(b"\n")
        rest = after
        yield _block_of_lines(texts, line, end)
        line += len(texts)
    if rest:
        yield _block_of_lines([rest], line, end)


def _lines_before(file: BinaryIO, start: int) -> int:
    file.seek(0)
    return file.read(start).count(b"\n") + 1


def _block_of_lines(lines: list[bytes], first: int, end: int) -> Block:
    if all(map(bytes.strip, lines)):
        return Block(lines, list(range(first, first + len(lines))), end)
    filled = [(text, number) for number, text in enumerate(lines, first) if text.strip()]
    return Block([text for text, _ in filled], [number for _, number in filled], end)


def _item_blocks(file: BinaryIO, layout: Layout, most: int) -> Iterator[Block]:
    rest, number, end, size = b"", 1, layout.start, _BLOCK_BYTES
    while data := file.read(size):
        end += len(data)
        rest += data
        texts, used, closed = _items(rest, number, layout)
        if texts:
            yield Block(texts, list(range(number, number + len(texts))), end - len(rest) + used)
        number += len(texts)
        rest = rest[used:]
        if closed:
            _check_end(rest + file.read(_BLOCK_BYTES), layout)
            return
        _check_length(rest, most, f"item {number:,}")
        size = max(_BLOCK_BYTES, len(rest))
    if rest.strip() or layout.array:
        raise FileError(
            f"The file ends within item {number:,}: it was cut off. Export it anew, and check that the whole "
            "file was transferred.",
            code="damaged_file",
        )


def _items(text: bytes, number: int, layout: Layout) -> tuple[list[bytes], int, bool]:
    """Returns the whole items at the text's start, how many bytes they take, and whether the array ends."""
    places, depths = brackets(text)
    closing = np.flatnonzero(depths == -1)
    closed = bool(closing.size)
    if closed:
        places, depths = places[: closing[0] + 1], depths[: closing[0] + 1]
    before = np.concatenate(([0], depths[:-1]))
    starts, ends = places[(before == 0) & (depths == 1)], places[(before == 1) & (depths == 0)] + 1
    texts: list[bytes] = []
    used = 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=False):
        first = number == 1 and not texts
        _check_gap(text[used:start], b"," if layout.array and not first else b"", number + len(texts))
        texts.append(text[start:end])
        used = end
    if closed:
        _check_gap(text[used : places[-1]], b"", number + len(texts))
        used = int(places[-1]) + 1
    return texts, used, closed


def _check_gap(gap: bytes, wanted: bytes, number: int) -> None:
    if gap.strip() != wanted:
        shown = gap.strip()[:40].decode(errors="replace")
        raise FileError(
            f"Before item {number:,} of the JSON text stands {shown!r}, where only an object may stand. "
            "Export the file anew.",
            code="damaged_file",
        )


def _check_end(rest: bytes, layout: Layout) -> None:
    if layout.key is None and rest.strip():
        raise FileError(
            "After the end of the JSON array more text follows. Export the file anew, as one array.",
            code="damaged_file",
        )


def _check_length(rest: bytes, most: int, where: str) -> None:
    if len(rest) > most:
        raise FileError(f"The object at {where} has more than {most:,} bytes.", code="row_too_long")
