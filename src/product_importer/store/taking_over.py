"""Turns an upload or a URL into an import, in one transaction and once for each idempotency key."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

import asyncpg

from product_importer.cells.shortening import shortened
from product_importer.errors import IdempotencyConflict, UploadIncomplete
from product_importer.model import ImportOptions, ImportState, Once, Upload
from product_importer.store.actions import record_begun
from product_importer.store.connect import Database
from product_importer.store.import_rows import options_to_json
from product_importer.store.queries import statements
from product_importer.store.uploads import not_found, upload_of


async def take_over(
    database: Database,
    upload_id: str,
    options: ImportOptions,
    *,
    hours: float,
    once: Once | None,
    background: bool,
    author: str | None,
    of: int | None = None,
) -> tuple[int, bool]:
    """Creates a queued import of the uploaded file; returns its id, and whether this call created it.

    The import takes the file over. After a dry run the upload stays, and waits ``hours`` for another import.
    ``of``: the import whose corrected rows the file holds. With ``background``, workers run the import.
    Without ``author``, its author is that of the upload. With ``once``, the import of an earlier call with
    the same key is returned. Raises :class:`UploadNotFound`, :class:`UploadIncomplete`,
    :class:`IdempotencyConflict`.
    """
    sql = statements("uploads")
    async with database.connection() as connection, connection.transaction():
        if once is not None and (done := await _done(connection, once)):
            return done, False
        row = await connection.fetchrow(sql["lock_upload"], upload_id)
        if row is None:
            raise not_found(upload_id)
        upload = upload_of(row)
        if not upload.complete:
            raise UploadIncomplete(
                f"Of {shortened(upload.filename)}, {upload.received:,} bytes have arrived; "
                "send the rest first."
            )
        import_id = await connection.fetchval(
            *sql.bound(
                "create_import",
                source=upload.source,
                filename=upload.filename,
                options=options_to_json(options),
                bytes_total=upload.length,
                background=background,
                author=upload.author if author is None else author,
                of_import=of,
            )
        )
        await record_begun(connection, upload.author if author is None else author, import_id)
        if options.dry_run:
            await connection.execute(sql["keep"], upload_id, hours)
        else:
            await connection.execute(sql["forget"], upload_id)
        if once is not None:
            await connection.execute(sql["note_once"], once.key, once.fingerprint, import_id)
        return int(import_id), True


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file that is to be fetched from ``url``, and to be kept at ``source``. ``origin`` is the URL without
    secrets.
    """

    url: str
    origin: str
    filename: str
    source: str


async def register(
    database: Database,
    place: FilePlace,
    options: ImportOptions,
    *,
    once: Once | None,
    background: bool,
    author: str | None,
) -> tuple[int, bool]:
    """Creates a queued import of a file that is to be fetched; see :func:`take_over`."""
    async with database.connection() as connection, connection.transaction():
        if once is not None and (done := await _done(connection, once)):
            return done, False
        import_id = await insert(connection, place, options, background=background, author=author)
        if once is not None:
            await connection.execute(
                statements("uploads")["note_once"], once.key, once.fingerprint, import_id
            )
        return import_id, True


async def repeat(
    database: Database,
    state: ImportState,
    options: ImportOptions,
    *,
    once: Once | None,
    background: bool,
    author: str | None,
) -> tuple[int, bool] | None:
    """Creates a queued import of the kept file of another import; see :func:`take_over`. Returns None if the
    file isn't kept any more.
    """
    sql = statements("uploads")
    create = sql.bound(
        "repeat_import",
        import_id=state.id,
        options=options_to_json(options),
        background=background,
        author=author,
    )
    async with database.connection() as connection, connection.transaction():
        if once is not None and (done := await _done(connection, once)):
            return done, False
        await connection.execute(sql["lock_file"], state.source)
        import_id = await connection.fetchval(*create)
        if import_id is None:
            return None
        await record_begun(connection, author, import_id)
        if once is not None:
            await connection.execute(sql["note_once"], once.key, once.fingerprint, import_id)
        return int(import_id), True


async def upload_again(
    database: Database, state: ImportState, *, hours: float, author: str | None
) -> Upload | None:
    """Returns the upload of an import's kept file, which waits ``hours`` from now: the one that is still
    there, or a new one. Returns None if the file isn't kept any more.
    """
    sql = statements("uploads")
    create = sql.bound(
        "upload_again", id=secrets.token_hex(16), import_id=state.id, hours=hours, author=author
    )
    async with database.connection() as connection, connection.transaction():
        await connection.execute(sql["lock_file"], state.source)
        row = await connection.fetchrow(sql["of_source"], state.source)
        if row is not None:
            await connection.execute(sql["keep"], row["id"], hours)
        row = row or await connection.fetchrow(*create)
        return None if row is None else upload_of(row)


async def insert(
    connection: asyncpg.Connection,
    place: FilePlace,
    options: ImportOptions,
    *,
    background: bool,
    author: str | None,
) -> int:
    """Creates a queued import of a file that is to be fetched, in this transaction; returns its id."""
    create = statements("imports").bound(
        "create_of_url",
        **asdict(place),
        options=options_to_json(options),
        background=background,
        author=author,
    )
    import_id = int(await connection.fetchval(*create))
    await record_begun(connection, author, import_id)
    return import_id


async def _done(connection: asyncpg.Connection, once: Once) -> int | None:
    """Returns the import that was created with this key in the last 24 hours."""
    sql = statements("uploads")
    await connection.execute(sql["lock_key"], once.key)
    row = await connection.fetchrow(sql["done_once"], once.key)
    if row is None:
        return None
    if row["fingerprint"] != once.fingerprint:
        raise IdempotencyConflict(
            f"The idempotency key {once.key!r} was used for another request, which made import "
            f"{row['import_id']}. Use a new key for a new request."
        )
    return int(row["import_id"])
