"""Rejected rows are corrected and resubmitted: a part of ``Importer.imports``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from product_importer.errors import ConflictError, UsageError
from product_importer.imports.checks import checked_options
from product_importer.imports.corrected_rows import (
    csv_of,
    each_of,
    options_like,
    own_columns,
    resubmitted,
    with_corrections,
)
from product_importer.model import (
    RejectedRow,
    RowError,
    Status,
    author_of,
)
from product_importer.model.resubmissions import (
    NOT_REJECTED,
    NOT_REJECTED_MESSAGE,
    CheckedRow,
    CorrectedRow,
)
from product_importer.store import rejected as stored
from product_importer.store.taking_over import take_over

if TYPE_CHECKING:
    from product_importer.imports.running import Runner
    from product_importer.model import Actor, ImportState
    from product_importer.model.resubmissions import Correction, Fault, Resubmission
    from product_importer.pipeline.correcting import Correcting
    from product_importer.registry import PluginSet
    from product_importer.settings import Settings
    from product_importer.store.connect import Database
    from product_importer.store.imports import Imports
    from product_importer.store.uploads import Uploads

# The modules that write and check files are loaded where rows are corrected: few imports need them.


class Resubmitting:
    """Shows rejected rows by fault, checks corrected ones, and imports them under their first import.

    A resubmission is an import of its own. Each row that it doesn't reject again leaves the rejected rows of
    the first import, in whose ledger it counts from then on for what became of it.
    """

    _database: Database
    _plugins: PluginSet
    _runner: Runner
    _settings: Settings
    _store: Imports
    _uploads: Uploads

    async def faults(self, import_id: int) -> list[Fault]:
        """Returns the rejected rows of the import in groups of the same first error, the largest first.

        Raises :class:`ImportNotFound`.
        """
        await self._store.state(import_id)
        return await stored.faults_of(self._database, import_id)

    async def rejected(
        self,
        import_id: int,
        *,
        code: str | None = None,
        column: str | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[RejectedRow]:
        """Returns at most ``limit`` rejected rows after the record ``after``, in the file's order.

        ``code`` and ``column``: only those whose first error is this one. Raises :class:`ImportNotFound`.
        """
        await self._store.state(import_id)
        return await stored.rejected_page(
            self._database, import_id, code=code, column=column, after=after, limit=limit
        )

    async def resubmissions(self, import_id: int) -> list[Resubmission]:
        """Returns the imports that resubmit rows of this one, newest first."""
        return await stored.resubmissions_of(self._database, import_id)

    def own_columns(self, state: ImportState) -> tuple[str, ...]:
        """Returns the columns of the import's file; a corrected row has a cell for each."""
        return own_columns(state)

    def check_resubmittable(self, state: ImportState) -> None:
        """Raises :class:`ConflictError` unless the import's rejected rows can be resubmitted."""
        if state.kind == "resubmission":
            raise ConflictError(
                f"Import {state.id} resubmits rows of import {state.of}, where its rejected rows are listed "
                f"with their latest cells. Correct and resubmit the rows of import {state.of}.",
                code="is_resubmission",
            )
        if state.status is not Status.COMPLETED:
            raise ConflictError(
                f"Import {state.id} is {state.status.value}. Only rejected rows of a completed import can be "
                "resubmitted; of any other import, correct the file and import it.",
                code="not_completed",
            )

    async def check(
        self, import_id: int, rows: Sequence[CorrectedRow], correction: Correction | None = None
    ) -> list[CheckedRow]:
        """Returns, in the given order, what an import would say about corrected rows, each once. They are
        read like the import's file and checked in the same way; only duplicates aren't looked for.

        ``correction`` is applied to the rows first, whatever their faults. Raises :class:`ImportNotFound`,
        :class:`ConflictError` as :meth:`resubmit` does, :class:`UsageError` for rows that don't fit the
        file's columns, and :class:`PluginError`.
        """
        state = await self._resubmittable(import_id)
        given = list(self._fitting(state, rows).values())
        if correction is not None:
            given = self._correcting(state, correction).apply(given)
        found = await stored.rejected_at(self._database, import_id, [row.record for row in given])
        known = {row.record: row for row in found}
        kept = [row for row in given if row.record in known]
        errors = await self._errors_of(state, [resubmitted(state, known[row.record], row) for row in kept])
        gone = (RowError(NOT_REJECTED, NOT_REJECTED_MESSAGE),)
        of = dict(zip((row.record for row in kept), errors, strict=True))
        return [CheckedRow(row.record, row.cells, of.get(row.record, gone)) for row in given]

    async def resubmit(
        self,
        import_id: int,
        rows: Sequence[CorrectedRow] = (),
        *,
        corrections: Sequence[Correction] = (),
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import of corrected rows, to be run by :meth:`start` or, with ``hand_over``, by the
        workers. Returns its id.

        ``rows`` are rows with their new cells; ``corrections`` change all other rows with their faults.
        Raises :class:`ImportNotFound`, :class:`UsageError` for rows that don't fit the file's columns,
        :class:`ConflictError` if a row isn't rejected any more, or if the import isn't completed or is itself
        a resubmission, and the errors of :meth:`Uploads.receive`.
        """
        state = await self._resubmittable(import_id)
        given = self._fitting(state, rows)
        if not given and not corrections:
            raise UsageError("There are no corrected rows to resubmit.")
        found = await stored.rejected_at(self._database, import_id, list(given))
        if gone := sorted(given.keys() - {row.record for row in found}):
            raise ConflictError(
                f"Of the rows to resubmit, {len(gone):,} of {len(given):,} are not rejected any more, the "
                f"first of them record {gone[0]:,}: another resubmission has imported them. List the "
                "rejected rows again, and resubmit those that remain.",
                code=NOT_REJECTED,
            )
        rules = [(each, self._correcting(state, each)) for each in corrections]
        if corrections:
            written = with_corrections(self._database, state, given, rules)
        else:
            written = each_of([resubmitted(state, row, given[row.record]) for row in found])
        name = f"{re.sub(r'[.][^.]*$', '', state.filename)} corrected.csv"
        upload = await self._uploads.receive(name, csv_of(state, written), actor=actor)
        return await self._take(state, upload.id, hand_over, actor)

    async def resubmit_upload(
        self,
        import_id: int,
        upload_id: str,
        *,
        encoding: str | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an import of an uploaded file of the import's rejected rows, as
        :meth:`rejects_file` gives it, with corrected cells. Returns its id.

        ``encoding``: that of a text file, if it is known. Rows that aren't rejected any more are left out.
        Raises as :meth:`resubmit` does, :class:`UploadNotFound`, and :class:`UploadIncomplete`.
        """
        return await self._take(await self._resubmittable(import_id), upload_id, hand_over, actor, encoding)

    async def _take(
        self,
        state: ImportState,
        upload_id: str,
        hand_over: bool,
        actor: Actor | str | None,
        encoding: str | None = None,
    ) -> int:
        options = replace(options_like(state), encoding=encoding, parser=self._settings.parser)
        import_id, _ = await take_over(
            *(self._database, upload_id, checked_options(options, self._plugins)),
            hours=self._settings.upload_hours,
            once=None,
            background=hand_over,
            author=author_of(actor),
            of=state.id,
        )
        return import_id

    async def _resubmittable(self, import_id: int) -> ImportState:
        state = await self._store.state(import_id)
        self.check_resubmittable(state)
        return state

    def _fitting(self, state: ImportState, rows: Sequence[CorrectedRow]) -> Mapping[int, CorrectedRow]:
        """Returns the rows by their records, with a cell for each column. Raises :class:`UsageError`."""
        width = len(own_columns(state))
        fitting: dict[int, CorrectedRow] = {}
        for row in rows:
            if len(row.cells) > width:
                raise UsageError(
                    f"The row of record {row.record:,} has {len(row.cells):,} cells, but the file has "
                    f"{width:,} columns. Give each row at most as many cells as there are columns."
                )
            if row.record in fitting:
                raise UsageError(f"The row of record {row.record:,} is given twice. Give each row once.")
            fitting[row.record] = replace(row, cells=row.cells + ("",) * (width - len(row.cells)))
        return fitting

    def _correcting(self, state: ImportState, correction: Correction) -> Correcting:
        from product_importer.pipeline.correcting import Correcting  # noqa: PLC0415

        return Correcting(correction, own_columns(state), self._plugins)

    async def _errors_of(self, state: ImportState, rows: Sequence[RejectedRow]) -> list[tuple[RowError, ...]]:
        """Checks the rows, and returns the errors of each."""
        from product_importer.pipeline.checking import checks_of  # noqa: PLC0415
        from product_importer.ports import InputFile  # noqa: PLC0415
        from product_importer.support.temporary import temporary_folder  # noqa: PLC0415

        content = b"".join([page async for page in csv_of(state, each_of(rows))])
        with temporary_folder() as folder:
            path = folder / "rows.csv"
            await asyncio.to_thread(path.write_bytes, content)
            checks = await checks_of(
                *(self._plugins, InputFile(path, path.name, len(content)), options_like(state)),
                seconds=self._settings.plugin_timeout,
                origin_of=partial(self._runner.corrected, state.id),
            )
        present = await stored.present_of(self._database, list(checks.nameless.values()))
        errors = dict(checks.errors)
        errors |= {
            record: checks.nameless_errors for record, key in checks.nameless.items() if key not in present
        }
        return [errors.get(record, ()) for record in range(1, len(rows) + 1)]
