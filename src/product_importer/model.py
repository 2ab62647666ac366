"""The records that travel through the library. Standard library only; all frozen."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from product_importer import fields

FIELDS = fields.FIELDS
"""A product's fields, in the order in which files and messages show them."""

REQUIRED_FIELDS = fields.REQUIRED_FIELDS

OnError = Literal["skip", "abort"]
OnWarning = Literal["keep", "abort"]
Missing = Literal["keep", "deactivate"]
Blank = Literal["keep", "clear"]
Extra = Literal["attributes", "ignore"]
DecimalSign = Literal["point", "comma"]


class ActorKind(enum.StrEnum):
    """What an actor is."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    IMPORT = "import"
    SYSTEM = "system"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who causes a change. ``name`` is an id or a name; only a command line may have none.

    As a text, which is how events, imports and deletions tell of it, it is ``user:3`` or ``import:5``. What
    the system does is told by its name alone: ``web``.
    """

    kind: ActorKind
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name and self.kind is not ActorKind.COMMAND_LINE:
            raise ValueError(f"An actor of the kind {self.kind.value!r} needs an id or a name.")

    def __str__(self) -> str:
        if self.kind is ActorKind.SYSTEM:
            return self.name
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value


def author_of(actor: Actor | str | None) -> str | None:
    """As an import and an upload keep their author; None where it wasn't told."""
    return None if actor is None else str(actor)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that somebody asked for.

    ``actor`` is the text of an :class:`Actor`. ``action`` names what was done, such as ``import.cancelled``,
    and ``subject`` what it was done to, such as ``import:5``.
    """

    id: int
    occurred_at: datetime
    actor: str
    action: str
    subject: str


class Status(enum.StrEnum):
    """Where an import stands. ``STATES`` in ``states.py`` says what each means and which may follow it."""

    QUEUED = "queued"
    RUNNING = "running"
    PLANNED = "planned"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class Phase(enum.StrEnum):
    """What a running import is doing."""

    WAITING = "waiting"
    READING = "reading"
    SAVING = "saving"
    DEACTIVATING = "deactivating"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one file may make us hold in memory.

    ``field_chars``: characters in one cell (the standard library's csv has the same default);
    ``row_chars``: characters in one record; ``columns``: cells in the header.
    """

    field_chars: int = 131_072
    row_chars: int = 8_388_608
    columns: int = 4_096


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text file is written.

    ``encoding`` is a Python codec name. ``skip_blanks``: blanks before an opening quote are no part of the
    cell, as in ``sku, "name"``. ``surplus``: how many blank cells each row has at its end beyond the header.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    skip_blanks: bool = False
    surplus: int = 0


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What a parser is told: ``None`` means "guess from the file's first part"."""

    encoding: str | None = None
    delimiter: str | None = None
    limits: Limits = Limits()
    batch_rows: int = 16_384
    batch_chars: int = 8_388_608


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How one import is to be done; the command line's options have the same names.

    ``duplicates`` names a dedupe policy (built in: ``last``, ``first``, ``error``), ``parser`` a parser,
    ``map`` gives COLUMN → FIELD for columns whose header the aliases don't know (or know wrongly).
    ``decimal`` says what precedes the decimals of the file's prices; None: a point, and a price that may be
    meant otherwise is rejected.
    """

    duplicates: str = "last"
    on_error: OnError = "skip"
    max_errors: int | None = None
    on_warning: OnWarning = "keep"
    missing: Missing = "keep"
    blank: Blank = "keep"
    extra: Extra = "attributes"
    map: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalSign | None = None
    parser: str = "csv"
    dry_run: bool = False
    limits: Limits = Limits()


VALUE_CHARS = 200
"""Characters of a wrong cell that are shown."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row.

    ``column``: the file's header; ``value``: the cell, cut to ``VALUE_CHARS`` characters.
    """

    code: str
    message: str
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class RowWarning:
    """Something in the file that looks damaged, or was left out, although no row was rejected for it.

    ``line`` and ``record`` say where it stands, as those of :class:`RejectedRow` do; both are None where the
    warning concerns a whole column or the whole file. ``column``: the file's header; ``value``: the cell, cut
    to ``VALUE_CHARS`` characters.
    """

    code: str
    message: str
    line: int | None = None
    record: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A record that was not imported: its original cells and every reason.

    ``line`` is the 1-based line of the file on which the record starts; ``record`` counts records after the
    header from 1, blank lines included.
    """

    line: int
    record: int
    cells: tuple[str, ...]
    errors: tuple[RowError, ...]

    @property
    def code(self) -> str:
        return self.errors[0].code

    @property
    def column(self) -> str | None:
        return self.errors[0].column

    @property
    def message(self) -> str:
        return " ".join(error.message for error in self.errors)


@dataclass(frozen=True, slots=True)
class Counts:
    """The ledger: ``read`` is the sum of the six beneath it; ``deactivated`` are no rows of the file."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    invalid: int = 0
    skipped: int = 0
    deactivated: int = 0

    @property
    def balanced(self) -> bool:
        return self.read == (
            self.created + self.updated + self.unchanged + self.duplicate + self.invalid + self.skipped
        )


@dataclass(frozen=True, slots=True)
class ImportState:
    """An import as the database has it, and as progress messages show it.

    ``warnings``: how many there are of each code, known once the file has been read.
    ``percent`` (0–100) counts what is saved, never goes back, and is 100 only when the import has completed.
    ``rows_per_second`` is the pace of saving while rows are saved, and that of the whole after the end.

    ``author`` is who made the import, as the text of an :class:`Actor`; None where that wasn't told.

    ``counts`` are of what was saved; ``rows_read`` and ``rows_rejected`` grow while the file is read. After
    the end, ``rows_rejected`` is ``counts.invalid``.
    """

    id: int
    status: Status
    phase: Phase
    filename: str
    source: str
    bytes_total: int
    bytes_done: int
    percent: float
    counts: Counts
    rows_per_second: float | None
    eta_seconds: float | None
    message: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    options: ImportOptions
    dialect: Dialect | None = None
    header: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    rows_read: int = 0
    rows_rejected: int = 0
    author: str | None = None

    @property
    def rows_pending(self) -> int:
        """Rows that were read and are neither saved nor rejected; none once the import has completed."""
        counts = self.counts
        return self.rows_read - self.rows_rejected - counts.read + counts.invalid

    @property
    def ended(self) -> bool:
        return self.status not in (Status.QUEUED, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended. ``rejected`` holds the first rejected rows (at most 100);
    ``Importer.imports.rejects(id)`` streams every one. ``warnings`` counts the warnings by code, ``warned``
    holds the first ones of each code (at most 100 in all); ``Importer.imports.warnings(id)`` streams all that
    are kept.
    """

    state: ImportState
    rejected: tuple[RejectedRow, ...] = ()
    warned: tuple[RowWarning, ...] = ()

    @property
    def warnings(self) -> Mapping[str, int]:
        return self.state.warnings

    @property
    def id(self) -> int:
        return self.state.id

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def counts(self) -> Counts:
        return self.state.counts

    @property
    def read(self) -> int:
        return self.state.counts.read

    @property
    def created(self) -> int:
        return self.state.counts.created

    @property
    def updated(self) -> int:
        return self.state.counts.updated

    @property
    def unchanged(self) -> int:
        return self.state.counts.unchanged

    @property
    def duplicate(self) -> int:
        return self.state.counts.duplicate

    @property
    def invalid(self) -> int:
        return self.state.counts.invalid

    @property
    def skipped(self) -> int:
        return self.state.counts.skipped

    @property
    def deactivated(self) -> int:
        return self.state.counts.deactivated


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a file can't be imported as it stands; ``line`` is where reading stopped making sense, if known."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One of a file's first records: its cells, each cut to 200 characters, and all that is wrong with it.

    ``warnings``: what looks damaged, although the row would be imported as it stands.
    """

    line: int
    record: int
    cells: tuple[str, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file would be read, as its first part shows.

    ``mapping``: header → what the column is used as (a field, ``attribute`` or ``ignore``). ``problem`` is
    why the file would be refused; the rest is then what can be said nevertheless. ``complete``: the part was
    the whole file.
    """

    dialect: Dialect | None
    header: tuple[str, ...]
    mapping: Mapping[str, str]
    rows: tuple[PreviewRow, ...]
    problem: Complaint | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is being handed over, or that waits to be imported.

    ``length`` is None where it isn't known before the end; ``received`` counts the bytes that are stored for
    good. ``note`` is the sender's, given back as it came. ``source`` is where the file lies. ``author`` is
    who began it, ``sender`` who sent its latest bytes, as the text of an :class:`Actor`; None where that
    wasn't told.
    """

    id: str
    filename: str
    length: int | None
    received: int
    note: str
    source: str
    created_at: datetime
    expires_at: datetime
    author: str | None = None
    sender: str | None = None

    @property
    def complete(self) -> bool:
        return self.received == self.length


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes sent must amount to. ``algorithm`` is one that :mod:`hashlib` has."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once, however often it is sent.

    ``key`` is the sender's; ``fingerprint`` tells another request under the same key.
    """

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class SinkState:
    """How an event sink is served.

    ``waiting``: batches that it is still to get, the oldest of them from ``oldest_at``. ``given_up``: batches
    that it failed to take until the last attempt; they are kept, to be tried again when somebody says so.
    ``error``: why it fails now. ``seen_at``: when a relay that knows the sink was last there.
    """

    name: str
    waiting: int
    oldest_at: datetime | None
    given_up: int
    error: str | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class MigrationSet:
    """Numbered files ``NNNN_name.sql`` in ``directory``, applied once each, in order, under ``name``."""

    name: str
    directory: Path
