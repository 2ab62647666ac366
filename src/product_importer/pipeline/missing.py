"""What becomes of the products that a file lacks; if they are many, their number has to be confirmed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from product_importer.errors import FileError
from product_importer.model import Phase

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator

    import pyarrow as pa

    from product_importer.model import ImportOptions
    from product_importer.pipeline.saving import ChunkMaker
    from product_importer.pipeline.side_thread import SideThread
    from product_importer.pipeline.spool import Spool
    from product_importer.pipeline.watch import Watch
    from product_importer.ports import Lease, MissingProducts, Terms


class LackingProducts:
    """The products that one file lacks. ``share``: the percentage of products that may be deactivated or
    deleted without a confirmation.
    """

    def __init__(
        self,
        lease: Lease,
        watch: Watch,
        maker: ChunkMaker,
        thread: SideThread,
        spool: Spool,
        options: ImportOptions,
        *,
        share: float,
    ) -> None:
        self._lease = lease
        self._watch = watch
        self._maker = maker
        self._thread = thread
        self._spool = spool
        self._options = options
        self._share = share

    async def question(self, terms: Terms) -> str:
        """Returns what has to be confirmed, as a sentence; then the import may only plan. Otherwise it is
        empty.

        It is decided before the first row is saved, and doesn't change afterwards.
        """
        way = self._options.missing
        if way == "keep" or not await self._has_good_rows() or await self._unknown():
            return ""
        if await self._lease.saved():
            number = (await self._lease.state()).to_confirm
        else:
            async with self._lease.writer(terms) as writer:
                found = await writer.count_missing(self._keys())
            number = found.lacking if way == "delete" else found.lacking_active
            if number == self._options.confirm_missing or not self._is_large(found):
                return ""
            await self._lease.plan_only(number)
        return "" if number is None else self._sentence(number)

    async def end(self, terms: Terms) -> None:
        """Deactivates or deletes the products. Raises :class:`FileError` if it isn't certain from the file
        which products those are.
        """
        way = self._options.missing
        if way == "keep":
            return
        done = "deleted" if way == "delete" else "deactivated"
        if not await self._has_good_rows():
            raise FileError(
                f"No row of the file could be imported, so no product was {done}. "
                "Check that this is the right file.",
                code="nothing_to_keep",
            )
        if unknown := await self._unknown():
            raise _not_ended(unknown, done, terms.dry_run)
        await self._lease.phase(Phase.DEACTIVATING)
        async with self._lease.writer(terms) as writer:
            await self._watch.unless_stopped(writer.end_missing(self._keys(), way))

    def _is_large(self, found: MissingProducts) -> bool:
        """Whether the share of the active products is too large, or if they are deleted that of all."""
        shares = [(found.lacking_active, found.active)]
        if self._options.missing == "delete":
            shares.append((found.lacking, found.products))
        return any(number * 100 > self._share * total for number, total in shares)

    async def _has_good_rows(self) -> bool:
        """Whether a row isn't rejected, not even at last because it would create a product without a name."""
        for number in range(len(self._spool)):
            rows, nameless = await self._thread.call(partial(self._maker.winners, number))
            if rows > len(nameless) or (nameless and await self._lease.present(nameless)):
                return True
        return False

    async def _unknown(self) -> Counter[str]:
        return await self._thread.call(self._maker.unknown)

    async def _keys(self) -> AsyncIterator[pa.StringArray]:
        for number in range(len(self._spool)):
            yield await self._thread.call(partial(self._maker.keys, number))

    def _sentence(self, number: int) -> str:
        what = "products" if self._options.missing == "delete" else "active products"
        done = "deleted" if self._options.missing == "delete" else "deactivated"
        before = self._options.confirm_missing
        confirmed = "" if before is None else f" {before:,} were confirmed."
        return (
            f"The file lacks {number:,} {what}, which would be {done}.{confirmed} That is so large a part of "
            "the catalogue that nothing was changed. Check that the file is the whole catalogue; if it is, "
            "import it again and confirm this number."
        )


def _not_ended(unknown: Counter[str], done: str, dry_run: bool) -> FileError:
    total = unknown.total()
    codes = ", ".join(f"{code} {count:,}" for code, count in unknown.most_common())
    rows = "rejected row doesn't" if total == 1 else "rejected rows don't"
    saved = "" if dry_run else "The good rows are saved. "
    return FileError(
        f"{saved}{total:,} {rows} say for certain which product is meant ({codes}), so no product was "
        f"{done}: one that the file seems to lack may be there after all. Correct or remove the rejected "
        "rows, and import the whole file again.",
        code="not_deactivated",
    )
