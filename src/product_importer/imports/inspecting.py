"""The programming interface for files before their import: a part of ``Importer.imports``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from product_importer.imports.checks import known_options
from product_importer.model import ImportOptions, Inspection, Preview
from product_importer.pipeline.peek import Peek
from product_importer.pipeline.unpacking import Bounds
from product_importer.storage.sources import head_of

if TYPE_CHECKING:
    from product_importer.imports.running import Runner
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings


class Inspecting:
    """Shows how files would be read. Changes nothing."""

    _plugins: PluginSet
    _runner: Runner
    _settings: Settings

    async def preview(
        self,
        source: bytes | str | PathLike[str],
        options: ImportOptions | None = None,
        *,
        complete: bool = False,
        filename: str | None = None,
        rows: int = 20,
    ) -> Preview:
        """Returns how a file would be read: its format, columns, first rows and their errors.

        ``source`` is a path, or a file's first bytes, ``complete`` if they are all; only the first MiB is
        examined, unless the format needs the whole file. ``filename`` is the file's name, if the path has
        another. A file that an import would refuse has a ``problem``. Raises :class:`FileError` if there is
        no file, :class:`UsageError` for options that don't exist, and :class:`PluginError`.
        """
        from product_importer.pipeline.preview import preview  # noqa: PLC0415 - an import doesn't need it

        options = known_options(options or ImportOptions(parser=self._settings.parser), self._plugins)
        peek = await _peek(source, filename, complete=complete)
        return await preview(
            *(self._plugins, peek, options),
            rows=rows,
            seconds=self._settings.plugin_timeout,
            bounds=Bounds(self._settings.unpacked_size, self._settings.unpacked_ratio),
            origin_of=self._runner.origin,
        )

    async def inspect(
        self,
        source: bytes | str | PathLike[str],
        options: ImportOptions | None = None,
        *,
        complete: bool = False,
        filename: str | None = None,
        answers: Mapping[str, object] | None = None,
        rows: int | None = None,
        shapes: bool = True,
    ) -> Inspection:
        """Returns what can be learned from a file: its format, columns, damage, questions, and a profile.

        ``source``, ``complete``, ``filename`` and the errors are those of :meth:`preview`. ``answers`` are
        options, by name, that answer questions: these are listed, too, and what comes after them is looked
        at as if they were answered so; other questions are taken to be answered by their likeliest answers.
        ``rows``: no more are looked at than these and the rest of their batch; of formats that need the whole
        file 16,384 by default. ``shapes``: whether it is counted how the columns' cells are written, which
        takes time.
        """
        from product_importer.pipeline.inspecting import inspect  # noqa: PLC0415 - as above

        options = known_options(options or ImportOptions(parser=self._settings.parser), self._plugins)
        peek = await _peek(source, filename, complete=complete)
        return await inspect(
            *(self._plugins, peek, options),
            seconds=self._settings.plugin_timeout,
            bounds=Bounds(self._settings.unpacked_size, self._settings.unpacked_ratio),
            origin_of=self._runner.origin,
            answers=answers or {},
            rows=rows,
            shapes=shapes,
        )


async def _peek(source: bytes | str | PathLike[str], filename: str | None, *, complete: bool) -> Peek:
    from product_importer.pipeline.preview import PREVIEW_BYTES  # noqa: PLC0415 - as above

    if isinstance(source, bytes):
        return Peek(source[:PREVIEW_BYTES], filename or "", complete and len(source) <= PREVIEW_BYTES)
    path = Path(source)
    head, whole = await asyncio.to_thread(head_of, path, PREVIEW_BYTES)
    return Peek(head, filename or path.name, whole, lambda: nullcontext(path))
