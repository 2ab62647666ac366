"""Runs an exporter in a thread: batches go in, and pieces of the file come out, few of them at a time."""

from __future__ import annotations

import asyncio
import io
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from product_importer.cells.shortening import quoted
from product_importer.cells.storable import text_flaw
from product_importer.errors import UsageError
from product_importer.guards import guard
from product_importer.model import ExportOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
    from typing import BinaryIO

    import pyarrow as pa

    from product_importer.ports import Exporter
    from product_importer.registry import PluginSet

T = TypeVar("T")

CSV: Final = "csv"
DELIMITERS: Final = (",", ";", "\t", "|")

_PIECE_BYTES: Final = 1 << 16
_WAITING: Final = 4


def checked_export(options: ExportOptions, plugins: PluginSet) -> Exporter | None:
    """Returns the exporter of the format; None for CSV, which the database writes.

    Raises :class:`UsageError` for an unknown format, and for options that the format doesn't have.
    """
    if any(text_flaw(name) is not None for name in options.columns):
        raise UsageError("The name of a column has a character that no text can have. Remove it.")
    if options.format == CSV:
        if options.delimiter not in DELIMITERS:
            raise UsageError(
                f"{quoted(options.delimiter)} can't separate the cells of an export. Name a comma, a "
                "semicolon, a tab or a pipe."
            )
        return None
    if options.format not in plugins.exporters:
        known = ", ".join([CSV, *plugins.exporters])
        raise UsageError(
            f"There is no format {quoted(options.format)} to export to. Known: {known}. Plugins bring "
            "others, such as product-importer-excel."
        )
    if replace(options, format=CSV, columns=()) != ExportOptions():
        raise UsageError("A delimiter, a byte order mark and a decimal sign can be set for CSV only.")
    return plugins.exporters[options.format]


async def written(
    plugins: PluginSet, exporter: Exporter, batches: AsyncGenerator[pa.RecordBatch, None]
) -> AsyncGenerator[bytes, None]:
    """Yields the file in pieces; the first batch only tells the schema.

    Raises what reading the batches raises, :class:`UsageError` if the products don't fit into the format, and
    :class:`PluginError` if the exporter fails.
    """
    async with aclosing(batches):
        schema = (await anext(batches)).schema
        async with aclosing(_written(plugins, exporter, schema, batches)) as pieces:
            async for piece in pieces:
                yield piece


async def _written(
    plugins: PluginSet, exporter: Exporter, schema: pa.Schema, batches: AsyncIterator[pa.RecordBatch]
) -> AsyncGenerator[bytes, None]:
    pipe = _Pipe(asyncio.get_running_loop())

    def write() -> None:
        with pipe, guard(plugins, "exporter", exporter.name):
            exporter.write(schema, pipe.taken(batches), cast("BinaryIO", pipe.out))
            pipe.out.flush()

    writing = asyncio.create_task(asyncio.to_thread(write))
    try:
        while (piece := await pipe.pieces.get()) is not None:
            yield piece
        await writing
    finally:
        pipe.left = True
        while not writing.done():  # the thread may wait for room
            while not pipe.pieces.empty():
                pipe.pieces.get_nowait()
            await asyncio.wait({writing}, timeout=0.05)
        if not writing.cancelled():
            writing.exception()


class _Left(BaseException):  # no Exception, so that exporters don't handle it
    """Nobody reads the file any more."""


class _Pipe:
    """The thread's ends: :meth:`taken` reads batches from the event loop, ``out`` writes to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING)
        self.out = io.BufferedWriter(_Out(self), _PIECE_BYTES)
        self.left = False
        self._error: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> bool:
        """Ends the file. An error of the batches takes the place of what the exporter made of it."""
        if not self.left:
            self._wait(self.pieces.put(None))
        if self._error is not None:
            raise self._error
        return isinstance(error, _Left)

    def taken(self, batches: AsyncIterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = self._wait(_next(batches))
            except BaseException as error:
                self._error = error
                raise
            if batch is None:
                return
            yield batch

    def put(self, piece: bytes) -> None:
        self._wait(self.pieces.put(piece))

    def _wait(self, work: Coroutine[object, object, T]) -> T:
        if self.left:
            work.close()
            raise _Left
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _next(batches: AsyncIterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    return await anext(batches, None)


class _Out(io.RawIOBase):
    def __init__(self, pipe: _Pipe) -> None:
        self._pipe = pipe
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: object, /) -> int:
        piece = bytes(cast("bytes", data))
        if piece:
            self._pipe.put(piece)
            self._size += len(piece)
        return len(piece)
