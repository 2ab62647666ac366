"""The metrics of this process for Prometheus."""

from __future__ import annotations

from typing import Final

from aiohttp.hdrs import METH_ALL
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SWITCHED: Final = 101  # to a websocket, which stays open
_PREFIX: Final = "product_importer_"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics, in a registry of their own, so that several applications may run in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            f"{_PREFIX}http_requests",
            "Requests, by their line in the route table.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            f"{_PREFIX}http_request_seconds",
            "Time until a request was answered; not of websockets.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.watchers = self._gauge("progress_watchers", "Websockets that follow progress.")
        self.imports = self._gauge("imports", "Imports in the database.", "status")
        self.jobs = self._gauge("jobs", "Wake-ups that wait or are being followed.", "kind")
        self.events = self._gauge("event_batches_unseen", "Batches of events that no relay has seen yet.")
        self.sinks = self._gauge(
            "sink_batches", "Batches of events that a sink is to get, or that were given up.", "sink", "state"
        )
        self.oldest = self._gauge(
            "sink_oldest_seconds", "Age of the oldest events that a sink is still to get.", "sink"
        )
        self.up = self._gauge("dependency_up", "Whether it could be asked: 1, or 0.", "dependency")
        self._figures_up = self._gauge(
            "figures_up", "Whether a plugin's figures are here: 1, or 0.", "figures"
        )
        self._figures_known: dict[str, bool] = {}

    def _gauge(self, name: str, help_: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, help_, labels, registry=self.registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts a request. ``route`` is the route's name; ``status`` is 0 if the connection was lost."""
        known = method if method in METH_ALL else "other"  # clients must not be able to create new series
        self.requests.labels(route, known, status or "lost").inc()
        if status != _SWITCHED:
            self.seconds.labels(route).observe(seconds)

    def figures_are(self, name: str, *, up: bool) -> bool:
        """Records whether a plugin's figures can be shown; returns whether that has changed."""
        news = self._figures_known.get(name) is not up
        self._figures_known[name] = up
        self._figures_up.labels(name).set(up)
        return news
