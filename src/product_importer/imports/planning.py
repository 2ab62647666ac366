"""The part of ``Importer.imports`` about plans: what imports would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_importer.errors import ConflictError, NotConfirmed
from product_importer.model import CHANGE_SORTS, PAGE_CHANGES, Status
from product_importer.support.known import check_known, known_changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from product_importer.model import (
        Actor,
        ChangeKind,
        ChangePage,
        ChangeSort,
        ChangeSummary,
        ImportState,
        ListedChange,
        Notable,
    )
    from product_importer.store import imports as store
    from product_importer.store.connect import Database
    from product_importer.store.plans import Plans


class Planning:
    """Shows what a dry run, or an import with a number to confirm, has found out that it would change."""

    _database: Database
    _store: store.Imports

    async def plan(
        self,
        import_id: int,
        *,
        kind: ChangeKind | None = None,
        field: str | None = None,
        sku: str | None = None,
        notable: Notable | None = None,
        sort: ChangeSort = "line",
        after: int = 0,
        limit: int = PAGE_CHANGES,
    ) -> ChangePage:
        """Returns a page of the changes that a planned import would make: ``limit`` of those that match,
        after the first ``after`` of them. A plan doesn't change, so neither do the places in it.

        ``field``: only products that stay and in which this field changes; ``sku``: only SKUs that contain
        this text, in any case. ``sort``: ``sku`` compares SKUs as the catalogue does, in any case;
        ``-size`` puts first what stands out, and the largest moves of prices first of all.

        Raises :class:`ImportNotFound`, :class:`UsageError` for an unknown kind, field, sort or notable, and
        :class:`ConflictError` (``no_plan``) if the import has no plan.
        """
        wanted = known_changes(kind, field, sku, notable)
        check_known("order of changes", sort, CHANGE_SORTS)
        await self._check_planned(import_id)
        return await self._plans().page(import_id, wanted, sort, after, limit)

    async def plan_summary(self, import_id: int) -> ChangeSummary:
        """Returns the numbers of the changes that a planned import would make.

        Raises :class:`ImportNotFound`, and :class:`ConflictError` (``no_plan``) if the import has no plan.
        """
        await self._check_planned(import_id)
        return await self._plans().summary(import_id)

    async def plan_changes(
        self,
        import_id: int,
        *,
        kind: ChangeKind | None = None,
        field: str | None = None,
        sku: str | None = None,
        notable: Notable | None = None,
    ) -> AsyncIterator[ListedChange]:
        """Yields all changes of a plan that match, in the file's order. Raises as :meth:`plan` does."""
        wanted = known_changes(kind, field, sku, notable)
        await self._check_planned(import_id)
        async for change in self._plans().all(import_id, wanted):
            yield change

    async def apply(
        self,
        import_id: int,
        *,
        atomic: bool = False,
        confirm_missing: int | None = None,
        hand_over: bool = False,
        actor: Actor | str | None = None,
    ) -> None:
        """Has a plan applied: exactly the changes that it lists are made, by :meth:`start` or, with
        ``hand_over``, by the workers. ``Importer.actions`` names ``actor``; the import's author stays.

        ``atomic``: in one transaction, so that all changes are made or none. ``confirm_missing``: the number
        of products that the file lacks, if it has to be confirmed. If products were changed since the plan
        was made, nothing is applied: the import is planned as before, and its message names the products.

        Raises :class:`ImportNotFound`, :class:`NotConfirmed`, and :class:`ConflictError`: ``not_planned`` if
        the import isn't planned, ``no_plan`` if it was planned by an earlier version of the program.
        """
        state = await self._check_planned(import_id, "not_planned")
        if state.to_confirm is not None and confirm_missing != state.to_confirm:
            raise NotConfirmed(
                f"The file lacks {state.to_confirm:,} products, which would be deactivated or deleted. "
                "Confirm this number to apply the plan.",
                products=state.to_confirm,
            )
        confirmed = None if state.to_confirm is None else confirm_missing
        plans = self._plans()
        if not await plans.apply(
            import_id, whole=atomic, background=hand_over, confirmed=confirmed, actor=actor
        ):
            raise _no_plan(import_id, "not_planned")

    async def _check_planned(self, import_id: int, code: str = "no_plan") -> ImportState:
        state = await self._store.state(import_id)
        if state.status is not Status.PLANNED:
            raise _no_plan(import_id, code)
        counts = state.counts
        changes = counts.created + counts.updated + counts.deleted + counts.deactivated + counts.removed
        if await self._plans().size(import_id) != changes:  # a dry run of an earlier version has counts only
            raise _no_plan(import_id, "no_plan")
        return state

    def _plans(self) -> Plans:
        from product_importer.store.plans import Plans  # noqa: PLC0415 - few imports are planned

        return Plans(self._database)


def _no_plan(import_id: int, code: str) -> ConflictError:
    if code == "not_planned":
        return ConflictError(
            f"Import {import_id} isn't planned, so there is nothing to apply. Only a dry run that has ended "
            "can be applied, and only once.",
            code=code,
        )
    return ConflictError(
        f"Import {import_id} has no plan. Only a dry run that has ended, and that wasn't applied, says "
        "product by product what it would change.",
        code=code,
    )
