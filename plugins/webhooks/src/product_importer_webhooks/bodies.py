"""Makes the bodies of requests from events; the same delivery always gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from product_importer.ports import EventBatch
from product_importer.wire import event_objects
from product_importer_webhooks.detail import MOST_BYTES, sizes, with_only, with_query
from product_importer_webhooks.model import TEST, Delivery, Part

if TYPE_CHECKING:
    from product_importer_webhooks.model import EndpointDraft

MOST_EVENTS: Final = 100
"""Maximum number of events in a request of the mode ``batch``. If they have values, there may be fewer, so
that the body stays below :data:`~product_importer_webhooks.detail.MOST_BYTES`.
"""

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

MIXED: Final = "mixed"

_IMPORTS: Final = "import:"
"""The prefix of actors that are imports."""

_SUMMARY_TYPES: Final = ("import.completed", "import.failed")


def wanted(batch: EventBatch, sku_prefix: str) -> pa.BooleanArray | None:
    """Returns a mask of the events that an endpoint with this prefix wants; None stands for all."""
    if not sku_prefix or "sku" not in batch.data.schema.names:
        return None
    return pc.starts_with(batch.data.column("sku"), sku_prefix)


def counted(batch: EventBatch, draft: EndpointDraft) -> int:
    """Returns how many of the events the endpoint wants."""
    if draft.mode == "summary" and batch.type not in _SUMMARY_TYPES:
        return 0
    if draft.events and batch.type not in draft.events:
        return 0
    if draft.source != "any" and batch.actor.startswith(_IMPORTS) is not (draft.source == "imports"):
        return 0
    mask = wanted(batch, draft.sku_prefix)
    return batch.data.num_rows if mask is None else int(pc.sum(mask).as_py() or 0)


def products_of(batch: EventBatch, sku_prefix: str) -> list[int]:
    """Returns the product of each event that an endpoint with this prefix wants; an empty list if the events
    are not about products.
    """
    if "product_id" not in batch.data.schema.names:
        return []
    ids = batch.data.column("product_id")
    mask = wanted(batch, sku_prefix)
    products: list[int] = (ids if mask is None else ids.filter(mask)).to_pylist()
    return products


def parts_of(batch: EventBatch, draft: EndpointDraft) -> Iterator[tuple[Part, int]]:
    """Yields the parts of a batch, the events of each request, with the maximum number of bytes of each."""
    mask = wanted(batch, draft.sku_prefix)
    data = with_only(batch, draft.values).data
    most = MOST_EVENTS if draft.mode == "batch" else 1
    start = count = size = 0
    for each in sizes(data if mask is None else data.filter(mask)):
        if count == most or size + each > MOST_BYTES:
            yield Part(batch.id, batch.first, start, count), size
            start, count, size = start + count, 0, 0
        count, size = count + 1, size + each
    if count:
        yield Part(batch.id, batch.first, start, count), size


def fits(group: Sequence[Delivery], one: Delivery) -> bool:
    """Returns whether the delivery fits into one request with the group; none of them was ever begun."""
    first = group[0]
    return (
        first.mode == one.mode == "batch"
        and (first.day, first.sku_prefix, first.values) == (one.day, one.sku_prefix, one.values)
        and sum(each.events for each in group) + one.events <= MOST_EVENTS
        and sum(each.size for each in group) + one.size <= MOST_BYTES
    )


def merged(deliveries: Iterable[Delivery]) -> list[list[Delivery]]:
    """Groups deliveries that were never begun: each group fits into one request. The order is kept."""
    groups: list[list[Delivery]] = []
    for delivery in deliveries:
        if groups and fits(groups[-1], delivery):
            groups[-1].append(delivery)
        else:
            groups.append([delivery])
    return groups


def merge(group: Sequence[Delivery]) -> Delivery:
    """Returns one delivery that replaces those of the group."""
    first = group[0]
    types = {each.type for each in group}
    return replace(
        first,
        parts=tuple(part for each in group for part in each.parts),
        events=sum(each.events for each in group),
        size=sum(each.size for each in group),
        type=types.pop() if len(types) == 1 else MIXED,
        products=None if first.products is None else frozenset().union(*(it.products or () for it in group)),
    )


def parts_text(parts: Iterable[Part]) -> str:
    """Returns the parts as they are stored: ``[[batch_id, first, start, count], …]``."""
    return json.dumps([[part.batch_id, part.first, part.start, part.count] for part in parts])


@dataclass(frozen=True, slots=True)
class Payloads:
    """The batches that deliveries refer to, by day, id and first event."""

    batches: Mapping[tuple[date, str, int], EventBatch]

    def body(self, delivery: Delivery) -> bytes:
        """Returns the body of the request. Raises KeyError if a payload is missing."""
        events = [event for part in delivery.parts for event in self._events(delivery, part)]
        document: Any = {"type": "batch", "events": events}
        if delivery.mode != "batch":
            (document,) = events
        if delivery.mode == "summary" and delivery.type != TEST:
            changes = f"/api/v1/webhooks/changes?import_id={document['data']['import_id']}"
            document["changes"] = changes + with_query(delivery.values)
        return _encode(document).encode()

    def _events(self, delivery: Delivery, part: Part) -> Iterator[dict[str, Any]]:
        batch = with_only(self.batches[delivery.day, part.batch_id, part.first], delivery.values)
        mask = wanted(batch, delivery.sku_prefix)
        if mask is None:
            yield from event_objects(batch, part.start, part.count)
            return
        for number in pc.indices_nonzero(mask).slice(part.start, part.count).to_pylist():
            yield from event_objects(batch, number, 1)


NO_PAYLOADS: Final = Payloads({})
