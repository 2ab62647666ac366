"""Writes that the holder of an import's lease makes about the import."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Final

import asyncpg
import pyarrow as pa

from product_importer.errors import (
    FileError,
    ImportCancelled,
    LeaseLost,
    LedgerError,
)
from product_importer.model import (
    Counts,
    ImportState,
    Phase,
    Question,
    RowWarning,
    Status,
)
from product_importer.ports import DIGEST_BYTES, Reading, ReadSoFar, Terms
from product_importer.store import events, warnings
from product_importer.store.attribute_names import known_names, note_names
from product_importer.store.changes.log import ChangeLog
from product_importer.store.connect import Database
from product_importer.store.copy import copy_words
from product_importer.store.ends import emit_end
from product_importer.store.fetching import Marks, ToFetch, note_marks, to_fetch
from product_importer.store.import_rows import questions_to_json, read_state
from product_importer.store.plan_lease import PlanLease, writer_session
from product_importer.store.queries import statements
from product_importer.store.resubmitting import left_out, still_rejected
from product_importer.store.totals import totals
from product_importer.store.writer import PostgresChunkWriter
from product_importer.support.records import plain

LEASE_SECONDS: Final = 30.0


class PostgresLease(PlanLease):
    """A :class:`~product_importer.ports.Lease`. Its connection holds the import's lock."""

    def __init__(
        self,
        database: Database,
        connection: asyncpg.Connection,
        import_id: int,
        token: int,
        attempt: int,
        audience: events.Audience,
        of: int | None = None,
    ) -> None:
        self._database = database
        self._connection = connection
        self._import_id = import_id
        self._token = token
        self.attempt = attempt
        self._audience = audience
        self._of = of
        self._turn = asyncio.Lock()  # the ticker and the run share the connection

    @property
    def import_id(self) -> int:
        return self._import_id

    async def heartbeat(self, read: ReadSoFar) -> None:
        self._go_on(await self._own("heartbeat", seconds=LEASE_SECONDS, **asdict(read)))

    async def to_fetch(self) -> ToFetch | None:
        """Returns the file that must still be fetched, or None."""
        async with self._turn:
            return await to_fetch(self._connection, self._import_id)

    async def fetching(self, done: int, total: int | None) -> None:
        """Renews the lease while ``done`` of ``total`` bytes have come. Raises :class:`ImportCancelled`."""
        row = await self._own("fetching", seconds=LEASE_SECONDS, bytes_done=done, bytes_total=total or 0)
        self._go_on(row)

    async def kept_at(self, source: str, filename: str) -> None:
        """Records where the fetched file will be kept, before anything is written there."""
        await self._own("kept_at", source=source, filename=filename)

    async def fetched(self, size: int, marks: Marks | None, encoding: str | None) -> None:
        """Records that the file, of ``size`` bytes, is kept, and that it is read next; a schedule gets its
        marks. An ``encoding`` becomes an option of the import.
        """
        async with self._turn, self._connection.transaction():
            await self._execute_own("fetched", size=size, encoding=encoding)
            if marks is not None:
                await note_marks(self._connection, self._import_id, marks)

    async def withdraw(self) -> None:
        """Deletes the import: its file is the one that its schedule has imported before."""
        async with self._turn, self._connection.transaction():
            await self._connection.execute(statements("imports")["unchanged_run"], self._import_id)
            await self._execute_own("withdraw")

    async def begun_by(self) -> str | None:
        before = await self._begun_with()
        return None if before is None else before["parser"]

    async def _begun_with(self) -> asyncpg.Record | None:
        async with self._turn:
            return await self._connection.fetchrow(statements("imports")["begun_with"], self._import_id)

    async def describe(self, reading: Reading) -> None:
        if (before := await self._begun_with()) is not None:
            _check_reading(before, reading)
        await self._own(
            "describe",
            encoding=reading.read_as.values.get("encoding"),
            delimiter=reading.read_as.values.get("delimiter"),
            header=list(reading.header),
            mapping=json.dumps(dict(reading.mapping)),
            rules=json.dumps(dict(reading.rules)) if reading.rules else None,
            shop=reading.shop,
            parser=reading.parser,
            parser_version=reading.version,
            read_as=json.dumps(plain(reading.read_as)),
        )

    async def attribute_names(self, names: Sequence[str], *, note: bool) -> Mapping[str, str]:
        ask = note_names if note else known_names
        async with self._turn:
            return await ask(self._connection, names)

    async def file_read(self, records: int, sha256: bytes, rows_digest: bytes) -> None:
        row = await self._own("file_read", records=records, sha256=sha256, rows_digest=rows_digest)
        if not row["same_file"]:
            raise FileError(
                "The file is not the one that this import began with. "
                "Restore it to resume, or import the new file as a new import.",
                code="file_changed",
            )
        if not row["same_rows"]:
            raise _read_otherwise("its rows are not those that were read then")

    async def place(self) -> str:
        async with self._turn:
            return str(await self._connection.fetchval(statements("imports")["place"]))

    async def warn(self, counts: Mapping[str, int], rows: Sequence[RowWarning]) -> None:
        async with self._turn, self._connection.transaction():
            await self._execute_own("warn", counts=json.dumps(dict(counts)))
            if rows:
                await self._connection.execute(
                    *statements("imports").bound(
                        "record_warnings", import_id=self._import_id, **warnings.columns_of(rows)
                    )
                )

    async def still_rejected(self, origins: Sequence[int]) -> Sequence[int] | None:
        async with self._turn:
            return await still_rejected(self._connection, self._of, origins)

    async def left_out(self) -> Sequence[int]:
        async with self._turn:
            return await left_out(self._connection, self._import_id)

    async def leave_out(self, records: Sequence[int]) -> None:
        await self._own("leave_out", records=records)

    async def present(self, keys: Sequence[str]) -> list[str]:
        async with self._turn:
            rows = await self._connection.fetch(statements("imports")["present"], keys)
        return [row["sku_key"] for row in rows]

    async def zero_led_lengths(self) -> list[int]:
        async with self._turn:
            rows = await self._connection.fetch(statements("imports")["zero_led_lengths"])
        return [row["length"] for row in rows]

    async def saved(self) -> list[tuple[int, int]]:
        async with self._turn:
            rows = await self._connection.fetch(statements("imports")["saved_ranges"], self._import_id)
        return [(row["first"], row["last"]) for row in rows]

    async def plan_only(self, to_confirm: int) -> None:
        await self._own("plan_only", to_confirm=to_confirm)

    async def phase(self, phase: Phase) -> None:
        await self._own("phase", phase=phase.value)

    async def unchanged(self, keys: Sequence[str], digests: Sequence[bytes]) -> int:
        async with self._turn:
            found = await self._connection.fetchval(
                statements("merge")["unchanged"], keys, b"".join(digests), DIGEST_BYTES
            )
        return int(found)

    async def digests(self, at_most: int, take: Callable[[pa.FixedSizeBinaryArray], object]) -> None:
        async with self._database.dedicated(writer_session(self._import_id)) as connection:
            if (await totals(connection)).products <= at_most:
                query = statements("merge")["digests"]
                await copy_words(connection, query, DIGEST_BYTES, size=DIGEST_BYTES, take=take)

    @asynccontextmanager
    async def writer(self, terms: Terms) -> AsyncIterator[PostgresChunkWriter]:
        began = (await self.state()).created_at
        async with self._database.dedicated(writer_session(self._import_id)) as connection:
            writer = PostgresChunkWriter(
                *(connection, self._import_id, self._token, began, terms, ChangeLog(self._audience)),
                of=self._of,
            )
            await writer.prepare()
            yield writer

    async def release(self) -> None:
        """Gives the lease back, so that another process can continue the import at once."""
        await self._own("release")

    async def wait(self, questions: Sequence[Question]) -> None:
        await self._own("wait", questions=questions_to_json(questions))

    async def finish(self, status: Status, message: str, questions: Sequence[Question] = ()) -> None:
        async with self._turn:
            async with self._connection.transaction():
                await self._execute_own(
                    "finish",
                    status=status.value,
                    message=message,
                    questions=questions_to_json(questions) if questions else None,
                )
                state = await read_state(self._connection, self._import_id)
                if status is Status.COMPLETED and state.applied_at is not None:
                    await self._settle_applied(state)
                if status in (Status.COMPLETED, Status.PLANNED):
                    await self._check_ledger(state.counts)
                await emit_end(self._connection, self._audience, state)
            await self._audience.wake(self._connection, self._database.channel)

    async def state(self) -> ImportState:
        async with self._turn:
            return await read_state(self._connection, self._import_id)

    async def _check_ledger(self, counts: Counts) -> None:
        records = await self._connection.fetchval(statements("imports")["records_total"], self._import_id)
        if counts.read != records or not counts.balanced:
            raise LedgerError(
                f"The counts of import {self._import_id} don't add up: the file has {records:,} records, "
                f"{counts.read:,} are accounted for. What was saved stays; resume the import to go on."
            )

    def _go_on(self, row: asyncpg.Record) -> None:
        if row["cancelled"]:
            raise ImportCancelled(f"Import {self._import_id} was cancelled.")

    async def _own(self, statement: str, *, file: str = "imports", **values: object) -> asyncpg.Record:
        async with self._turn:
            return await self._execute_own(statement, file=file, **values)

    async def _execute_own(
        self, statement: str, *, file: str = "imports", **values: object
    ) -> asyncpg.Record:
        row = await self._connection.fetchrow(
            *statements(file).bound(statement, import_id=self._import_id, token=self._token, **values)
        )
        if row is None:
            raise LeaseLost(f"Import {self._import_id} has been taken over by another process.")
        return row


_FIRST_VERSION: Final = "1"
"""The version of a parser that states none, as the built-in one did once."""


def _check_reading(before: asyncpg.Record, now: Reading) -> None:
    """Compares the parser with the one that read the import's saved rows, if that one is known.

    The rest of a reading may change until the end of the file; the digest of its rows shows whether it did.
    """
    if before["parser"] is None:  # begun by a version that didn't record the parser
        return
    for what, then, this in (
        ("the parser", before["parser"], now.parser),
        (
            f"the version of the parser {now.parser!r}",
            before["parser_version"] or _FIRST_VERSION,
            now.version or _FIRST_VERSION,
        ),
    ):
        if then != this:
            raise _read_otherwise(f"{what} was {then!r} and is {this!r} now")


def _read_otherwise(reason: str) -> FileError:
    return FileError(
        f"The file is read in another way than when this import began: {reason}. What was saved stays. "
        "Import the file as a new import: rows that are there already are left as they are.",
        code="reading_changed",
    )
