"""The bodies of requests and responses about imports, uploads, previews and deletions.

Their names of fields follow from the library's records.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Annotated, Any, Final, get_type_hints

from msgspec import UNSET, Meta

from product_importer.model import (
    Complaint,
    Counts,
    ImportOptions,
    Inspection,
    Kind,
    Phase,
    PlaceWord,
    PreviewRow,
    Profile,
    Question,
    ReadAs,
    RowError,
    Status,
)
from product_importer.model.import_lists import ImportFilter
from product_importer_web.declarations import Body, Place, Query, Shown, struct_of

_MOST: Final = 200
_MOST_WARNINGS: Final = 1_000


class ImportsFilter(Query, frozen=True):
    """``status``, ``profile`` (the name of a stored one), ``author``, and a part of the file's name."""

    status: Status | None = None
    profile: str | None = None
    author: str | None = None
    filename: str | None = None

    def only(self) -> ImportFilter:
        return ImportFilter(self.status, self.profile, self.author, self.filename)


class ImportsQuery(ImportsFilter, frozen=True):
    """``limit``: maximum number of imports. ``before``: only imports before this one. The others tell which
    imports are listed.
    """

    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 20
    before: Place = 0


class WarningsQuery(Query, frozen=True):
    """``code``: only warnings of this code. ``after``: warnings after this one. ``limit``: maximum number."""

    code: str | None = None
    after: Place = 0
    limit: Annotated[int, Meta(ge=1, le=_MOST_WARNINGS)] = 100


def _fields_of(record: Any, *without: str) -> list[tuple[str, Any]]:
    """Returns the fields of one of the library's records; a response always has all of them."""
    hints = get_type_hints(record)
    return [(each.name, hints[each.name]) for each in dataclasses.fields(record) if each.name not in without]


OptionsShown = struct_of(
    "OptionsShown",
    Shown,
    [*_fields_of(ImportOptions, "limits", "transforms"), ("transforms", list[dict[str, Any]])],
    doc="An import's options. How much of a file may be held in memory isn't shown.",
)

ProfileShown = struct_of(
    "ProfileShown",
    Shown,
    [
        ("version", int),
        *((name, kind, UNSET) for name, kind in _fields_of(Profile, "transforms")),
        ("transforms", list[dict[str, Any]]),
    ],
    doc="How a file is read and merged. Fields without a value are left out.",
)

ImportShown = struct_of(
    "ImportShown",
    Shown,
    [
        ("id", int),
        ("status", Status),
        ("phase", Phase),
        ("filename", str),
        ("origin", str | None),
        ("bytes_total", int),
        ("bytes_done", int),
        ("percent", float),
        ("rows_read", int),
        ("rows_rejected", int),
        ("rows_pending", int),
        *_fields_of(Counts),
        ("warnings", dict[str, int]),
        ("rows_per_second", float | None),
        ("eta_seconds", float | None),
        ("message", str),
        ("to_confirm", int | None),
        ("file_kept", bool),
        ("interrupted", bool),
        ("author", str | None),
        ("kind", Kind),
        ("of", int | None),
        ("questions", list[Question]),
        ("profile", ProfileShown),
        ("created_at", datetime),
        ("started_at", datetime | None),
        ("finished_at", datetime | None),
        ("applied_at", datetime | None),
        ("options", OptionsShown),
        ("encoding", str | None),
        ("delimiter", str | None),
        ("parser", str | None),
        ("read_as", ReadAs | None),
        ("mapping", dict[str, str]),
        ("rules", dict[str, str]),
        ("links", dict[str, str]),
    ],
    doc="An import. Its counters are those of the library's ledger.",
)


class ImportsShown(Shown, frozen=True):
    """The latest imports; ``next`` is the address of the next page."""

    imports: list[ImportShown]  # type: ignore[valid-type]  # made of data
    next: str | None


class RejectShown(Shown, frozen=True):
    """A rejected row: the first error's column and code, all messages, and every error in full."""

    line: int
    record: int
    column: str | None
    code: str
    message: str
    errors: list[RowError]
    cells: list[str]


class RejectsShown(Shown, frozen=True):
    """All rejected rows. ``place`` is the word for what ``line`` counts: line, row or item."""

    place: PlaceWord
    rejects: list[RejectShown]


class WarningShown(Shown, frozen=True):
    """A warning, with its number among the import's warnings."""

    number: int
    code: str
    message: str
    line: int | None
    record: int | None
    column: str | None
    value: str | None


class WarningsShown(Shown, frozen=True):
    """Warnings; ``counts`` has their number by code, ``next`` is the address of the next page. ``place`` is
    the word for what ``line`` counts: line, row or item.
    """

    place: PlaceWord
    counts: dict[str, int]
    warnings: list[WarningShown]
    next: str | None


class UploadShown(Shown, frozen=True):
    """An upload: how much of it has arrived, and when it expires."""

    id: str
    filename: str
    length: int | None
    received: int
    complete: bool
    created_at: datetime
    expires_at: datetime


class UploadAgainShown(UploadShown, frozen=True):
    """An upload of an import's file. ``options``: those of the import, as a request gives them."""

    options: dict[str, Any]


class ColumnShown(Shown, frozen=True):
    """A column of a file, and its use."""

    name: str
    use: str


class PreviewShown(Shown, frozen=True):
    """How a file would be read. ``problem`` is the reason why an import would refuse it."""

    complete: bool
    encoding: str | None
    delimiter: str | None
    parser: str
    read_as: ReadAs | None
    columns: list[ColumnShown]
    rows: list[PreviewRow]
    problem: Complaint | None


InspectionShown = struct_of(
    "InspectionShown",
    Shown,
    [
        *((name, kind) for name, kind in _fields_of(Inspection, "damage", "profile")),
        ("damage", dict[str, int]),
        ("profile", ProfileShown),
    ],
    doc="What can be learned from a file, its questions, and a proposed profile.",
)


class ProfileBody(Body, frozen=True):
    """A profile to be stored: its JSON form, as imports and inspections show it.

    ``header``: the columns of the files that it is to be remembered for.
    """

    profile: dict[str, Any]
    header: tuple[str, ...] = ()


class StoredProfileShown(Shown, frozen=True):
    """A profile under its name. ``signature`` is that of the columns that it is remembered for."""

    name: str
    profile: ProfileShown  # type: ignore[valid-type]  # made of data
    signature: str | None
    created_at: datetime
    updated_at: datetime
    author: str | None


class ProfilesShown(Shown, frozen=True):
    """All profiles, by name."""

    profiles: list[StoredProfileShown]


class Confirmation(Body, frozen=True):
    """The number of products, as a person typed it."""

    confirm: Annotated[str | int, Meta(extra={"rule": "has to be the number of products"})]


class DeletionShown(Shown, frozen=True):
    """A deletion of all products."""

    id: int
    status: Status
    percent: float
    total: int
    deleted: int
    message: str
    actor: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: dict[str, str]


class DeletionsShown(Shown, frozen=True):
    """The latest deletions."""

    deletions: list[DeletionShown]
