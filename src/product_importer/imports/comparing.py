"""Compares an import with an earlier one of the same kind."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from product_importer.model.import_lists import Alike, Comparison, Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.model import ImportState

ROWS_CHANGE: Final = 0.2
"""The number of rows read is unusual if it differs by more than this share of the earlier number."""

SHARE_CHANGE: Final = 0.2
"""Another count is unusual if its share of the rows read differs by more than this."""

TROUBLE_CHANGE: Final = 0.01
"""The count of rejected rows, of warnings, or of products that go is unusual if its share differs by more."""

FEW: Final = 5
"""A difference of fewer rows than these is never unusual."""

_TROUBLE: Final = frozenset({"invalid", "deleted", "deactivated", "removed"})


def compared(state: ImportState, before: ImportState, alike: Alike) -> Comparison:
    """Returns what differs between the two, and whether it stands out."""
    read, earlier = state.counts.read, before.counts.read

    def figure(name: str, value: int, former: int, limit: float) -> Figure:
        change = abs(_share(value, read) - _share(former, earlier))
        return Figure(name, value, former, abs(value - former) >= FEW and change > limit)

    far = abs(read - earlier) >= FEW and abs(read - earlier) > ROWS_CHANGE * earlier
    figures = [Figure("read", read, earlier, far)]
    figures += [
        figure(name, value, former, TROUBLE_CHANGE if name in _TROUBLE else SHARE_CHANGE)
        for name, value, former in _pairs(asdict(state.counts), asdict(before.counts))
        if name != "read"
    ]
    return Comparison(
        state.id,
        before.id,
        alike,
        tuple(figures),
        tuple(figure(*pair, TROUBLE_CHANGE) for pair in _pairs(state.warnings, before.warnings)),
        _without(state.header, before.header),
        _without(before.header, state.header),
    )


def _pairs(now: Mapping[str, int], then: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Returns the numbers of both under each name, in order, without those that are 0 in both."""
    names = dict.fromkeys((*now, *then))
    pairs = [(name, now.get(name, 0), then.get(name, 0)) for name in names]
    return [(name, value, former) for name, value, former in pairs if value or former]


def _share(number: int, read: int) -> float:
    return number / read if read else 0.0


def _without(header: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    known = frozenset(other)
    return tuple(name for name in header if name not in known)
