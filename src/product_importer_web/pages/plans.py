"""The part of an import's page that shows what would change, or what has changed, product by product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from product_importer import Importer
from product_importer.errors import ConflictError, HistoryGone
from product_importer.fields import DECIMAL, INTEGER, PRODUCT, of_kind
from product_importer.model import (
    CHANGE_KINDS,
    LARGE_MOVE,
    PAGE_CHANGES,
    ChangeKind,
    ChangeSort,
    ChangeSummary,
    ImportState,
    ListedChange,
    Status,
    ValueChange,
)
from product_importer.product import price_text
from product_importer_web.api.changes import WantedQuery, changes_page
from product_importer_web.api.outgoing import CSV
from product_importer_web.declarations import Place
from product_importer_web.formats import grouped, moved
from product_importer_web.pages import words

_VALUE_CHARS: Final = 200

_MANY_LOST: Final = 10
"""From so many products on that lose the value of a field, the page asks before a plan is applied."""

_TITLES: Final = {field.name: field.title for field in PRODUCT}
_NUMBERS: Final = of_kind(DECIMAL, INTEGER)

KINDS: Final = {"created": "New", "updated": "Changed", "deactivated": "Deactivated", "deleted": "Deleted"}
_BACK: Final = {"created": "Back"}
"""Where an undo is spoken of otherwise: what it creates has been there before."""

NOTABLE: Final = {
    "price_moved": "Prices that move by more than half",
    "value_lost": "Values that are lost",
    "deactivated": "Deactivated products",
    "deleted": "Deleted products",
}


_NOT_KNOWN: Final = "The value afterwards isn't known: another program has deleted the product"

ORDERS: Final = {"-size": "What stands out first", "line": "As in the file", "sku": "By SKU"}


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
    """Returns what the page shows of the import's plan or, once it has ended, of what it has changed; None
    if there is nothing to show. ``gone``: why an ended import's changes can't be shown.
    """
    if not state.ended:
        return None
    try:
        page = await changes_page(
            importer, state, **given.wanted, sort=given.sort, after=given.place, limit=PAGE_CHANGES
        )
    except HistoryGone as gone:
        return {"gone": str(gone)}
    except ConflictError:  # a dry run of an earlier version of the program
        return None
    planned = state.status is Status.PLANNED
    kinds = KINDS | _BACK if state.kind == "undo" else KINDS
    if not planned and not page.summary.kinds:
        return None
    return {
        "gone": "",
        "title": "What would change" if planned else "What has changed",
        "counts": {} if planned else _counts(state, page.summary),
        "orders": ORDERS if planned and state.kind != "undo" else ORDERS | {"line": "As they were made"},
        "losses": list(_losses(page.summary)) if planned else [],
        "summary": page.summary,
        "given": given,
        "filtered": any(given.wanted.values()),
        "chips": list(_chips(state, page.summary, given, kinds)),
        "total": page.total,
        "changes": [(change, kinds[change.kind], _lines(change, kinds)) for change in page.changes],
        "first": _address(state, given) if given.place else None,
        "next": _address(state, given, place=page.next) if page.next is not None else None,
        "files": {
            title: f"/api/v1/imports/{state.id}/changes.{name}?{urlencode(_filters(given))}"
            for name, title in words.exports(importer, (CSV, *importer.plugins.exporters)).items()
        },
    }


def _losses(summary: ChangeSummary) -> Iterator[str]:
    """Yields what would be lost: it has to be confirmed before the plan is applied."""
    for kind in ("deleted", "deactivated"):
        if number := summary.kinds.get(kind):
            yield f"{_products(number)} {'is' if number == 1 else 'are'} {kind}"
    for field, number in summary.lost.items():
        if number >= _MANY_LOST:
            yield f"{_products(number)} lose the value of {_TITLES[field]}"


def _products(number: int) -> str:
    return f"{grouped(number)} {'product' if number == 1 else 'products'}"


def _counts(state: ImportState, summary: ChangeSummary) -> Mapping[str, str]:
    """Returns the addresses of the lists of products that the import's counts stand for. A count that other
    products are part of, such as products that were only deactivated, leads to the list of all.
    """
    kinds: dict[str, ChangeKind] = {kind: kind for kind in CHANGE_KINDS} | {"removed": "deleted"}
    every = _address(state, PlanQuery())
    return {
        name: _address(state, PlanQuery(kind=kind)) if summary.kinds.get(kind) == number else every
        for name, kind in kinds.items()
        if (number := getattr(state.counts, name))
    }


def _filters(given: PlanQuery, **other: Any) -> dict[str, Any]:
    return {name: value for name, value in (given.wanted | other).items() if value}


def _address(state: ImportState, given: PlanQuery, **other: Any) -> str:
    sort = {"sort": given.sort} if given.sort != "-size" else {}
    return f"/imports/{state.id}?{urlencode(_filters(given, **other) | sort)}#plan"


def _chips(
    state: ImportState, summary: ChangeSummary, given: PlanQuery, kinds: Mapping[str, str]
) -> Iterator[tuple[str, int, str, bool]]:
    """Yields the filters that find anything: the words, the number, the address, and whether it is chosen.
    Choosing it again takes it away.
    """
    groups: tuple[tuple[str, Mapping[str, int], Mapping[str, str]], ...] = (
        ("kind", summary.kinds, kinds),
        ("notable", summary.notable, NOTABLE),
        ("field", summary.fields, _TITLES),
    )
    for name, numbers, titles in groups:
        for value, number in numbers.items():
            if name == "notable" and value in summary.kinds:
                continue
            chosen = getattr(given, name) == value
            address = _address(state, given, **{name: None if chosen else value})
            yield titles[value], number, address, chosen


def _lines(change: ListedChange, kinds: Mapping[str, str]) -> list[Line]:
    """Returns a line for each value that changes; one line for a product that comes or goes."""
    if change.kind == "created":
        known = "" if change.after_known else _NOT_KNOWN
        return [Line(f"{kinds['created']} product", "", _product(change, "after"), note=known)]
    if change.kind == "deleted":
        return [Line("Deleted", _product(change, "before"), "")]
    return [line for name, values in change.changes.items() for line in _changed(change, name, values)]


def _changed(change: ListedChange, name: str, values: ValueChange) -> Iterator[Line]:
    if not change.after_known:
        yield Line(_TITLES[name], _text(values.before), "", name in _NUMBERS, _NOT_KNOWN)
        return
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
        note, large = moved(change.price_moves), abs(change.price_moves) > LARGE_MOVE
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
