"""The records of webhooks: endpoints, deliveries, attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

Mode = Literal["single", "batch", "summary"]
Source = Literal["any", "imports", "edits"]
State = Literal["waiting", "held", "delivered", "failed", "cancelled"]

MODES: Final[tuple[Mode, ...]] = ("batch", "single", "summary")
SOURCES: Final[tuple[Source, ...]] = ("any", "imports", "edits")
STATES: Final[tuple[State, ...]] = ("waiting", "held", "delivered", "failed", "cancelled")

EVENT_TYPES: Final = (
    "product.created",
    "product.updated",
    "product.deleted",
    "import.completed",
    "import.failed",
)

BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "timeout_seconds": (1, 60),
    "concurrency": (1, 32),
    "rate_limit": (1, 10_000),
}
"""The least and the most that these numbers of an endpoint may be."""

LONGEST_DESCRIPTION: Final = 500
LONGEST_PREFIX: Final = 255

TEST: Final = "test"
"""The type of the event by which somebody tries an endpoint. It tells of nothing."""


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """What a user says of an endpoint.

    ``events``: types; none are all. ``sku_prefix``: only products whose SKU begins so; events of imports come
    anyway. ``source``: everything, what imports caused, or what they did not. ``ordered``: the events of one
    product come in the order in which they were committed. ``rate_limit``: requests a second, or None.
    ``headers`` go with every request.
    """

    url: str
    description: str = ""
    events: tuple[str, ...] = ()
    sku_prefix: str = ""
    source: Source = "any"
    mode: Mode = "batch"
    ordered: bool = False
    enabled: bool = True
    timeout_seconds: int = 15
    concurrency: int = 4
    rate_limit: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it is. ``secrets``: those to sign with; for a while after a change there are two.

    ``failing_since``: since then every attempt has failed, ``failures`` in a row. ``paused_until``: it is
    left alone until then. ``disabled_reason``: why it was disabled by the program.
    """

    id: int
    draft: EndpointDraft
    secrets: tuple[bytes, ...]
    previous_until: datetime | None
    created_at: datetime
    failing_since: datetime | None
    failures: int
    paused_until: datetime | None
    warned_at: datetime | None
    disabled_reason: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an endpoint is still to get, ``oldest_at`` the oldest of it, and what became of the rest."""

    waiting: int = 0
    oldest_at: datetime | None = None
    held: int = 0
    failed: int = 0
    failed_tests: int = 0
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """How an endpoint fares: requests and events that wait, since when the oldest one does, and how often
    attempts ended in each way, ever.
    """

    endpoint: Endpoint
    waiting: int
    events: int
    oldest_at: datetime | None
    attempts: Mapping[str, int]

    @property
    def succeeded(self) -> int:
        return self.attempts.get("success", 0)

    @property
    def failed(self) -> int:
        return sum(self.attempts.values()) - self.succeeded


@dataclass(frozen=True, slots=True)
class Part:
    """``count`` of a payload's events that the endpoint wants, the first of them number ``start``."""

    batch_id: str
    first: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request, sent until it succeeds or is given up. ``id`` and body stay the same.

    ``products``: those that it tells of, where it has to wait for what comes before and tells of the same;
    else None.
    """

    day: date
    id: UUID
    mode: Mode
    sku_prefix: str
    type: str
    parts: tuple[Part, ...]
    events: int
    attempts: int
    due_at: datetime
    created_at: datetime
    position: int = 0
    products: frozenset[int] | None = None

    def leased(self, until: datetime) -> Delivery:
        """This delivery, as it is once a sender has taken it until that time."""
        return replace(self, due_at=until)

    @property
    def message_id(self) -> str:
        """The ``webhook-id``: the same at every attempt."""
        return f"msg_{self.id.hex}"


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery as the log shows it. ``type``: its events' type, or ``mixed``."""

    id: UUID
    mode: Mode
    type: str
    events: int
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    error: str | None


AttemptClass = Literal[
    "success", "redirect", "client error", "server error", "throttled", "gone",
    "timeout", "dns", "tls", "connection", "forbidden address", "protocol",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try went. ``error`` is a sentence for people; ``answer`` is the beginning of what came back.

    ``retry_after``: seconds that the receiver asked for.
    """

    at: datetime
    milliseconds: int
    kind: AttemptClass
    status: int | None
    error: str | None
    request: Mapping[str, str]
    response: Mapping[str, str]
    answer: str
    retry_after: float | None = None
    number: int = 1

    @property
    def succeeded(self) -> bool:
        return self.kind == "success"
