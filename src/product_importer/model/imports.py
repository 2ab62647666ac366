"""An import as it is stored in the database, and its report."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from product_importer.model.formats import PlaceWord, ReadAs
from product_importer.model.options import Dialect, ImportOptions, found_profile
from product_importer.model.profile import Profile
from product_importer.model.questions import Question
from product_importer.model.rows import RejectedRow, RowWarning
from product_importer.model.undos import Undo


class Status(enum.StrEnum):
    """The status of an import. ``STATES`` in ``states.py`` explains each, and says which may follow it."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PLANNED = "planned"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


Kind = Literal["import", "resubmission", "undo"]
"""What an import is: one of a file, one of corrected rows of another import, or the undoing of another one.
The last one is reserved.
"""


class Phase(enum.StrEnum):
    """The present work of a running import."""

    WAITING = "waiting"
    FETCHING = "fetching"
    READING = "reading"
    SAVING = "saving"
    DEACTIVATING = "deactivating"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Counts:
    """The ledger: ``read`` is the sum of the next seven counts. The other two count products that the file
    lacks, and no rows.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    duplicate: int = 0
    invalid: int = 0
    skipped: int = 0
    deactivated: int = 0
    removed: int = 0

    @property
    def balanced(self) -> bool:
        return self.read == (
            self.created
            + self.updated
            + self.unchanged
            + self.deleted
            + self.duplicate
            + self.invalid
            + self.skipped
        )


@dataclass(frozen=True, slots=True)
class ImportState:
    """An import as it is stored in the database, and as progress messages show it.

    ``warnings``: the number of warnings of each code, known once the file has been read. ``percent`` (0–100)
    counts saved rows, never decreases, and is 100 only when the import has completed. ``rows_per_second`` is
    the pace of saving while rows are saved, and that of the whole import after its end.

    ``origin`` is the URL from which the file was or is to be fetched, without secrets; None for other files.
    While it is fetched, ``bytes_done`` counts what has come; ``bytes_total`` is 0 if it isn't known.

    ``parser`` is the parser that read the file, and ``read_as`` how it did; ``dialect`` is None for files
    that are no delimited text.

    ``questions`` are those that the file raised, while the import waits for answers, or because of which it
    failed.

    ``to_confirm``: the number of products that the file lacks, if so many would have been deactivated or
    deleted that the number has to be confirmed; None if nothing has to be confirmed.

    ``author`` is who made the import, as the text of an :class:`Actor`; None if that isn't known.

    ``rules``: column → the rule by which its values were read, where that is out of the ordinary.
    ``shop``: the shop whose profile was used, or ``none``; None before the file is read.

    ``file_kept``: whether the storage has the import's file, so that it can be downloaded and imported again.

    ``interrupted``: whether the process that ran the import has ended, or is silent for too long. It goes on
    when somebody resumes it; workers do that by themselves for files that they may read.

    ``kind``: what the import is. ``of``: the id of the import whose rejected rows a resubmission imports,
    or that an undo undoes; None for other imports.

    ``applied_at``: when somebody asked for the import's plan to be applied; None for other imports.

    ``undo``: what the import undoes, if it is an undo; None for other imports.

    ``counts`` are those of the saved rows, or of the planned ones; ``rows_read`` and ``rows_rejected`` grow
    while the file is read. After the end, ``rows_rejected`` is ``counts.invalid``.
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
    parser: str | None = None
    read_as: ReadAs | None = None
    header: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    rows_read: int = 0
    rows_rejected: int = 0
    author: str | None = None
    to_confirm: int | None = None
    origin: str | None = None
    questions: tuple[Question, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    shop: str | None = None
    file_kept: bool = False
    interrupted: bool = False
    undo: Undo | None = None
    applied_at: datetime | None = None
    kind: Kind = "import"
    of: int | None = None

    @property
    def profile(self) -> Profile:
        """The options' profile, with what was found out about the file: it repeats the import."""
        parser = self.parser or self.options.parser
        return found_profile(
            self.options, parser, self.dialect, self.read_as, self.mapping, self.rules, self.shop
        )

    @property
    def place(self) -> PlaceWord:
        """The word for a row's place in the file, which ``line`` of a rejected row or a warning numbers."""
        return "line" if self.read_as is None else self.read_as.place

    @property
    def rows_pending(self) -> int:
        """Rows that were read and are neither saved nor rejected; none once the import has completed."""
        counts = self.counts
        return self.rows_read - self.rows_rejected - counts.read + counts.invalid

    @property
    def ended(self) -> bool:
        return self.status not in (Status.QUEUED, Status.RUNNING, Status.WAITING)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import. ``rejected`` holds the first rejected rows (at most 100);
    ``Importer.imports.rejects(id)`` streams all of them. ``warnings`` counts the warnings by code, ``warned``
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
    def deleted(self) -> int:
        return self.state.counts.deleted

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

    @property
    def removed(self) -> int:
        return self.state.counts.removed
