"""Finds twins: SKUs that a spreadsheet made of other SKUs, such as 17 of 0017, or 100000 of 1e5.

Such a row differs from a new product only by the other SKU, in the same file or on an existing product. So
SKUs that are numbers are noted while the file is read, up to a limit, and their twins are looked up at its
end. A spreadsheet that drops zeros drops them in all cells of a column, so the first thousands show it. SKUs
that are dates are noted, too: the text that a date was made of is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.leading import Leading
from product_importer.cells.number_texts import DATE, DECIMAL, texts_of_number
from product_importer.model import RowWarning
from product_importer.pipeline.warning_codes import WarningCode

if TYPE_CHECKING:
    from product_importer.pipeline.saving import Contents
    from product_importer.pipeline.side_thread import SideThread
    from product_importer.pipeline.spool import Spool
    from product_importer.ports import Lease

MOST: Final = 5_000
"""Maximum rows noted: this many plain numbers, this many that end in .0 or begin with 0, and this many other
numbers with decimals, dates and times.
"""

_MARKED: Final = re.compile(r"0+[0-9]+|[0-9]+\.0+")
_POINT_ZERO: Final = re.compile(r"[0-9]+\.0+")
_DATE: Final = re.compile(DATE)
_DECIMAL_OR_DATE: Final = re.compile(rf"(?![0-9]+\.0+$)(?:{DECIMAL}|{DATE})")
_LENGTHS: Final = 8
"""Maximum number of key lengths for which keys with leading zeros are looked up."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    record: int
    sku: str
    key: str


class TwinSearch:
    """Notes the rows that may have a twin, then looks the twins up."""

    def __init__(self) -> None:
        self._plain: list[_Row] = []
        self._marked: list[_Row] = []
        self._others: list[_Row] = []

    def look_at(self, rows: pa.RecordBatch) -> None:
        """Notes rows that may have a twin (of :data:`~product_importer.pipeline.convert.MAPPED_SCHEMA`)."""
        if min(len(self._marked), len(self._plain), len(self._others)) >= MOST:
            return
        keys = rows.column("sku_key")
        if not Leading(keys).may_begin_with(b"0123456789"):
            return
        if len(self._marked) < MOST:
            likely = pc.or_(pc.starts_with(keys, "0"), pc.ends_with(keys, ".0"))
            likely = pc.or_(likely, pc.ends_with(keys, ".00"))
            self._note(self._marked, rows, likely, _MARKED)
        if len(self._plain) < MOST:
            plain = pc.and_not(pc.ascii_is_decimal(keys), pc.starts_with(keys, "0"))
            self._note(self._plain, rows, plain, None)
        if len(self._others) < MOST:
            others = pc.match_substring_regex(keys, f"^(?:{DECIMAL}|{DATE})$")
            self._note(self._others, rows, others, _DECIMAL_OR_DATE)

    async def find(self, contents: Contents, lease: Lease, thread: SideThread) -> None:
        """Warns of the rows whose twin is in the file or is the SKU of a product, and of new dates."""
        rows = sorted((*self._marked, *self._plain, *self._others), key=lambda row: row.record)
        if not rows:
            return
        lengths = (await lease.zero_led_lengths())[:_LENGTHS] if self._plain else []
        wanted = await thread.call(lambda: {row.key: list(_possible(row.key, lengths)) for row in rows})
        asked = await thread.call(lambda: [*wanted, *chain.from_iterable(wanted.values())])
        stored = set(await lease.present(asked))
        origins = {_origin(row.key) for row in self._marked}
        in_file = await thread.call(lambda: _lines_of(contents.spool, origins)) if origins else {}
        column = contents.mapping.column_of("sku")
        for row in rows:
            line = in_file.get(_origin(row.key)) if _MARKED.fullmatch(row.key) else None
            twin = next((key for key in wanted[row.key] if key in stored), "")
            found = _stored_twin(row.key, twin, new=row.key not in stored)
            if line is not None:
                found = _twin(row.key, _origin(row.key), f"on {contents.place} {line}")
            if found is not None:
                code, message = found
                contents.warnings.add(
                    code, 1, [RowWarning(code, message, row.line, row.record, column, row.sku)]
                )

    @staticmethod
    def _note(
        into: list[_Row], rows: pa.RecordBatch, mask: pa.BooleanArray, pattern: re.Pattern[str] | None
    ) -> None:
        places = np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))[: MOST - len(into)]
        if not len(places):
            return
        taken = rows.select(["line", "record", "sku", "sku_key"]).take(pa.array(places))
        for line, record, sku, key in zip(*(column.to_pylist() for column in taken.columns), strict=True):
            if pattern is None or pattern.fullmatch(key):
                into.append(_Row(line, record, sku, key))


def _origin(key: str) -> str:
    """The number in the key, without leading zeros and without zeros after a point."""
    return key.partition(".")[0] if "." in key else key.lstrip("0") or "0"


def _possible(key: str, lengths: Iterable[int]) -> Iterator[str]:
    """The keys that a twin could have."""
    if _MARKED.fullmatch(key):
        if (origin := _origin(key)) != key:
            yield origin
    elif key.isdecimal():
        yield f"{key}.0"
        for length in lengths:
            if length > len(key):
                yield key.zfill(length)
        yield from texts_of_number(key)
    elif not _DATE.fullmatch(key):
        yield from texts_of_number(key)


def _stored_twin(key: str, twin: str, *, new: bool) -> tuple[str, str] | None:
    """The code and the message of a SKU's warning; None if there is nothing to warn of.

    ``twin``: that of a product; blank if there is none. ``new``: whether no product has the SKU itself.
    """
    if twin:
        code, message = _twin(key, twin, "of a product that is there already")
        return (code, message) if new or code != WarningCode.NUMBER_TWIN else None
    if new and _DATE.fullmatch(key):
        return WarningCode.SKU_DATE, (
            "The SKU is a date or a time, and no product has it: spreadsheets take texts such as 3-4 and 1/2 "
            "for dates. If it was another text, correct the SKU."
        )
    return None


def _twin(key: str, twin: str, where: str) -> tuple[str, str]:
    code, why = _reason(key, twin)
    message = f"The SKU looks like {twin} {where}: {why} If they are the same product, correct the SKU."
    return code, message


def _reason(key: str, twin: str) -> tuple[str, str]:
    if _origin(key) == _origin(twin) and any(map(_POINT_ZERO.fullmatch, (key, twin))):
        return WarningCode.POINT_ZERO, "spreadsheets add .0 to numbers."
    if key.isdecimal() and twin.isdecimal():
        return WarningCode.LEADING_ZERO, "spreadsheets drop zeros before numbers."
    return WarningCode.NUMBER_TWIN, "spreadsheets take such texts for numbers."


def _lines_of(spool: Spool, keys: Iterable[str]) -> Mapping[str, int]:
    """Maps each of these keys that the file has to its first line."""
    wanted = pa.array(sorted(keys))
    lines: dict[str, int] = {}
    for batch in spool:
        rows = batch.rows.select(["sku_key", "line"])
        found = rows.filter(pc.is_in(rows.column("sku_key"), wanted))
        for key, line in zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True):
            lines.setdefault(key, line)
    return lines
