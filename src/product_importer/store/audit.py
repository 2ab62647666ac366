"""Reads the log of acts and the log of changes together, the latest first."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.model.audit import AuditEntry, AuditFilter
from product_importer.store.queries import statements

if TYPE_CHECKING:
    import asyncpg

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PLACE: Final = re.compile(r"([0-9]{1,17})-(act|change)-([0-9]{1,18})")
_IMPORT: Final = re.compile(r"import:([0-9]{1,18})")

_OF_ACTS: Final = MappingProxyType(
    {
        "actor": "actor = {0}::text",
        "action": "action = {0}::text",
        "subject": "subject = {0}::text",
        "since": "occurred_at >= {0}::timestamptz",
        "until": "occurred_at < {0}::timestamptz",
    }
)
_OF_CHANGES: Final = MappingProxyType(
    {
        "actor": "actor = {0}::text",
        "action": "'products.' || kind = {0}::text",
        "subject": "import_id = {0}::text::bigint",
        "since": "at >= {0}::timestamptz",
        "until": "at < {0}::timestamptz",
    }
)
"""The conditions of each log for each field of a filter."""

_BEFORE: Final = """
{at} <= {0}::timestamptz AND ({at}, '{log}'::text, {number}) < ({0}::timestamptz, {1}::text, {2}::bigint)
"""


class _Conditions:
    """Conditions of both logs, and the values of their parameters, after that of the limit."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.acts: list[str] = []
        self.changes: list[str] = []
        self.earlier_acts = self.earlier_changes = "true"

    def parameter(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values) + 1}"

    def add(self, only: AuditFilter) -> None:
        for name, value in asdict(only).items():
            if value is not None:
                self.acts.append(_OF_ACTS[name].format(self.parameter(value)))
                self._add_to_changes(name, value)

    def _add_to_changes(self, name: str, value: object) -> None:
        if name == "subject":  # changes of products know their import only
            found = _IMPORT.fullmatch(str(value))
            if found is None:
                self.changes.append("false")
                return
            value = found[1]
        self.changes.append(_OF_CHANGES[name].format(self.parameter(value)))

    def before(self, place: str) -> None:
        found = _PLACE.fullmatch(place)
        if found is None:
            raise UsageError(f"The list can't be continued from {quoted(place)}. Begin at its start.")
        at = _EPOCH + int(found[1]) * _MICROSECOND
        places = [self.parameter(value) for value in (at, found[2], int(found[3]))]
        self.earlier_acts = _BEFORE.format(*places, at="occurred_at", log="act", number="id")
        self.earlier_changes = _BEFORE.format(*places, at="at", log="change", number="number")


def audit_query(only: AuditFilter, before: str | None) -> tuple[str, list[object]]:
    """Returns the statement, and the values of its parameters after the limit. Raises :class:`UsageError` for
    a place that isn't one.
    """
    conditions = _Conditions()
    conditions.add(only)
    if before is not None:
        conditions.before(before)
    statement = statements("actions")["audit"].format(
        acts=" AND ".join(conditions.acts) or "true",
        changes=" AND ".join(conditions.changes) or "true",
        earlier_acts=conditions.earlier_acts,
        earlier_changes=conditions.earlier_changes,
    )
    return statement, conditions.values


def entry_of(row: asyncpg.Record) -> AuditEntry:
    place = f"{(row['at'] - _EPOCH) // _MICROSECOND}-{row['log']}-{row['number']}"
    return AuditEntry(
        place, row["at"], row["actor"], row["action"], row["subject"], row["products"], row["author"]
    )
