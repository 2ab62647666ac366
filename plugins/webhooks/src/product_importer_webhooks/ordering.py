"""Which deliveries may go, where the events of a product have to come in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from product_importer_webhooks.bodies import fits

if TYPE_CHECKING:
    from product_importer_webhooks.model import Delivery


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that hasn't arrived. ``due``: it may go now, were it alone. ``begun``: its body is fixed."""

    delivery: Delivery
    due: bool
    begun: bool


def next_in_order(waiting: Iterable[Waiting], most: int) -> list[list[Waiting]]:
    """The waiting deliveries that may be sent now, in groups of one request each, at most so many groups.

    What tells of a product waits until all that is before it and tells of the same one has arrived, or was
    given up. No two requests tell of the same product. Deliveries that were never begun share one where they
    fit: a group is one request.
    """
    groups: list[list[Waiting]] = []
    last: set[int] = set()
    before: set[int] = set()  # but for those of the last group
    for each in waiting:
        products = each.delivery.products or frozenset()
        if not each.due or not products.isdisjoint(before):
            before |= products
        elif groups and _shares(groups[-1], each):
            groups[-1].append(each)
            last |= products
        elif len(groups) == most:
            break
        elif products.isdisjoint(last):
            before |= last
            last = set(products)
            groups.append([each])
        else:
            before |= products
    return groups


def _shares(group: list[Waiting], one: Waiting) -> bool:
    return not one.begun and not group[0].begun and fits([it.delivery for it in group], one.delivery)
