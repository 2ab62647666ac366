"""The protocols by which the pipeline uses the store: a lease on an import, and writers of chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    import pyarrow as pa

    from product_importer.model import (
        ImportState,
        Missing,
        Mode,
        Phase,
        Question,
        RowWarning,
        Status,
    )
    from product_importer.ports.tables import Reading


@dataclass(frozen=True, slots=True)
class Terms:
    """How an import's rows are merged.

    ``clear``: fields that a blank cell clears instead of keeping them; ``clear_attributes``: attributes that
    a blank cell removes, or None to keep them. ``dry_run``: plan, write no product and no event.
    ``place``: see :meth:`Lease.place`. ``mode``: what is done with rows that say nothing else. ``nameless``:
    the errors (JSON) of a row that would create a product without a name. ``sku_column``: the header of the
    SKU's column, for warnings. ``attributes``: the names of all attributes that rows may have.
    """

    clear: frozenset[str]
    clear_attributes: tuple[str, ...] | None
    dry_run: bool
    place: str = ""
    mode: Mode = "merge"
    nameless: str = "[]"
    sku_column: str | None = None
    attributes: tuple[str, ...] = ()


DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """The file's records ``first`` to ``last``, ready to be saved in one transaction.

    ``rows``: the rows to be merged, one for each key, sorted by key (the columns of :class:`Validator`'s
    batch, and ``digest`` of :data:`DIGEST_BYTES` bytes, equal for rows that change a product in the same
    way; ``absent``, if blank cells clear values: a JSON object with the ``fields`` and the ``attributes`` of
    which the row has no cell, or null; rows without a name that may create products bring their original
    ``cells``, lists of strings).
    ``rejects``: columns ``record``, ``line`` (int64), ``cells`` (list of string), ``errors`` (string: a
    JSON array of objects with ``code``, ``message``, ``column``, ``value``). The range's other records are
    only counted; ``unchanged``: those that change no product. ``origins``, if the file holds rejected rows of
    another import: the ``record`` of each row that isn't left out, and ``origin``, its record there.
    """

    first: int
    last: int
    rows: pa.RecordBatch
    rejects: pa.RecordBatch
    unchanged: int
    duplicate: int
    skipped: int
    origins: pa.RecordBatch | None = None

    @property
    def read(self) -> int:
        return (
            int(self.rows.num_rows + self.rejects.num_rows) + self.unchanged + self.duplicate + self.skipped
        )


@dataclass(frozen=True, slots=True)
class MissingProducts:
    """The number of products that a file lacks, and of the active ones; ``products`` and ``active``: the
    numbers of all products.
    """

    lacking: int
    lacking_active: int
    products: int
    active: int


class ChunkWriter(Protocol):
    """Saves chunks over one connection. Each call is one transaction.

    Raises :class:`~product_importer.errors.LeaseLost` if another process has taken the import over, and
    :class:`~product_importer.errors.ImportCancelled` if it is to be cancelled; then nothing was saved.
    """

    async def save(self, chunk: Chunk) -> None: ...

    async def save_rejects(self, chunk: Chunk) -> None:
        """Saves the rejected rows of an import that gives up; a resumed import replaces them."""

    async def count_missing(self, keys: AsyncIterator[pa.StringArray]) -> MissingProducts:
        """Counts the products that existed before the import and whose keys aren't in ``keys``."""

    async def end_missing(self, keys: AsyncIterator[pa.StringArray], way: Missing) -> None:
        """Deactivates or deletes, block by block, the products that existed before the import and whose keys
        aren't in ``keys``.
        """


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """The progress of reading a file.

    ``rows`` counts the file's records that were read and checked, ``rejected`` those of them that won't be
    saved because of an error. ``bytes_per_second``: the pace, once it is known. ``sampled``: rows to be saved
    that were looked up, ``unchanged``: those of them that change no product.
    """

    bytes_done: int = 0
    rows: int = 0
    rejected: int = 0
    bytes_per_second: float | None = None
    sampled: int = 0
    unchanged: int = 0


class Lease(Protocol):
    """The right to run one import. All methods raise LeaseLost after another process has taken it over."""

    @property
    def import_id(self) -> int: ...

    @property
    def attempt(self) -> int:
        """How often the import was started since its last progress, this time included."""

    async def heartbeat(self, read: ReadSoFar) -> None:
        """Extends the lease and notes the progress. Raises ImportCancelled if the import is cancelled."""

    async def begun_by(self) -> str | None:
        """Returns the parser that read the rows that are saved; None if none are, or it isn't known."""

    async def describe(self, reading: Reading) -> None:
        """Notes how the file is read.

        Raises FileError (``reading_changed``) if rows were saved that were read in another way.
        """

    async def attribute_names(self, names: Sequence[str], *, note: bool) -> Mapping[str, str]:
        """Returns the catalogue's forms of those of these attribute names that it has, by their folded forms
        (see ``product_importer.cells.names``). ``note`` adds new names to the catalogue, as they are.
        """

    async def file_read(self, records: int, sha256: bytes, rows_digest: bytes) -> None:
        """Notes that the file was read.

        Raises FileError: ``file_changed`` if it isn't the file with which the import began,
        ``reading_changed`` if rows were saved and the rows read now differ from those read then.
        """

    async def place(self) -> str:
        """Returns a name for the place of the products, if they were copied there; else it is empty.

        In a copy of a database, such as a restored dump, a product may look untouched although it was edited.
        Digests that include the place differ from those of the original.
        """

    async def warn(self, counts: Mapping[str, int], rows: Sequence[RowWarning]) -> None:
        """Stores the import's warnings: how many there are of each code, and the kept ones."""

    async def still_rejected(self, origins: Sequence[int]) -> Sequence[int] | None:
        """Returns those of these records that are rejected in the import of which this one resubmits rows;
        None if it is no resubmission.
        """

    async def left_out(self) -> Sequence[int]:
        """Returns the records that :meth:`leave_out` has noted."""

    async def leave_out(self, records: Sequence[int]) -> None:
        """Notes which records of a resubmission's file are left out, before any row is saved."""

    async def present(self, keys: Sequence[str]) -> list[str]:
        """Returns the keys among these that products have."""

    async def zero_led_lengths(self) -> list[int]:
        """The lengths of product keys that are numbers with a leading zero, from a sample."""

    async def saved(self) -> list[tuple[int, int]]:
        """Returns the ranges of records, first and last, that are saved already, ascending."""

    async def plan_only(self, to_confirm: int) -> None:
        """Makes the import a dry run, because this number of missing products has to be confirmed. Its file
        is kept for another import.
        """

    async def phase(self, phase: Phase) -> None: ...

    async def unchanged(self, keys: Sequence[str], digests: Sequence[bytes]) -> int:
        """Counts the rows of a small sample that change no product."""

    async def digests(self, at_most: int, take: Callable[[pa.FixedSizeBinaryArray], object]) -> None:
        """Passes to ``take`` the digests of the rows that were merged into products (see :class:`Chunk`), of
        products that were not touched since. Passes nothing if there are more than ``at_most`` products.
        """

    def writer(self, terms: Terms) -> AbstractAsyncContextManager[ChunkWriter]: ...

    async def release(self) -> None:
        """Gives the import back unfinished, so that another process can continue it at once."""

    async def finish(self, status: Status, message: str, questions: Sequence[Question] = ()) -> None:
        """Ends the import; ``questions`` are those because of which it failed.

        Raises LedgerError if it should be completed and its counts don't add up.
        """

    async def wait(self, questions: Sequence[Question]) -> None:
        """Lets the import wait for answers to these questions."""

    async def state(self) -> ImportState: ...
