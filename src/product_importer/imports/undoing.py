"""The part of ``Importer.imports`` about undos: imports that are planned from the log of changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from product_importer.errors import ConflictError, UsageError
from product_importer.fields import NAMES
from product_importer.model import ImportOptions, Status, Undo, author_of
from product_importer.ports import ReadSoFar
from product_importer.store.rejected import resubmissions_of
from product_importer.support.known import check_known, check_moment

if TYPE_CHECKING:
    from collections.abc import Collection

    from product_importer.model import Actor, ChangedSince, ImportState, ListedUndo
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
        apply: bool = False,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an undo of an ended import; returns its id. The undo is an import of its own, and a dry
        run: :meth:`start` plans it, or with ``hand_over`` the workers; :meth:`apply` has the plan applied.
        With ``apply``, it is no dry run: its plan is applied as soon as it is made.

        A product that nobody has changed since goes back to what it was before the import. Of one that was
        changed since, the fields that nobody has changed since go back; the others stay, and
        :meth:`warnings` lists them (``changed_since``). Products that the import created are deleted, and
        those that it deleted come back with their ids. ``products`` (ids), ``skus`` and ``fields`` choose a
        part; if fields are chosen, created and deleted products stay as they are.

        An undo can be undone as well. An import that is undone as a whole gets the status ``undone``.
        What resubmissions of the import's rejected rows have changed is theirs, and is undone with them.

        Raises :class:`ImportNotFound`; :class:`ConflictError` if the import hasn't ended (``not_ended``), has
        changed nothing itself (``nothing_changed``) or is undone already (``already_undone``);
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
        await self.check_undoable(import_id)
        undo = Undo(
            of_import=import_id,
            products=None if products is None else tuple(sorted(set(products))),
            skus=None if skus is None else tuple(skus),
            fields=None if fields is None else tuple(name for name in NAMES if name in fields),
        )
        return await self._register(undo, f"Undo of import {import_id}", apply, hand_over, actor)

    async def restore(
        self, to: datetime, *, apply: bool = False, hand_over: bool = False, actor: Actor | str | None = None
    ) -> int:
        """Registers an undo of all changes of products after the moment ``to``, by whomever; returns its id.
        It is planned and applied as :meth:`undo` says, and every product becomes what it was then.

        Raises :class:`UsageError` for a moment in the future or without a time zone, and
        :class:`HistoryGone` if the log doesn't go back so far.
        """
        await self._check_moment(to)
        name = f"Back to {to.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return await self._register(Undo(to=to), name, apply, hand_over, actor)

    async def undo_deletion(
        self,
        deletion_id: int,
        *,
        apply: bool = False,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> int:
        """Registers an undo of a deletion of all products: they come back with their ids. Returns its id. It
        is planned and applied as :meth:`undo` says.

        Raises :class:`DeletionNotFound`, :class:`ConflictError` (``not_ended``), :class:`HistoryGone`.
        """
        undos = self._undos()
        deletion = await undos.deletion(deletion_id)
        if deletion.status is not Status.COMPLETED or deletion.started_at is None:
            raise ConflictError(f"Deletion {deletion_id} has deleted nothing so far.", code="not_ended")
        await undos.check_kept(deletion.started_at)
        name = f"Undo of the deletion of {_products(deletion.deleted)}"
        return await self._register(Undo(of_deletion=deletion_id), name, apply, hand_over, actor)

    async def undo_change(
        self, number: int, *, apply: bool = False, hand_over: bool = False, actor: Actor | str | None = None
    ) -> int:
        """Registers an undo of one change set, by its number: of what somebody has edited, or of products
        that were deleted together, which come back with their ids. Returns its id. It is planned and applied
        as :meth:`undo` says.

        Raises :class:`HistoryGone` if the log has no such change, and :class:`ConflictError`
        (``part_of_more``) if it was made by an import or by the deletion of all products: undo that.
        """
        undos = self._undos()
        if not 0 < number <= _HIGHEST_ID:
            raise UsageError(f"The number of a change lies between 1 and {_HIGHEST_ID}.")
        change = await undos.change(number)
        if change["import_id"] is not None:
            raise ConflictError(
                f"Change {number} is a part of import {change['import_id']}. Undo that, or its products.",
                code="part_of_more",
            )
        if change["cause"] == "deletion":
            raise ConflictError(
                f"Change {number} is a part of the deletion of all products. Undo that.", code="part_of_more"
            )
        what = {"created": "new", "updated": "changed", "deleted": "deleted"}[change["kind"]]
        name = f"Undo of change {number}: {_products(change['products'], what)}"
        return await self._register(Undo(of_change=number), name, apply, hand_over, actor)

    async def changed_since(self, to: datetime, *, limit: int = 20) -> ChangedSince:
        """Returns what has changed since the moment ``to``, and so what :meth:`restore` would take back, with
        the ``limit`` latest imports. Raises what :meth:`restore` does.
        """
        await self._check_moment(to)
        return await self._undos().changed_since(to, limit)

    async def undos(self, import_id: int) -> list[ListedUndo]:
        """Returns the undos of the import, newest first."""
        return await self._undos().of_import(import_id)

    async def undos_of_deletion(self, deletion_id: int) -> list[ListedUndo]:
        """Returns the undos of the deletion of all products, newest first."""
        return await self._undos().of_deletion(deletion_id)

    async def _check_moment(self, to: datetime) -> None:
        check_moment(to)
        if to > datetime.now(UTC):
            raise UsageError("The moment lies in the future, so there is nothing to go back to.")
        await self._undos().check_kept(to)

    async def check_undoable(self, import_id: int) -> None:
        """Raises what :meth:`undo` does if the import can't be undone."""
        state = await self._store.state(import_id)
        undos = self._undos()
        _check_undoable(state)
        await undos.check_kept(state.started_at or state.created_at)
        if await undos.changed_any(import_id):
            return
        others = " and ".join(
            f"import {each.id}" for each in await resubmissions_of(self._database, import_id)
        )
        if not others:
            raise _nothing_changed(import_id)
        raise ConflictError(
            f"Import {import_id} itself has changed no products: its rows were rejected, and imported when "
            f"they were resubmitted. To undo that, undo {others}.",
            code="nothing_changed",
        )

    async def _register(
        self, undo: Undo, name: str, apply: bool, hand_over: bool, actor: Actor | str | None
    ) -> int:
        return await self._undos().create(
            undo, name, ImportOptions(dry_run=not apply), background=hand_over, author=author_of(actor)
        )

    def _undos(self) -> Undos:
        from product_importer.store.undos import Undos  # noqa: PLC0415 - few imports are undone

        return Undos(self._database)


def _products(number: int, kind: str = "") -> str:
    return f"{number:,} {kind} {'product' if number == 1 else 'products'}".replace("  ", " ")


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
        raise _nothing_changed(state.id)


def _nothing_changed(import_id: int) -> ConflictError:
    return ConflictError(
        f"Import {import_id} has changed no products, so there is nothing to undo.", code="nothing_changed"
    )


async def plan_undo(lease: PostgresLease, undo: Undo, watch: Watch, *, dry_run: bool) -> None:
    """Plans the undo of the lease's import. Unless it is a dry run, the plan is to be applied next."""
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
    if dry_run:
        await lease.finish(Status.PLANNED, "")
    else:
        await lease.apply_now()
