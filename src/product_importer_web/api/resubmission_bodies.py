"""The bodies of requests and responses about rejected rows that are corrected and resubmitted."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from product_importer.model import PlaceWord, RowError, Status
from product_importer_web.api.import_bodies import RejectShown
from product_importer_web.api.option_bodies import Steps
from product_importer_web.declarations import Binary, Body, Place, Query, Shown

_MOST_SHOWN: Final = 500
_MOST_CHECKED: Final = 1_000
_MOST_RESUBMITTED: Final = 50_000
_MOST_CORRECTIONS: Final = 20


class RejectedQuery(Query, frozen=True):
    """``code`` and ``column``: only rows whose first error is this one. ``after``: rows after this record.
    ``limit``: maximum number.
    """

    code: str | None = None
    column: str | None = None
    after: Place = 0
    limit: Annotated[int, Meta(ge=1, le=_MOST_SHOWN)] = 100


class FaultShown(Shown, frozen=True):
    """Rejected rows with the same first error: their number, and the place, the sentence and the cell of the
    first one.
    """

    code: str
    column: str | None
    rows: int
    line: int
    record: int
    message: str
    value: str | None


class ResubmissionShown(Shown, frozen=True):
    """An import of corrected rows, and how many of them are not rejected any more."""

    id: int
    status: Status
    rows: int


class FaultsShown(Shown, frozen=True):
    """The rejected rows of an import in groups, the largest first, and the imports of corrected ones."""

    place: PlaceWord
    faults: list[FaultShown]
    resubmissions: list[ResubmissionShown]


class RejectedShown(Shown, frozen=True):
    """Rejected rows. ``columns`` are the file's; a malformed row may have fewer or more cells. ``next`` is
    the address of the next page.
    """

    place: PlaceWord
    columns: list[str]
    rejects: list[RejectShown]
    next: str | None


class RowBody(Body, frozen=True):
    """A rejected row, by its record, with its new cells: one for each of the file's columns; blank ones at
    the end may be missing.
    """

    record: Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
    cells: tuple[str, ...]


class CorrectionBody(Body, frozen=True):
    """A correction changes all rejected rows with this first error, in this column or in any one: ``value``
    is set in the column, and ``steps`` change the cells.
    """

    code: str
    column: str | None = None
    value: str | None = None
    steps: Steps | None = None


class CheckBody(Body, frozen=True):
    """Corrected rows to be checked; ``correction`` is applied to them first, whatever their errors."""

    rows: Annotated[tuple[RowBody, ...], Meta(max_length=_MOST_CHECKED)]
    correction: CorrectionBody | None = None


class ResubmissionBody(Body, frozen=True):
    """Corrected rows to be imported, and corrections of all other rows with certain errors."""

    rows: Annotated[tuple[RowBody, ...], Meta(max_length=_MOST_RESUBMITTED)] = ()
    corrections: Annotated[tuple[CorrectionBody, ...], Meta(max_length=_MOST_CORRECTIONS)] = ()


class CorrectedForm(Body, frozen=True):
    """A corrected file of rejected rows, in a form."""

    file: Binary


class CheckedShown(Shown, frozen=True):
    """A checked row, with its cells after the correction; without errors it would be imported."""

    record: int
    cells: list[str]
    errors: list[RowError]


class ChecksShown(Shown, frozen=True):
    """The checked rows, in the order in which they were sent."""

    rows: list[CheckedShown]
