"""The protocols of validators and policies for duplicates, and the findings of validators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeGuard, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Finding:
    """One error, or sign of damage, in some rows of a batch.

    ``rows`` is a boolean array as long as the batch, true for the rows concerned. ``field`` is the
    product field to blame; ``column`` is the header of the column to blame, or the name of an attribute, if
    that is no field.
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
    """Finds wrong rows in a mapped batch.

    The batch has the columns ``line``, ``record`` (int64), ``sku``, ``sku_key``, ``name``, ``description``
    (string), ``price`` (decimal128(19, 4)), ``active`` (bool), ``attributes`` (string: a JSON object, or
    null), ``barcode`` (string) and ``stock`` (int64). Blank cells, and fields that the file lacks, are null.
    """

    @property
    def name(self) -> str: ...

    def check(self, batch: pa.RecordBatch) -> Iterable[Finding]: ...


@runtime_checkable
class ColumnValidator(Validator, Protocol):
    """A validator that also looks at columns of the file that are no product fields.

    ``columns`` names them by their headers; the case of letters doesn't matter. Its batches have for each of
    them a string column ``column:HEADER``, HEADER as in ``columns``, with the texts that an attribute would
    have. Blank cells are null, and all cells are if the file has no such column. The column is there whatever
    the import uses it as, also where it ignores columns that are no fields. An attribute of this name that
    isn't a collection of texts is taken for something else.
    """

    @property
    def columns(self) -> tuple[str, ...]: ...


def are_texts(it: object) -> TypeGuard[Collection[str]]:
    """Whether it is a collection of texts. A single text is none: it would be taken for its letters."""
    return isinstance(it, (tuple, list, set, frozenset)) and all(isinstance(text, str) for text in it)


@runtime_checkable
class DedupePolicy(Protocol):
    """Decides which of the rows with one SKU key is imported.

    ``rank`` is given rows whose key occurs more than once in the file (the columns of :class:`Validator`'s
    batch) and returns an int64 array. The row of the highest rank wins, and among equals the later line. A
    null rejects the row as invalid, which only a policy whose ``rejects`` is true may do.
    """

    @property
    def name(self) -> str: ...

    @property
    def rejects(self) -> bool: ...

    def rank(self, batch: pa.RecordBatch) -> pa.Int64Array: ...


@runtime_checkable
class FillingPolicy(DedupePolicy, Protocol):
    """A policy for duplicates that fills blank cells of the winning row from earlier rows with the same SKU.

    For each column the nearest cell above that isn't blank counts. If the import was told that blank cells
    clear their fields, such a cell doesn't count as blank.
    """

    @property
    def fills_blanks(self) -> bool: ...
