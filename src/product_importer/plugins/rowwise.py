"""Makes validators of plain functions that check one row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from product_importer.model import RowError
from product_importer.ports import Finding, Validator

Row: TypeAlias = Mapping[str, object]
Verdict: TypeAlias = str | RowError | Iterable[str | RowError] | None
"""The errors in a row: one, several, or none."""


def row_validator(
    check: Callable[[Row], Verdict], *, name: str, field: str | None = None, columns: Iterable[str] = ()
) -> Validator:
    """Makes a validator of a function that checks one row.

    ``check`` is given a mapping with the columns of :class:`~product_importer.ports.Validator`'s batch as
    Python values (``Decimal``, ``bool``, ``str``, ``int``, None). A message that it returns is an error on
    ``field`` whose code is ``name`` with underscores; a RowError brings its own code, and its ``column``
    names the product field, or the header of another column. Keep the row's values out of messages: rows with
    the same message are handled together, and the report shows the value anyway.

    ``columns``: the headers of other columns of the file that the function looks at, as
    ``row["column:HEADER"]`` (see :class:`~product_importer.ports.ColumnValidator`).

    It costs some 3 µs a row plus the function's own time; a vectorised validator costs about 0.01 µs.
    """
    return _RowValidator(name, check, field, tuple(columns))


@dataclass(frozen=True, slots=True)
class _RowValidator:
    name: str
    function: Callable[[Row], Verdict]
    field: str | None
    columns: tuple[str, ...]

    def check(self, batch: pa.RecordBatch) -> Iterator[Finding]:
        rows: defaultdict[tuple[str | None, str, str], list[int]] = defaultdict(list)
        for index, row in enumerate(batch.to_pylist()):
            try:
                verdict = self.function(row)
                if verdict is not None:
                    for error in self._errors(verdict):
                        rows[error].append(index)
            except Exception as error:
                error.add_note(f"(record {row['record']}, line {row['line']})")
                raise
        for (field, code, message), indexes in rows.items():
            mask = np.zeros(batch.num_rows, dtype=bool)
            mask[indexes] = True
            yield Finding(field, code, message, pa.array(mask))

    def _errors(self, verdict: object) -> Iterator[tuple[str | None, str, str]]:
        match verdict:
            case str():
                yield self.field, self.name.replace("-", "_"), verdict
            case RowError():
                yield verdict.column or self.field, verdict.code, verdict.message
            case Iterable():
                for error in verdict:
                    yield from self._errors(error)
            case _:
                raise TypeError(
                    f"the function returned {verdict!r}; return a message, a RowError, several, or None"
                )
