"""Saves chunks: merge, events, rejected rows, counters and checkpoint in one transaction each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import asyncpg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.model import LEFT_OUT, VALUE_CHARS, Counts, Missing, Phase
from product_importer.ports import Chunk, MissingProducts, Terms
from product_importer.store.copy import copy_batch
from product_importer.store.fenced import FencedWriter
from product_importer.store.merging import Merger
from product_importer.store.missing import LackingProducts
from product_importer.store.queries import statements
from product_importer.store.resubmitting import settle

if TYPE_CHECKING:
    from product_importer.store.changes.log import ChangeLog
    from product_importer.store.changes.sets import Author
    from product_importer.store.planning import Planner

LISTED: Final = 1_000
"""Maximum number of rows of each code that are listed because their mode leaves them out. Writers that work
at the same time don't see each other's rows, so a few more are possible.
"""

LEFT_OUT_AFTER: Final = 1_000_000
"""The number after which the warnings of rows that were left out are numbered, by their records. Those of the
first pass have lower numbers.
"""

_NONE: Final[Mapping[str, int]] = MappingProxyType({})

COUNT_NAMES: Final = tuple(field.name for field in fields(Counts))
"""The counters, in the order of :class:`Counts` and of the columns of import_chunks."""


class PostgresChunkWriter(FencedWriter):
    """A :class:`~product_importer.ports.ChunkWriter` on its own connection, set up by :meth:`prepare`.

    ``of``: the import whose rejected rows the file resubmits.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        import_id: int,
        lease_token: int,
        began: datetime,
        terms: Terms,
        log: ChangeLog,
        of: int | None = None,
    ) -> None:
        super().__init__(connection, import_id, lease_token)
        self._began = began
        self._lacking = LackingProducts(connection, import_id, began)
        self._terms = terms
        self._log = log
        merger = (connection, import_id, terms, log, self._author)
        self._planner = _planner(*merger) if terms.dry_run else None
        self._merger = self._planner or Merger(*merger)
        self._of = of

    async def prepare(self) -> None:
        await self._merger.prepare()

    def _try_again_at_once(self) -> bool:
        return self._merger.stop_expecting()

    async def save(self, chunk: Chunk) -> None:
        async def body() -> None:
            done = await self._merger.merge(chunk.rows, self._transaction)
            await self._copy_rejects(chunk.rejects)
            for rows in done.nameless:
                errors = pa.repeat(self._terms.nameless, rows.num_rows)
                await self._copy_rejects(rows.append_column("errors", errors))
            for code, parts in done.left_out.items():
                await self._list_left_out(code, pa.concat_batches(parts))
            counts = Counts(
                read=chunk.read,
                created=done.created,
                updated=done.updated,
                unchanged=done.unchanged + chunk.unchanged,
                deleted=done.deleted,
                duplicate=chunk.duplicate,
                invalid=chunk.rejects.num_rows + _number(done.nameless),
                skipped=chunk.skipped + sum(map(_number, done.left_out.values())),
            )
            left_out = {code: _number(parts) for code, parts in done.left_out.items()}
            await self._record(Phase.SAVING, chunk.first, chunk.last, counts, left_out)
            if self._planner is not None:
                await self._planner.keep(Phase.SAVING, chunk.first)
            if self._of is not None:
                await settle(self._connection, self._import_id, self._of, chunk, counts)

        await self._transact(body)

    async def save_rejects(self, chunk: Chunk) -> None:
        async def body() -> None:
            await self._copy_rejects(chunk.rejects)
            counts = Counts(read=chunk.rejects.num_rows, invalid=chunk.rejects.num_rows)
            await self._record(Phase.READING, chunk.first, chunk.last, counts)

        if chunk.rejects.num_rows:
            await self._transact(body)

    async def count_missing(self, keys: AsyncIterator[pa.StringArray]) -> MissingProducts:
        await self._lacking.take(keys)
        return await self._lacking.count()

    async def end_missing(self, keys: AsyncIterator[pa.StringArray], way: Missing) -> None:
        await self._lacking.take(keys)
        after = await self._lacking.done_up_to()
        while (last := await self._end_block(after, way)) is not None:
            after = last

    async def _end_block(self, after: int, way: Missing) -> int | None:
        """Ends a block after the id ``after``; returns the block's last id, or None if it is empty."""
        last: int | None = None

        async def body() -> None:
            nonlocal last
            if self._planner is not None:
                last, number = await self._planner.end_block(after, way, self._began)
            else:
                last, ended = await self._lacking.end_block(after, way)
                await self._log.write(self._connection, self._author, ended)
                number = len(ended)
            if last is None:
                return
            counts = Counts(removed=number) if way == "delete" else Counts(deactivated=number)
            await self._record(Phase.DEACTIVATING, after + 1, last, counts)
            if self._planner is not None:
                await self._planner.keep(Phase.DEACTIVATING, after + 1)

        await self._transact(body)
        return last

    async def _copy_rejects(self, rejects: pa.RecordBatch) -> None:
        if rejects.num_rows:
            ids = pa.array(np.full(rejects.num_rows, self._import_id))
            rows = rejects.select(["record", "line", "cells", "errors"]).add_column(0, "import_id", ids)
            await copy_batch(self._connection, "import_rejects", rows, json=("errors",))

    async def _list_left_out(self, code: str, rows: pa.RecordBatch) -> None:
        """Notes rows that their mode leaves out as warnings, as long as not enough of them are listed."""
        rows = rows.take(pc.sort_indices(rows.column("record"))).slice(0, LISTED)
        await self._connection.execute(
            *statements("imports").bound(
                "list_left_out",
                import_id=self._import_id,
                after=LEFT_OUT_AFTER,
                most=LISTED,
                code=code,
                message=LEFT_OUT[code],
                header=self._terms.sku_column,
                lines=rows.column("line").to_pylist(),
                records=rows.column("record").to_pylist(),
                values=[sku[:VALUE_CHARS] for sku in rows.column("sku").to_pylist()],
            )
        )

    async def _record(
        self, phase: Phase, first: int, last: int, counts: Counts, left_out: Mapping[str, int] = _NONE
    ) -> None:
        await self._connection.execute(
            *statements("imports").bound(
                "record_chunk",
                import_id=self._import_id,
                token=self._lease_token,
                phase=phase.value,
                first=first,
                last=last,
                planned=self._terms.dry_run and phase is not Phase.READING,
                **{name: getattr(counts, name) for name in COUNT_NAMES},
                **{code: left_out.get(code, 0) for code in LEFT_OUT},
            )
        )


def _planner(
    connection: asyncpg.Connection, import_id: int, terms: Terms, log: ChangeLog, author: Author
) -> Planner:
    from product_importer.store.planning import Planner  # noqa: PLC0415 - most imports aren't planned

    return Planner(connection, import_id, terms, log, author)


def _number(parts: Sequence[pa.RecordBatch]) -> int:
    return sum(part.num_rows for part in parts)
