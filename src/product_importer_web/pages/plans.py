"""The part of an import's page that shows its plan: what would change, product by product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from product_importer import Importer
from product_importer.errors import ConflictError
from product_importer.fields import DECIMAL, INTEGER, PRODUCT, of_kind
from product_importer.model import (
    LARGE_MOVE,
    ChangeSort,
    ChangeSummary,
    ImportState,
    ListedChange,
    Status,
    ValueChange,
)
from product_importer.product import price_text
from product_importer_web.api.changes import WantedQuery
from product_importer_web.declarations import Place
from product_importer_web.formats import grouped

_PAGE_CHANGES: Final = 50
_VALUE_CHARS: Final = 200

_TITLES: Final = {field.name: field.title for field in PRODUCT}
_NUMBERS: Final = of_kind(DECIMAL, INTEGER)

KINDS: Final = {"created": "New", "updated": "Changed", "deactivated": "Deactivated", "deleted": "Deleted"}
NOTABLE: Final = {
    "price_moved": "Prices that move by more than half",
    "value_lost": "Values that are lost",
    "deactivated": "Deactivated products",
    "deleted": "Deleted products",
}


class PlanQuery(WantedQuery, frozen=True):
    """Which changes are shown, and in which order. ``place``: how many were shown before."""

    sort: ChangeSort = "-size"
    place: Place = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A value before and after a change. ``number``: whether the values are numbers; ``note``: what stands
    out about the change, or by how much a price moves; ``large``: whether that stands out.
    """

    title: str
    before: str
    after: str
    number: bool = False
    note: str = ""
    large: bool = False


async def plan_of(importer: Importer, state: ImportState, given: PlanQuery) -> dict[str, Any] | None:
    """Returns what the page shows of the import's plan; None if it has none."""
    if state.status is not Status.PLANNED:
        return None
    try:
        page = await importer.imports.plan(
            state.id, **given.wanted, sort=given.sort, after=given.place, limit=_PAGE_CHANGES
        )
    except ConflictError:  # a dry run of an earlier version of the program
        return None
    return {
        "summary": page.summary,
        "given": given,
        "filtered": any(given.wanted.values()),
        "chips": list(_chips(state, page.summary, given)),
        "total": page.total,
        "changes": [(change, KINDS[change.kind], _lines(change)) for change in page.changes],
        "first": _address(state, given) if given.place else None,
        "next": _address(state, given, place=page.next) if page.next is not None else None,
        "file": f"/api/v1/imports/{state.id}/changes.csv?{urlencode(_filters(given))}",
    }


def _filters(given: PlanQuery, **other: Any) -> dict[str, Any]:
    return {name: value for name, value in (given.wanted | other).items() if value}


def _address(state: ImportState, given: PlanQuery, **other: Any) -> str:
    sort = {"sort": given.sort} if given.sort != "-size" else {}
    return f"/imports/{state.id}?{urlencode(_filters(given, **other) | sort)}#plan"


def _chips(
    state: ImportState, summary: ChangeSummary, given: PlanQuery
) -> Iterator[tuple[str, int, str, bool]]:
    """Yields the filters that find anything: the words, the number, the address, and whether it is chosen.
    Choosing it again takes it away.
    """
    groups: tuple[tuple[str, Mapping[str, int], Mapping[str, str]], ...] = (
        ("kind", summary.kinds, KINDS),
        ("notable", summary.notable, NOTABLE),
        ("field", summary.fields, _TITLES),
    )
    for name, numbers, words in groups:
        for value, number in numbers.items():
            if name == "notable" and value in summary.kinds:
                continue
            chosen = getattr(given, name) == value
            address = _address(state, given, **{name: None if chosen else value})
            yield words[value], number, address, chosen


def _lines(change: ListedChange) -> list[Line]:
    """Returns a line for each value that changes; one line for a product that comes or goes."""
    if change.kind == "created":
        return [Line("New product", "", _product(change, "after"))]
    if change.kind == "deleted":
        return [Line("Deleted", _product(change, "before"), "")]
    return [line for name, values in change.changes.items() for line in _changed(change, name, values)]


def _changed(change: ListedChange, name: str, values: ValueChange) -> Iterator[Line]:
    if name == "attributes":
        before, after = (each if isinstance(each, dict) else {} for each in (values.before, values.after))
        for key in dict.fromkeys((*before, *after)):
            if before.get(key) != after.get(key):
                gone = key not in after
                yield Line(key, _text(before.get(key)), _text(after.get(key)), note=_lost(gone), large=gone)
        return
    gone = values.before is not None and values.after is None
    note, large = _lost(gone), gone
    if name == "price" and change.price_moves is not None:
        note, large = f"{change.price_moves:+.0%}", abs(change.price_moves) > LARGE_MOVE
        note = f"{note}, more than half" if large else note
    yield Line(_TITLES[name], _text(values.before), _text(values.after), name in _NUMBERS, note, large)


def _lost(gone: bool) -> str:
    return "The value is lost" if gone else ""


def _product(change: ListedChange, when: str) -> str:
    """Returns the name and the price of a product that comes or goes."""
    values = (change.changes.get(name) for name in ("name", "price"))
    return " · ".join(_text(getattr(each, when)) for each in values if each is not None)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return price_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return grouped(value)
    text = str(value)
    return f"{text[:_VALUE_CHARS]}…" if len(text) > _VALUE_CHARS else text
