"""Kept files of imports: downloaded, imported again, and compared. A part of ``Importer.imports``."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from product_importer.cells.shortening import shortened
from product_importer.errors import ConflictError, FileNotKept
from product_importer.imports.checks import checked_options
from product_importer.imports.comparing import compared
from product_importer.model import PROFILE_FIELDS, author_of
from product_importer.model.import_lists import Alike
from product_importer.store.taking_over import repeat, upload_again

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from product_importer.model import Actor, ImportOptions, ImportState, Once, Upload
    from product_importer.model.import_lists import Comparison
    from product_importer.ports import Storage
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.connect import Database
    from product_importer.store.imports import Imports

_BLOCK_BYTES: Final = 1 << 18


class Repeating:
    """What can be done with an import that has ended, and with its file."""

    _database: Database
    _plugins: PluginSet
    _settings: Settings
    _storage: Storage
    _store: Imports

    async def file(self, import_id: int) -> AsyncGenerator[bytes, None]:
        """Yields the import's file as it was handed over, in pieces.

        Raises :class:`ImportNotFound`, :class:`FileNotKept`, and :class:`StorageError` if it can't be read.
        """
        state = await self._store.state(import_id)
        self._check_kept(state)
        async with self._storage.local(state.source, state.bytes_total) as path:
            file = await asyncio.to_thread(path.open, "rb")
            try:
                while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
                    yield block
            finally:
                file.close()

    async def again(
        self,
        import_id: int,
        *,
        once: Once | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> tuple[int, bool]:
        """Registers an import of the same file, which is read and merged as the first time, with the same
        options. Returns its id, and whether this call created it: see :meth:`create_from_upload`.

        A number that was confirmed isn't confirmed for the new import. Raises :class:`ImportNotFound`,
        :class:`FileNotKept`, :class:`ConflictError` if the import hasn't ended, :class:`UsageError` if a
        plugin has gone since, :class:`IdempotencyConflict`, and :class:`StorageError`.
        """
        state = await self._ended_and_kept(import_id)
        options = checked_options(repeating(state), self._plugins)
        made = await repeat(
            *(self._database, state, options), once=once, background=hand_over, author=author_of(actor)
        )
        if made is None:
            raise _not_kept(state)
        return made

    async def upload_again(self, import_id: int, *, actor: Actor | str | None = None) -> Upload:
        """Returns a complete upload of the import's file, which can be previewed and imported as any other:
        with other options, for example with another use of a column. ``actor`` is its author, if it is new.

        Raises :class:`ImportNotFound`, :class:`FileNotKept`, :class:`ConflictError` if the import hasn't
        ended, and :class:`StorageError`.
        """
        state = await self._ended_and_kept(import_id)
        upload = await upload_again(
            self._database, state, hours=self._settings.upload_hours, author=author_of(actor)
        )
        if upload is None:
            raise _not_kept(state)
        return upload

    async def compare(self, import_id: int, before: int | None = None) -> Comparison | None:
        """Compares an import that has ended with the import ``before``.

        Without ``before``, this is the latest completed import before it that names the same stored profile;
        if there is none, of the same URL; then of a file with the same name but for its digits. Returns None
        if there is no such import. Raises :class:`ImportNotFound`, and :class:`ConflictError` if one of the
        two hasn't ended.
        """
        state = await self._store.state(import_id)
        alike = Alike.CHOSEN
        if before is None:
            found = await self._store.comparable(import_id)
            if found is None:
                return None
            alike, before = found
        other = await self._store.state(before)
        for each in (state, other):
            if not each.ended:
                raise ConflictError(f"Import {each.id} hasn't ended yet.", code="not_ended")
        return compared(state, other, alike)

    async def _ended_and_kept(self, import_id: int) -> ImportState:
        state = await self._store.state(import_id)
        if not state.ended:
            raise ConflictError(f"Import {import_id} hasn't ended yet.", code="not_ended")
        self._check_kept(state)
        await self._storage.head(state.source, 1)  # raises if somebody else has removed the file
        return state

    def _check_kept(self, state: ImportState) -> None:
        if not (state.file_kept and self._storage.holds(state.source)):
            raise _not_kept(state)


def repeating(state: ImportState) -> ImportOptions:
    """Returns the options that repeat the import: how its file was read, so that it raises no questions."""
    profile = state.profile
    found = {name: getattr(profile, name) for name in PROFILE_FIELDS}
    return replace(state.options, **found, confirm_missing=None)


def _not_kept(state: ImportState) -> FileNotKept:
    return FileNotKept(
        f"The file {shortened(state.filename)} of import {state.id} isn't kept here, or not any more. "
        "Hand it over again to import it."
    )
