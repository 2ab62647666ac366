"""Uploads: their bytes are in the storage, and PostgreSQL records how many bytes have been received.

A part is recorded once it is stored, so an upload can go on in any process, after any crash, from the byte
that PostgreSQL has recorded. One sender at a time may write. A sender that is silent for
:data:`STALE_SECONDS` loses this right to the next one, and its later writes are rejected.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import asyncpg

from product_importer.cells.shortening import shortened
from product_importer.errors import (
    DatabaseError,
    StorageError,
    TooManyUploads,
    UploadBusy,
    UploadConflict,
    UploadIncomplete,
    UploadNotFound,
)
from product_importer.model import Actor, Checksum, Upload, author_of
from product_importer.store import ends, events
from product_importer.store.actions import record
from product_importer.store.connect import Database
from product_importer.store.kept_files import KeptFiles
from product_importer.store.queries import statements
from product_importer.store.receiving import PART_SECONDS, Part, with_silences
from product_importer.support.waiting import to_the_end

STALE_SECONDS: Final = 10.0

EMPTY_MINUTES: Final = 10.0
"""How long an upload waits for its first byte. Beginning an upload costs its sender nothing, and the number
of open uploads is limited.
"""


class Uploads:
    """The uploads of one database and one storage.

    ``hours``: how long an upload waits to go on, or to be imported; for its first byte it waits
    ``EMPTY_MINUTES``. ``files``: removes files that are no longer needed. ``most_open``: the maximum number
    of open uploads. All methods raise :class:`DatabaseError`, and those that access files raise
    :class:`StorageError`.
    """

    def __init__(
        self, database: Database, files: KeptFiles, audience: events.Audience, *, hours: float, most_open: int
    ) -> None:
        self._database = database
        self._audience = audience
        self._files = files
        self._storage = files.storage
        self._hours = hours
        self._most_open = most_open

    async def begin(
        self, filename: str, length: int | None = None, note: str = "", *, actor: Actor | str | None = None
    ) -> Upload:
        """Creates an upload of ``length`` bytes; None if the length isn't known before :meth:`complete`.

        ``actor`` becomes its author, and that of its import unless another actor creates the import.
        Raises :class:`TooManyUploads`.
        """
        upload = await self._begin(secrets.token_hex(16), filename, length, note, author_of(actor))
        if length == 0:
            await self._files.write(upload.source, 0, b"")
        return upload

    async def get(self, upload_id: str) -> Upload:
        """Returns the upload. Raises :class:`UploadNotFound`."""
        row = await self._row("get", upload_id)
        if row is None:
            raise not_found(upload_id)
        return upload_of(row)

    async def of_source(self, source: str) -> Upload | None:
        """Returns the upload whose file is at the source, for example one that waits after a dry run."""
        row = await self._row("of_source", source)
        return None if row is None else upload_of(row)

    async def append(
        self,
        upload_id: str,
        offset: int,
        blocks: AsyncIterable[bytes],
        checksum: Checksum | None = None,
        *,
        actor: Actor | str | None = None,
    ) -> Upload:
        """Stores the bytes after the first ``offset`` ones. If ``blocks`` fails, what came before is kept.

        ``actor`` becomes the upload's ``sender``. With a ``checksum``, all bytes are kept or none. Raises
        :class:`UploadNotFound`, :class:`UploadConflict` if the upload isn't at ``offset`` or gets too long,
        :class:`UploadBusy` if another sender is active, and :class:`ChecksumMismatch`.
        """
        pen = uuid.uuid4()
        try:
            upload = await self._take(upload_id, offset, pen, author_of(actor))
            return await self._append(pen, upload, Part(self._files, upload, checksum), blocks)
        finally:
            with suppress(DatabaseError):  # another sender then gets its turn a few seconds later
                await to_the_end(self._execute("release", upload_id, pen))

    async def _append(
        self, pen: uuid.UUID, upload: Upload, part: Part, blocks: AsyncIterable[bytes]
    ) -> Upload:
        storing: asyncio.Task[Upload] | None = None  # stores the previous part while the next one arrives

        async def stored() -> Upload:
            return upload if storing is None else await asyncio.shield(storing)

        try:
            async with aclosing(with_silences(blocks, PART_SECONDS)) as timely:
                async for block in timely:
                    if part.add(block):
                        upload = await stored()
                        if part.age > STALE_SECONDS:  # checks that this sender still has its turn
                            await self._note(pen, upload, upload.received)
                        storing = asyncio.create_task(self._keep(pen, upload, part.store()))
        except (StorageError, DatabaseError, UploadNotFound, UploadBusy):
            raise
        except BaseException:  # the sender's connection broke: the bytes so far are kept
            await to_the_end(self._keep(pen, await to_the_end(stored()), part.store()))
            raise
        upload = await self._keep(pen, await to_the_end(stored()), part.store())
        return await self._note(pen, upload, part.verified())

    async def _keep(self, pen: uuid.UUID, upload: Upload, storing: Coroutine[Any, Any, int]) -> Upload:
        return await self._note(pen, upload, await storing)

    async def receive(
        self, filename: str, blocks: AsyncIterable[bytes], *, actor: Actor | str | None = None
    ) -> Upload:
        """Stores a whole file at once: the result is a complete upload or, if ``blocks`` fails, none.

        Raises :class:`TooManyUploads`.
        """
        upload_id = secrets.token_hex(16)
        try:
            await self._begin(upload_id, filename, None, "", author_of(actor))
            await self.append(upload_id, 0, blocks, actor=actor)
            return upload_of(await self._one("complete", upload_id, self._hours))
        except BaseException:
            with suppress(DatabaseError, StorageError, UploadNotFound):  # if this fails, the upload expires
                await to_the_end(self.remove(upload_id))
            raise

    async def head(self, upload_id: str, size: int) -> tuple[bytes, bool]:
        """Returns the first received bytes, ``size`` at most, and whether they are the whole file."""
        upload = await self.get(upload_id)
        head = await self._storage.head(upload.source, min(size, upload.received)) if upload.received else b""
        return head, upload.complete and len(head) == upload.length

    @asynccontextmanager
    async def local(self, upload_id: str) -> AsyncIterator[Path]:
        """Provides a complete upload's file on this machine for as long as the context lasts.

        Raises :class:`UploadNotFound`, and :class:`UploadIncomplete` if it isn't complete.
        """
        upload = await self.get(upload_id)
        if not upload.complete or upload.length is None:
            raise UploadIncomplete(
                f"Only a part of {shortened(upload.filename)} has arrived. Send the rest first."
            )
        async with self._storage.local(upload.source, upload.length) as path:
            yield path

    async def remove(self, upload_id: str, *, actor: Actor | str | None = None) -> None:
        """Gives the upload up; ``Importer.actions`` names ``actor``. Raises :class:`UploadNotFound`."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(statements("uploads")["give_up"], upload_id)
            if row is None:
                raise not_found(upload_id)
            await record(connection, actor, "upload.removed", f"upload:{upload_id}")
        await self._forget(row["id"], row["source"])

    async def tidy(self) -> None:
        """Removes expired uploads, idempotency keys, and files that killed processes have left. Ends imports
        whose questions nobody has answered for as long as an upload waits.

        To be called from time to time, by any number of processes.
        """
        for row in await self._rows("expired"):
            await self._forget(row["id"], row["source"])
        await ends.expire_questions(self._database, self._audience, self._hours)
        await self._files.discard_expired()
        await self._execute("forget_keys")

    async def _begin(
        self, upload_id: str, filename: str, length: int | None, note: str, author: str | None
    ) -> Upload:
        source = self._storage.new(filename)
        begin = statements("uploads").bound(
            "begin",
            id=upload_id,
            filename=filename,
            source=source,
            length=length,
            note=note,
            hours=self._waiting(0, length),
            most_open=self._most_open,
            author=author,
        )
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*begin)
        if row is None:
            raise TooManyUploads(
                f"{self._most_open:,} uploads are open, and no more may be: not complete, or not imported. "
                f"Import or give up some, or wait until they expire: {self._hours:g} hours after their last "
                f"byte, {EMPTY_MINUTES:g} minutes after they were begun where nothing has come."
            )
        return upload_of(row)

    async def _take(self, upload_id: str, offset: int, pen: uuid.UUID, sender: str | None) -> Upload:
        take = statements("uploads").bound(
            "take", id=upload_id, offset=offset, writer=pen, seconds=STALE_SECONDS, sender=sender
        )
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*take)
        if row is not None:
            return upload_of(row)
        upload = await self.get(upload_id)
        if upload.received != offset:
            raise UploadConflict(
                f"{upload.received:,} bytes of {shortened(upload.filename)} are there, so the next one "
                f"to be sent is number {upload.received:,}, not {offset:,}."
            )
        raise UploadBusy(
            f"{shortened(upload.filename)} is being sent over another connection. Try again in a moment."
        )

    async def _note(self, pen: uuid.UUID, upload: Upload, received: int) -> Upload:
        row = await self._row("record", upload.id, pen, received, self._waiting(received, upload.length))
        if row is not None:
            return upload_of(row)
        try:
            await self.get(upload.id)
        except UploadNotFound:
            await self._storage.remove(upload.source)  # given up meanwhile; our last write created it again
            raise
        raise UploadBusy(f"{shortened(upload.filename)} is now being sent over another connection.")

    def _waiting(self, received: int, length: int | None) -> float:
        """Returns the hours after which an upload with so many received bytes expires."""
        return self._hours if received or length == 0 else min(self._hours, EMPTY_MINUTES / 60)

    async def _forget(self, upload_id: str, source: str) -> None:
        """Removes the file first: if the process is killed in between, an expired upload is left, which is
        tidied up.
        """
        await self._files.discard(source)
        await self._execute("forget", upload_id)

    async def _row(self, statement: str, *arguments: object) -> asyncpg.Record | None:
        async with self._database.connection() as connection:
            return await connection.fetchrow(statements("uploads")[statement], *arguments)

    async def _one(self, statement: str, *arguments: object) -> asyncpg.Record:
        row = await self._row(statement, *arguments)
        assert row is not None, statement
        return row

    async def _rows(self, statement: str) -> list[asyncpg.Record]:
        async with self._database.connection() as connection:
            return await connection.fetch(statements("uploads")[statement])

    async def _execute(self, statement: str, *arguments: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statements("uploads")[statement], *arguments)


def upload_of(row: asyncpg.Record) -> Upload:
    return Upload(**row)


def not_found(upload_id: str) -> UploadNotFound:
    return UploadNotFound(
        f"There is no upload {upload_id}: it was imported or given up, or it has expired. "
        "Send the file again."
    )
