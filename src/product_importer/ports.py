"""The seams: what a parser, validator, dedupe policy, source, event sink or command must look like.

Objects of these shapes are what plugins register (:mod:`product_importer.hookspecs`) and what the pipeline
calls, one call per batch of some thousands of rows, never one per row. Parsers, validators and policies are
synchronous and run in worker threads: they must not touch the event loop. Sources and sinks are asynchronous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import click
    import pyarrow as pa

    from product_importer.model import (
        Dialect,
        ImportState,
        ParseOptions,
        Phase,
        RowError,
        RowWarning,
        Status,
    )


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A record that has no place in the batch's columns: too many or too few cells, a forbidden character."""

    line: int
    record: int
    cells: tuple[str, ...]
    error: RowError


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Consecutive records of the file, as text.

    ``cells`` has one string column per header cell, in the file's order and under the header's names, never
    null; ``lines`` and ``records`` (int64, same length) say where each row stands in the file (see
    :class:`~product_importer.model.RejectedRow`). The batch covers records ``first_record`` to
    ``last_record``: those in ``cells``, those in ``malformed``, and ``blank`` records without any cell.
    ``end_offset`` is the number of bytes of the file that were read to get here.
    """

    cells: pa.RecordBatch
    lines: pa.Int64Array
    records: pa.Int64Array
    first_record: int
    last_record: int
    malformed: tuple[MalformedRow, ...]
    blank: int
    end_offset: int


@runtime_checkable
class ParsedFile(Protocol):
    """A file opened by a parser. Iterating gives its batches once, from the first record to the last.

    Raises :class:`~product_importer.errors.FileError` where the file stops making sense and
    :class:`~product_importer.errors.ParserDeclined` where the built-in parser should take over.
    """

    @property
    def dialect(self) -> Dialect: ...

    @property
    def header(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[RawBatch]: ...


@runtime_checkable
class Parser(Protocol):
    """Turns a file into batches of text rows. Batches must depend on the file and the options only.

    A parser that leaves Python's lock (the GIL) to others while it works may say so with ``releases_gil =
    True``. Then its batches are checked in another thread, while it reads on.
    """

    @property
    def name(self) -> str: ...

    def open(self, path: Path, options: ParseOptions) -> AbstractContextManager[ParsedFile]: ...


@runtime_checkable
class VersionedParser(Parser, Protocol):
    """A parser that says which version of its reading this is.

    An import that was begun with one version is not resumed with another. The version has to change whenever
    the same file gives other rows: settings of the parser's own, such as the name of a sheet, are part of it.
    """

    @property
    def version(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: everything that a resumed import must find as it was.

    ``version`` is None for a parser that states none. ``mapping``: header → what the column is used as.
    """

    parser: str
    version: str | None
    dialect: Dialect
    header: tuple[str, ...]
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or looks damaged, in some rows of a batch.

    ``rows`` is a boolean array as long as the batch, true where the row is concerned. ``field`` is the
    product field to blame; ``column`` is the header of the column to blame where that is no field.
    ``message`` is a sentence that says what to do. The rows are rejected, unless the finding is a
    ``warning``: then they are imported as they stand, and the warning is listed.
    """

    field: str | None
    code: str
    message: str
    rows: pa.BooleanArray
    column: str | None = None
    warning: bool = False


@runtime_checkable
class Validator(Protocol):
    """Looks for wrong rows in a mapped batch.

    The batch has the columns ``line``, ``record`` (int64), ``sku``, ``sku_key``, ``name``, ``description``
    (string), ``price`` (decimal128(19, 4)), ``active`` (bool) and ``attributes`` (string: a JSON object, or
    null). Blank cells, and fields that the file lacks, are null.
    """

    @property
    def name(self) -> str: ...

    def check(self, batch: pa.RecordBatch) -> Iterable[Finding]: ...


@runtime_checkable
class DedupePolicy(Protocol):
    """Decides which of the rows with one SKU key is imported.

    ``rank`` is given rows whose key occurs more than once in the file (the columns of
    :class:`Validator`'s batch) and returns an int64 array: the row of the highest rank wins, the later line
    among equals; a null rejects the row as invalid, which only a policy whose ``rejects`` is true may do.
    """

    @property
    def name(self) -> str: ...

    @property
    def rejects(self) -> bool: ...

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array: ...


@runtime_checkable
class FillingPolicy(DedupePolicy, Protocol):
    """A dedupe policy under which blank cells of the row that wins are filled from earlier rows of its SKU.

    Of each column the nearest cell above that isn't blank counts. A cell that clears its field, because the
    import was told that blank cells do, isn't blank in this sense.
    """

    @property
    def fills_blanks(self) -> bool: ...


@runtime_checkable
class Source(Protocol):
    """Fetches a file from somewhere else, named by a URL whose scheme is one of ``schemes``."""

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    async def fetch(self, url: str, into: Path) -> None: ...


class Storage(Protocol):
    """Keeps files that were handed over until their import has ended.

    A file is written part by part, by any process, and read when it is whole. It is known by a URL that
    :meth:`new` makes up. All methods raise :class:`~product_importer.errors.StorageError`, of code
    ``disk_full`` where there is no room and ``file_gone`` where the file isn't there.
    """

    @property
    def url(self) -> str:
        """Where the files lie; their own URLs are beneath it."""

    def new(self, filename: str) -> str:
        """A URL for a file that comes under this name. Nothing is stored yet."""

    def holds(self, url: str) -> bool:
        """Whether a file of this URL would lie here."""

    async def write(self, url: str, offset: int, part: bytes) -> None:
        """Stores the bytes that follow the first ``offset`` ones, so that they outlive a crash.

        What an interrupted call has stored there gives way; a call that fails leaves the file as it was.
        """

    async def head(self, url: str, size: int) -> bytes:
        """The file's first ``size`` bytes, which are there."""

    def local(self, url: str, size: int) -> AbstractAsyncContextManager[Path]:
        """The file, of ``size`` bytes, on this machine, for as long as the context lasts."""

    async def remove(self, url: str) -> None:
        """Removes the file, or what there is of it."""

    async def check(self) -> None:
        """Raises where files can't be kept at all."""


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one type that were caused in one transaction, at most some thousands.

    Each row of ``data`` is one event's data; the batch's *n*-th event (from 0) has the id
    ``f"{id}-{first + n}"``. A transaction with more events is told in several batches of one ``id``, which
    differ in ``first``. All of it is the same on every delivery.
    """

    id: str
    type: str
    timestamp: datetime
    actor: str
    data: pa.RecordBatch
    first: int = 0


@runtime_checkable
class EventSink(Protocol):
    """Receives committed events, at least once, batch by batch. Raising means "try again later".

    Each sink has a thread with an event loop of its own, in which one batch is delivered after the other.
    """

    @property
    def name(self) -> str: ...

    async def deliver(self, batch: EventBatch) -> None:
        """Takes all of the batch's events, or raises."""


@dataclass(frozen=True, slots=True)
class SinkHost:
    """What a sink may need of the program that it is part of."""

    database_url: str


@runtime_checkable
class ConnectedSink(EventSink, Protocol):
    """An event sink that keeps something open, or has work of its own to do: connections, background tasks.

    The context is entered before the first delivery and left after the last one, in the sink's event loop.
    Every relay enters it, also those that merely stand by while another one delivers. If entering raises, or
    the context ends by itself, that is tried again later.
    """

    def connected(self, host: SinkHost) -> AbstractAsyncContextManager[object]:
        """What has to be open for :meth:`deliver`, for as long as the context lasts."""


@runtime_checkable
class OrderedSink(EventSink, Protocol):
    """An event sink that needs batches in their order: a later one waits until it has taken the one before.

    What it fails to take holds up the rest until it takes it, or until that is given up.
    """

    @property
    def in_order(self) -> bool: ...


@runtime_checkable
class SubscribedSink(EventSink, Protocol):
    """An event sink that wants events only at times, such as while there is an address to take them to.

    Where no sink wants them, events aren't even written down. One that wants them again hears of what begins
    from then on.
    """

    @property
    def wanted(self) -> str:
        """When it does: an SQL condition, such as ``EXISTS (SELECT FROM acme_addresses)``.

        It becomes part of the transactions that change products, so it has to be quick and must not fail:
        tables that it asks come by the plugin's own migrations.
        """


@runtime_checkable
class LimitedSink(EventSink, Protocol):
    """An event sink that takes at most ``most_events`` events in one call of :meth:`EventSink.deliver`.

    Give it the number that the sink can take within a minute, if that is below 10,000.
    """

    @property
    def most_events(self) -> int: ...


@dataclass(frozen=True, slots=True)
class QueuedBatch:
    """All events of one outbox row on their way to one sink.

    ``attempts``: how often the sink has failed since it last took some of them. ``taken``: how many events,
    from the batch's first one, the sink has taken. ``most``: how many it is given at once, where it turned
    out to be too slow for more.
    """

    batch: EventBatch
    attempts: int
    taken: int = 0
    most: int | None = None


class SinkQueue(Protocol):
    """What one sink is to get, the longest due first or in order. Whoever holds it is alone with it."""

    async def next(self) -> QueuedBatch | None:
        """A batch that is due; the same one again until it is settled."""

    async def delivered(self, batch_id: str) -> None: ...

    async def taken(self, batch_id: str, events: int) -> None:
        """Notes that the sink has taken the batch's first ``events`` events: they aren't sent again."""

    async def failed(
        self, batch_id: str, error: str, retry_seconds: float | None, most: int | None = None
    ) -> None:
        """To be tried again after so many seconds; None: only when somebody says so.

        ``most``: how many events the sink is to be given at once from now on; None leaves that as it is.
        """


class Outbox(Protocol):
    """The events that were committed and that not all sinks have got.

    All methods raise :class:`~product_importer.errors.DatabaseError`.
    """

    async def register(self, sinks: Sequence[str]) -> None:
        """Notes that these sinks are served. What is fanned out from now on is for them too."""

    async def fan_out(self, seconds: float) -> int:
        """Puts what was committed into each known sink's queue, up to a limit; says how many batches.

        None, unless the oldest of them has waited so long.
        """

    def listening(self, wake: Callable[[], None]) -> AbstractAsyncContextManager[Callable[[], bool]]:
        """Calls ``wake`` when there is something to be fanned out that somebody waits for. What nobody does,
        such as the middle of an import, is not told. Gives a function that says whether it still listens.
        """

    async def tell(self, sink: str, error: str | None) -> None:
        """Notes why the sink can't be served, or that it can."""

    async def tidy(self) -> None:
        """Forgets sinks that nobody has served for long, batches given up long ago, and what nobody needs."""

    def queue(
        self, sink: str, *, wait: bool, in_order: bool
    ) -> AbstractAsyncContextManager[SinkQueue | None]:
        """The sink's queue. Where another relay has it: once that has gone, or None.

        ``in_order``: batches of which one changed a product before another come in that order.
        """


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of commands, of the command line, and the name under which it appears there."""

    name: str
    command: click.Command


@runtime_checkable
class Extension(Protocol):
    """What an entry point outside of the hooks' group gives: something for another program than the library.

    ``brings`` names what it brings, by kind, for lists of plugins.
    """

    @property
    def name(self) -> str: ...

    @property
    def brings(self) -> Mapping[str, tuple[str, ...]]: ...


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

    ``rows``: what is to be merged (the columns of :class:`Validator`'s batch, and ``merged``: a digest of
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
        ``product_importer.names``); ``note`` adds those that are new to it, as they are.
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

    async def merged(self, at_most: int, take: Callable[[pa.FixedSizeBinaryArray], object]) -> None:
        """Hands ``take`` the digests of the rows that were merged into products (see :class:`Chunk`), of
        those that nobody has touched since. Nothing, where there are more products than ``at_most``.
        """

    def writer(self, terms: Terms) -> AbstractAsyncContextManager[ChunkWriter]: ...

    async def release(self) -> None:
        """Gives the import back as it is, for another to go on at once."""

    async def finish(self, status: Status, message: str) -> None:
        """Ends the import. Raises LedgerError where it was to complete and its counts don't add up."""

    async def state(self) -> ImportState: ...
