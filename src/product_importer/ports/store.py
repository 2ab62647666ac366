"""What the pipeline needs of the store: a lease on an import, and writers of chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    import pyarrow as pa

    from product_importer.model import (
        ImportState,
        Phase,
        RowWarning,
        Status,
    )
    from product_importer.ports.tables import Reading


@dataclass(frozen=True, slots=True)
class Terms:
    """How an import's rows are merged.

    ``clear``: fields that a blank cell clears instead of keeping them; ``clear_attributes``: attributes that
    a blank cell removes, or None to keep them. ``dry_run``: classify, write no product and no event.
    ``place``: see :meth:`Lease.place`.
    """

    clear: frozenset[str]
    clear_attributes: tuple[str, ...] | None
    dry_run: bool
    place: str = ""


DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """The file's records ``first`` to ``last``, ready to be saved in one transaction.

    ``rows``: what is to be merged (the columns of :class:`Validator`'s batch, and ``digest``: one of
    :data:`DIGEST_BYTES`, equal for rows that are merged alike), one row a key, sorted by key. ``rejects``:
    columns ``record``, ``line`` (int64), ``cells`` (list of string), ``errors`` (string: a JSON array of
    objects with ``code``, ``message``, ``column``, ``value``). The range's other records are only counted;
    ``unchanged``: those that products show already.
    """

    first: int
    last: int
    rows: pa.RecordBatch
    rejects: pa.RecordBatch
    unchanged: int
    duplicate: int
    skipped: int

    @property
    def read(self) -> int:
        return (
            int(self.rows.num_rows + self.rejects.num_rows) + self.unchanged + self.duplicate + self.skipped
        )


class ChunkWriter(Protocol):
    """Saves chunks over one connection. Each call is one transaction: all of it is saved, or nothing.

    Raises :class:`~product_importer.errors.LeaseLost` where another process has taken the import over and
    :class:`~product_importer.errors.ImportCancelled` where it is to be cancelled; then nothing was saved.
    """

    async def save(self, chunk: Chunk) -> None: ...

    async def save_rejects(self, chunk: Chunk) -> None:
        """The rejected rows of an import that gives up; a resumed one forgets them and reads them again."""

    async def deactivate_missing(self, keys: AsyncIterator[pa.StringArray]) -> None:
        """Deactivates, block by block, the products that were there before the import and whose keys aren't
        among ``keys``.
        """


@dataclass(frozen=True, slots=True)
class ReadSoFar:
    """How far the reading of a file is.

    ``rows`` counts the file's records that were read and checked, ``rejected`` those of them that won't be
    saved for an error. ``bytes_per_second``: the pace, once it is known. ``sampled``: rows to be saved that
    were looked up, ``unchanged``: those of them that products show already.
    """

    bytes_done: int = 0
    rows: int = 0
    rejected: int = 0
    bytes_per_second: float | None = None
    sampled: int = 0
    unchanged: int = 0


class Lease(Protocol):
    """The right to run one import. All methods raise LeaseLost once somebody else has it."""

    @property
    def import_id(self) -> int: ...

    @property
    def attempt(self) -> int:
        """How often the import was begun, this time included, since it last got on."""

    async def heartbeat(self, read: ReadSoFar) -> None:
        """Extends the lease and notes how much was read. Raises ImportCancelled if asked to stop."""

    async def describe(self, reading: Reading) -> None:
        """Notes how the file is read.

        Raises FileError (``reading_changed``) where rows were saved that were read in another way.
        """

    async def attribute_names(self, names: Sequence[str], *, note: bool) -> Mapping[str, str]:
        """The catalogue's forms of those of these names of attributes that it has, by their folded forms (see
        ``product_importer.cells.names``); ``note`` adds those that are new to it, as they are.
        """

    async def file_read(self, records: int, sha256: bytes, rows_digest: bytes) -> None:
        """Notes that the file was read.

        Raises FileError: ``file_changed`` where it isn't the one that was begun with, ``reading_changed``
        where rows were saved and those that were read now differ from those that were read then.
        """

    async def place(self) -> str:
        """Names where the products lie, if they were copied there, else is empty.

        In a copy of a database, such as a restored dump, a product may look untouched although it was edited;
        digests that hold the place are not those of the original.
        """

    async def warn(self, counts: Mapping[str, int], rows: Sequence[RowWarning]) -> None:
        """Stores the import's warnings: how many there are of each code, and those that are kept."""

    async def present(self, keys: Sequence[str]) -> list[str]:
        """Those of the keys that products have."""

    async def zero_led_lengths(self) -> list[int]:
        """How long the keys of products are that are numbers with a zero before them, by a sample."""

    async def saved(self) -> list[tuple[int, int]]:
        """The ranges of records, first and last, that are saved already, ascending."""

    async def phase(self, phase: Phase) -> None: ...

    async def unchanged(self, keys: Sequence[str], digests: Sequence[bytes]) -> int:
        """How many of these rows products show already. For a small sample."""

    async def digests(self, at_most: int, take: Callable[[pa.FixedSizeBinaryArray], object]) -> None:
        """Hands ``take`` the digests of the rows that were merged into products (see :class:`Chunk`), of
        those that nobody has touched since. Nothing, where there are more products than ``at_most``.
        """

    def writer(self, terms: Terms) -> AbstractAsyncContextManager[ChunkWriter]: ...

    async def release(self) -> None:
        """Gives the import back as it is, for another to go on at once."""

    async def finish(self, status: Status, message: str) -> None:
        """Ends the import. Raises LedgerError where it was to complete and its counts don't add up."""

    async def state(self) -> ImportState: ...
