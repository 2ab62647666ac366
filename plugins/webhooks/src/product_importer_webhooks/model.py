"""The records of webhooks: endpoints, deliveries, attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

if TYPE_CHECKING:
    from product_importer.ports import EventValues

Mode = Literal["single", "batch", "summary"]
Source = Literal["any", "imports", "edits"]
State = Literal["waiting", "held", "delivered", "failed", "cancelled"]

MODES: Final[tuple[Mode, ...]] = ("batch", "single", "summary")
SOURCES: Final[tuple[Source, ...]] = ("any", "imports", "edits")
VALUES: Final[tuple[EventValues, ...]] = ("none", "changed", "full")
"""The values that an endpoint may ask for. Each includes those before it."""

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
"""The minimum and the maximum of these numbers of an endpoint."""

LONGEST_DESCRIPTION: Final = 500
LONGEST_PREFIX: Final = 255

TEST: Final = "test"
"""The type of the event by which a user tests an endpoint. It carries no information."""


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint as a user describes it.

    ``events``: event types; an empty tuple means all. ``sku_prefix``: only products whose SKU begins with it;
    events of imports are sent anyway. ``source``: all events, those that imports caused, or the others.
    ``values``: no values of products, those of changed fields, or all.
    ``ordered``: the events of one product are sent in the order in which they were committed. ``rate_limit``:
    requests per second, or None. ``headers`` are sent with every request.
    """

    url: str
    description: str = ""
    events: tuple[str, ...] = ()
    sku_prefix: str = ""
    source: Source = "any"
    mode: Mode = "batch"
    values: EventValues = "none"
    ordered: bool = False
    enabled: bool = True
    timeout_seconds: int = 15
    concurrency: int = 4
    rate_limit: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A stored endpoint. ``secrets``: the keys to sign with; for a while after a change there are two.

    ``failing_since``: every attempt has failed since then, ``failures`` in a row. ``paused_until``: no
    request is sent until then. ``disabled_reason``: why the program disabled the endpoint.
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
    """An endpoint's deliveries by state; ``oldest_at`` is the time of the oldest waiting one."""

    waiting: int = 0
    oldest_at: datetime | None = None
    held: int = 0
    failed: int = 0
    failed_tests: int = 0
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of an endpoint: its waiting requests and events, the time of the oldest waiting one, and how
    often attempts ended in each way since the endpoint was created.
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
    """``count`` of a payload's events that the endpoint wants; the first of them has the number ``start``."""

    batch_id: str
    first: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request, sent until it succeeds or is given up. Its ``id`` and its body never change.

    ``products``: the products of its events, if it must wait for earlier deliveries about the same products;
    else None. ``values``: the values of products that its events have. ``size``: the maximum number of bytes
    of its body.
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
    values: EventValues = "none"
    size: int = 0

    def leased(self, until: datetime) -> Delivery:
        """Returns this delivery as it is once a sender has claimed it until that time."""
        return replace(self, due_at=until)

    @property
    def message_id(self) -> str:
        """The ``webhook-id``: it is the same for every attempt."""
        return f"msg_{self.id.hex}"


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery as the log shows it. ``type``: the type of its events, or ``mixed``."""

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
    """The outcome of one attempt. ``error`` is a sentence for users; ``answer`` begins the response.

    ``retry_after``: the seconds that the receiver asked for.
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
