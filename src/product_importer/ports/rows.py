"""Validators and policies for duplicates: what they are handed, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa


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
    (string), ``price`` (decimal128(19, 4)), ``active`` (bool), ``attributes`` (string: a JSON object, or
    null), ``barcode`` (string) and ``stock`` (int64). Blank cells, and fields that the file lacks, are null.
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
