"""Decides which deliveries may go if the events of each product must be sent in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from product_importer_webhooks.bodies import fits

if TYPE_CHECKING:
    from product_importer_webhooks.model import Delivery


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting delivery. ``due``: it may be sent now, as far as its time goes. ``begun``: its
    body is fixed.
    """

    delivery: Delivery
    due: bool
    begun: bool


def next_in_order(waiting: Iterable[Waiting], most: int) -> list[list[Waiting]]:
    """Returns the deliveries that may be sent now: at most ``most`` groups, each of which makes one request.

    A delivery about a product waits until all earlier deliveries about the same product have arrived or were
    given up. No two groups are about the same product. Deliveries that were never begun share a request if
    they fit into it.
    """
    groups: list[list[Waiting]] = []
    last: set[int] = set()
    before: set[int] = set()  # the products of all earlier deliveries except those of the last group
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
