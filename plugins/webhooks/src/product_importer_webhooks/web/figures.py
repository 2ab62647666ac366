"""The webhooks' metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from product_importer_webhooks.web.common import HEALTH, health, webhooks_of

if TYPE_CHECKING:
    from aiohttp import web

_PREFIX: Final = "product_importer_webhooks_"


async def figures(request: web.Request) -> Iterable[Metric]:
    """Returns the metrics of each endpoint, labelled by its number, since its URL may be a secret."""
    waiting = _gauge("waiting_requests", "Requests that haven't arrived and aren't given up.")
    events = _gauge("waiting_events", "Events in these requests.")
    oldest = _gauge("oldest_seconds", "Age of the oldest of these requests.")
    failures = _gauge("failures_in_a_row", "Attempts that failed since the last one that succeeded.")
    state = _gauge(
        "health", "1 for the state in which it is: paused where it is left alone for a while.", "state"
    )
    attempts = CounterMetricFamily(
        f"{_PREFIX}attempts", "Attempts, by how they ended.", labels=("webhook", "outcome")
    )
    now = datetime.now(UTC)
    for each in await (await webhooks_of(request)).figures():
        number = str(each.endpoint.id)
        waiting.add_metric([number], each.waiting)
        events.add_metric([number], each.events)
        oldest.add_metric([number], 0.0 if each.oldest_at is None else (now - each.oldest_at).total_seconds())
        failures.add_metric([number], each.endpoint.failures)
        for name in HEALTH:
            state.add_metric([number, name], name == health(each.endpoint, each.succeeded, each.failed))
        for outcome, count in sorted(each.attempts.items()):
            attempts.add_metric([number, outcome], count)
    return waiting, events, oldest, failures, state, attempts


def _gauge(name: str, help_: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, help_, labels=("webhook", *labels))
