"""The part of ``Importer.imports`` about undos: imports that are planned from the log of changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from product_importer.errors import ConflictError, UsageError
from product_importer.fields import NAMES
from product_importer.imports.checks import check_known
from product_importer.model import ImportOptions, Status, Undo, author_of
from product_importer.ports import ReadSoFar

if TYPE_CHECKING:
    from collections.abc import Collection

    from product_importer.model import Actor, ImportState
    from product_importer.pipeline.watch import Watch
    from product_importer.store import imports as store
    from product_importer.store.connect import Database
    from product_importer.store.leases import PostgresLease
    from product_importer.store.undos import Undos


_HIGHEST_ID: Final = (1 << 63) - 1


class Undoing:
    """Registers undos."""

    _database: Database
    _store: store.Imports

    async def undo(
        self,
        import_id: int,
        *,
        products: Collection[int] | None = None,
        skus: Collection[str] | None = None,
        fields: Collection[str] | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an undo of an ended import; returns its id. The undo is an import of its own, and a dry
        run: :meth:`start` plans it, or with ``hand_over`` the workers; :meth:`apply` has the plan applied.

        A product that nobody has changed since goes back to what it was before the import. Of one that was
        changed since, the fields that nobody has changed since go back; the others stay, and
        :meth:`warnings` lists them (``changed_since``). Products that the import created are deleted, and
        those that it deleted come back with their ids. ``products`` (ids), ``skus`` and ``fields`` choose a
        part; if fields are chosen, created and deleted products stay as they are.

        An undo can be undone as well. An import that is undone as a whole gets the status ``undone``.
        Raises :class:`ImportNotFound`; :class:`ConflictError` if the import hasn't ended (``not_ended``), has
        changed nothing (``nothing_changed``) or is undone already (``already_undone``);
        :class:`HistoryGone` if the log doesn't go back so far; :class:`UsageError` for an unknown field.
        """
        for name in fields or ():
            check_known("field", name, NAMES)
        for name, chosen in (("products", products), ("SKUs", skus), ("fields", fields)):
            if chosen is not None and not chosen:
                raise UsageError(f"No {name} are chosen, so there is nothing to undo.")
        if any(not 0 < product <= _HIGHEST_ID for product in products or ()):
            raise UsageError(f"The id of a product lies between 1 and {_HIGHEST_ID}.")
        if any("\0" in sku for sku in skus or ()):
            raise UsageError("A SKU can't contain the character NUL.")
        state = await self._store.state(import_id)
        _check_undoable(state)
        undos = self._undos()
        await undos.check_kept(state.started_at or state.created_at)
        undo = Undo(
            of_import=import_id,
            products=None if products is None else tuple(sorted(set(products))),
            skus=None if skus is None else tuple(skus),
            fields=None if fields is None else tuple(name for name in NAMES if name in fields),
        )
        return await undos.create(
            undo,
            f"Undo of import {import_id}",
            ImportOptions(dry_run=True),
            background=hand_over,
            author=author_of(actor),
        )

    async def restore(
        self, to: datetime, *, hand_over: bool = False, actor: Actor | str | None = None
    ) -> int:
        """Registers an undo of all changes of products after the moment ``to``, by whomever; returns its id.
        It is planned and applied as :meth:`undo` says, and every product becomes what it was then.

        Raises :class:`UsageError` for a moment in the future or without a time zone, and
        :class:`HistoryGone` if the log doesn't go back so far.
        """
        if to.tzinfo is None:
            raise UsageError("A moment needs a time zone, such as the Z in 2026-03-01T12:00:00Z.")
        if to > datetime.now(UTC):
            raise UsageError("The moment lies in the future, so there is nothing to go back to.")
        undos = self._undos()
        await undos.check_kept(to)
        return await undos.create(
            Undo(to=to),
            f"Back to {to.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            ImportOptions(dry_run=True),
            background=hand_over,
            author=author_of(actor),
        )

    async def undo_deletion(
        self, deletion_id: int, *, hand_over: bool = False, actor: Actor | str | None = None
    ) -> int:
        """Registers an undo of a deletion of all products: they come back with their ids. Returns its id.

        Raises :class:`DeletionNotFound`, :class:`ConflictError` (``not_ended``), :class:`HistoryGone`.
        """
        undos = self._undos()
        deletion = await undos.deletion(deletion_id)
        if deletion.status is not Status.COMPLETED or deletion.started_at is None:
            raise ConflictError(f"Deletion {deletion_id} has deleted nothing so far.", code="not_ended")
        await undos.check_kept(deletion.started_at)
        return await undos.create(
            Undo(of_deletion=deletion_id),
            f"Undo of the deletion of {deletion.deleted:,} products",
            ImportOptions(dry_run=True),
            background=hand_over,
            author=author_of(actor),
        )

    def _undos(self) -> Undos:
        from product_importer.store.undos import Undos  # noqa: PLC0415 - few imports are undone

        return Undos(self._database)


def _check_undoable(state: ImportState) -> None:
    counts = state.counts
    if not state.ended:
        raise ConflictError(
            f"Import {state.id} hasn't ended yet. Cancel it, or wait for its end, and undo it then.",
            code="not_ended",
        )
    if state.status is Status.UNDONE:
        raise ConflictError(f"Import {state.id} is undone already.", code="already_undone")
    changed = counts.created + counts.updated + counts.deleted + counts.deactivated + counts.removed
    if state.status is Status.PLANNED or not changed:
        raise ConflictError(
            f"Import {state.id} has changed no products, so there is nothing to undo.", code="nothing_changed"
        )


async def plan_undo(lease: PostgresLease, undo: Undo, watch: Watch) -> None:
    """Plans the undo of the lease's import, and records its status."""
    async with watch.watching(), lease.undo_planner(undo) as (planner, writer):
        await writer.size(planner.records)
        storing = asyncio.create_task(asyncio.sleep(0))
        try:
            async for part in planner.parts():
                await storing
                watch.raise_if_stopped()
                watch.note(ReadSoFar(rows=writer.records))
                storing = asyncio.create_task(writer.keep(part))
            await storing
        finally:
            storing.cancel()
        await writer.size(writer.records)
    await lease.finish(Status.PLANNED, "")
