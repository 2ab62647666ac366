"""Registers imports: the part of ``Importer.imports`` that creates them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from product_importer.imports.checks import checked_options
from product_importer.model import ImportOptions, author_of
from product_importer.storage.sources import blocks_of, checked_size, is_url
from product_importer.store.taking_over import register, take_over

if TYPE_CHECKING:
    from typing import BinaryIO

    from product_importer.imports.contents import Content
    from product_importer.model import Actor, Once
    from product_importer.ports import Storage
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store import imports as store
    from product_importer.store.connect import Database
    from product_importer.store.uploads import Uploads


class Creating:
    """Creates imports of paths, streams, uploads and URLs."""

    _database: Database
    _plugins: PluginSet
    _settings: Settings
    _storage: Storage
    _store: store.Imports
    _uploads: Uploads

    async def create(
        self,
        source: str | PathLike[str] | Content,
        options: ImportOptions | None = None,
        *,
        filename: str | None = None,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import by ``actor``, to be run by :meth:`start` in any process. Returns its id.

        ``source``: a path or a URL, or what :mod:`product_importer.imports.contents` describes: bytes, an
        open file, a table, or records. Of these, the storage keeps a copy; ``filename`` is the copy's name.
        """
        options = checked_options(options or ImportOptions(parser=self._settings.parser), self._plugins)
        if not isinstance(source, str | PathLike):
            from product_importer.imports.contents import as_file  # noqa: PLC0415 - a command gives paths

            async with as_file(source, filename) as file:
                options = replace(options, parser=file.parser or options.parser)
                return await self.create_from(file.stream, file.filename, options, actor=actor)
        text = str(source)
        if is_url(text):
            return (await self.create_of_url(text, options, actor=actor))[0]
        path = await asyncio.to_thread(Path(text).absolute)
        size = await asyncio.to_thread(checked_size, path)
        return await self._store.create(str(path), path.name, size, options, author_of(actor))

    async def create_from(
        self,
        stream: BinaryIO,
        filename: str,
        options: ImportOptions | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import of the stream's content, which the storage keeps until the import's end.

        Raises :class:`StorageError` (``disk_full`` if there is no room), and then leaves nothing behind.
        """
        upload = await self._uploads.receive(filename, blocks_of(stream), actor=actor)
        return (await self.create_from_upload(upload.id, options))[0]

    async def create_from_upload(
        self,
        upload_id: str,
        options: ImportOptions | None = None,
        *,
        once: Once | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> tuple[int, bool]:
        """Registers an import of a complete upload; returns its id, and whether this call created it.

        The import takes the file over, unless it is a dry run: then the upload can be imported again.
        ``hand_over``: the workers run the import. Its author is ``actor``, or else that of the upload. With
        ``once``, the import of an earlier call with the same key is returned.
        Raises :class:`UploadNotFound`, :class:`UploadIncomplete` and :class:`IdempotencyConflict`.
        """
        options = checked_options(options or ImportOptions(parser=self._settings.parser), self._plugins)
        return await take_over(
            *(self._database, upload_id, options),
            hours=self._settings.upload_hours,
            once=once,
            background=hand_over,
            author=author_of(actor),
        )

    async def entries(self, url: str) -> list[str]:
        """Returns the URLs of the files that a URL with ``*`` in its last part stands for, by name; a URL
        without ``*`` stands for itself.

        Raises :class:`UsageError` if no source fetches such URLs, :class:`FetchError` and
        :class:`PluginError`.
        """
        from product_importer.imports.fetching import entries_of  # noqa: PLC0415 - files need none

        return await entries_of(url, self._plugins, self._settings)

    async def create_of_url(
        self,
        url: str,
        options: ImportOptions | None = None,
        *,
        once: Once | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> tuple[int, bool]:
        """Registers an import of the file at the URL, which the process that runs the import fetches first.

        Returns the import's id, and whether this call created it: see :meth:`create_from_upload`. Raises
        :class:`UsageError` if no source fetches such URLs, and :class:`IdempotencyConflict`.
        """
        from product_importer.imports.fetching import check_url, place_of  # noqa: PLC0415 - files need none

        options = checked_options(options or ImportOptions(parser=self._settings.parser), self._plugins)
        check_url(url, self._plugins)
        return await register(
            *(self._database, place_of(url, self._storage), options),
            once=once,
            background=hand_over,
            author=author_of(actor),
        )
