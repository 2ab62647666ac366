"""Looks into packed files for a preview."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from product_importer.errors import FileError
from product_importer.pipeline.peek import Peek
from product_importer.pipeline.unpacking import codec_of, packed_file, write_unpacked
from product_importer.support.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from product_importer.model import ImportOptions
    from product_importer.pipeline.unpacking import Bounds, Packed
    from product_importer.registry import PluginSet


def unpacked_peek(
    plugins: PluginSet,
    peek: Peek,
    options: ImportOptions,
    bounds: Bounds,
    size: int,
    beat: Callable[[], None],
) -> Peek:
    """Returns the peek into the file as a parser reads it: unpacked up to ``size`` bytes, if it is packed.

    ``beat`` is called now and then while the whole file is unpacked, and may raise an error to end that.
    Raises :class:`FileError`, :class:`UsageError` and :class:`QuestionsOpen`.
    """
    if peek.unpacked:
        return peek
    codec = codec_of(plugins, options, peek.head, peek.filename)
    if codec is None:
        return peek
    with _content(peek) as file:
        try:
            found = packed_file(plugins, codec, options, file, peek.filename)
        except FileError as error:
            if peek.complete or peek.whole is not None:
                raise
            raise FileError(
                f"A {codec.title} can only be looked into once the whole file has arrived.",
                code="whole_file_needed",
            ) from error
        file.seek(0)
        head, complete = _first(found, file, size, cut=not peek.complete and peek.whole is None)

    @contextmanager
    def whole() -> Iterator[Path]:
        with temporary_folder() as folder, _content(peek) as packed:
            length = packed.seek(0, io.SEEK_END)
            packed.seek(0)
            write_unpacked(found, packed, folder / "file", length, bounds, beat)
            yield folder / "file"

    there = peek.complete or peek.whole is not None
    return Peek(head, found.filename, complete, whole if there else None, unpacked=True)


@contextmanager
def _content(peek: Peek) -> Iterator[BinaryIO]:
    if peek.complete or peek.whole is None:
        yield io.BytesIO(peek.head)
        return
    with peek.whole() as path, path.open("rb") as file:
        yield file


def _first(found: Packed, file: BinaryIO, size: int, *, cut: bool) -> tuple[bytes, bool]:
    """The first unpacked bytes, and whether they are all. ``cut``: the end of the packed file is missing."""
    head = bytearray()
    with found.opened(file) as read:
        try:
            while len(head) <= size and (block := read()):
                head += block
        except FileError as error:
            if not cut or error.code != "cut_off_archive":
                raise
            return bytes(head[:size]), False
    return bytes(head[:size]), len(head) <= size
