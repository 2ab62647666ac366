"""The bodies of requests and responses about webhooks."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from product_importer.ports import EventValues
from product_importer_web.declarations import Body, Moment, Place, Query, Refusal, Shown
from product_importer_webhooks.model import (
    BOUNDS,
    EVENT_TYPES,
    LONGEST_DESCRIPTION,
    LONGEST_PREFIX,
    MODES,
    SOURCES,
    STATES,
    VALUES,
    AttemptClass,
    Mode,
    Source,
    State,
)

_MOST_LISTED: Final = 200


def _one_of(*words: str) -> Meta:
    return Meta(extra_json_schema={"enum": words})


def _bounded(name: str) -> Meta:
    least, most = BOUNDS[name]
    return Meta(extra_json_schema={"minimum": least, "maximum": most})


class EndpointFields(Body, frozen=True, kw_only=True):
    """Fields of a webhook. An omitted field keeps its value, or gets the default."""

    # The values are checked together with those of forms (checks.py); the schemas here are documentation.

    refusal: ClassVar[Refusal] = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_webhook", thing="field", named="The {name}"
    )

    url: Annotated[str, Meta(extra_json_schema={"pattern": "^https?://[^/]"})] | UnsetType = UNSET
    description: Annotated[str, Meta(extra_json_schema={"maxLength": LONGEST_DESCRIPTION})] | UnsetType = (
        UNSET
    )
    events: (
        Annotated[
            list[Annotated[str, _one_of(*EVENT_TYPES)]], Meta(extra={"rule": "have to be a list of texts"})
        ]
        | UnsetType
    ) = UNSET
    sku_prefix: Annotated[str, Meta(extra_json_schema={"maxLength": LONGEST_PREFIX})] | UnsetType = UNSET
    source: Annotated[str, _one_of(*SOURCES)] | UnsetType = UNSET
    ordered: bool | UnsetType = UNSET
    mode: Annotated[str, _one_of(*MODES)] | UnsetType = UNSET
    values: Annotated[str, _one_of(*VALUES)] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    timeout_seconds: Annotated[int, _bounded("timeout_seconds")] | UnsetType = UNSET
    concurrency: Annotated[int, _bounded("concurrency")] | UnsetType = UNSET
    rate_limit: Annotated[int, _bounded("rate_limit")] | UnsetType | None = UNSET
    headers: Annotated[dict[str, str], Meta(extra={"rule": "have to be an object of texts"})] | UnsetType = (
        UNSET
    )

    def sent(self) -> dict[str, Any]:
        """Returns the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
            if value is not UNSET
        }


class ReplayFields(Body, frozen=True, kw_only=True):
    """The deliveries to send again: by ids, or by states, made at or after ``since`` and before ``until``."""

    ids: Annotated[list[UUID], Meta(extra={"rule": "have to be a list of deliveries' ids"})] | None = None
    states: (
        Annotated[list[State], Meta(extra={"rule": f"have to be a list of {', '.join(STATES)}"})] | None
    ) = None
    since: Moment | None = None
    until: Moment | None = None


class StateQuery(Query, frozen=True):
    """``state``: only deliveries in this state."""

    state: State | None = None


class DeliveriesQuery(StateQuery, frozen=True):
    """``before``: deliveries before a place that a list gave. ``limit``: the maximum number."""

    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=_MOST_LISTED)] = 50


class ChangesQuery(Query, frozen=True):
    """``import_id``: the import. ``after``: changes after a place that a list gave. ``values``: the values of
    products that the events have.
    """

    import_id: Place = 0
    after: str = ""
    values: EventValues = "none"


class WebhookShown(Shown, frozen=True):
    """A webhook, its health, and its waiting deliveries. The values of headers aren't shown."""

    id: int
    url: str
    warnings: list[str]
    description: str
    events: list[str]
    sku_prefix: str
    source: Source
    mode: Mode
    values: EventValues
    ordered: bool
    enabled: bool
    timeout_seconds: int
    concurrency: int
    rate_limit: int | None
    headers: dict[str, str]
    health: str
    disabled_reason: str | None
    failing_since: datetime | None
    failures: int
    paused_until: datetime | None
    previous_secret_until: datetime | None
    waiting: int
    oldest_at: datetime | None
    held: int
    failed: int
    delivered: int
    created_at: datetime
    links: dict[str, str]


class WebhookWithSecret(WebhookShown, frozen=True):
    """A webhook and its secret, which is shown only once."""

    secret: str


class WebhooksShown(Shown, frozen=True):
    """All webhooks."""

    webhooks: list[WebhookShown]


class DeliveryShown(Shown, frozen=True):
    """One request, which is retried until it succeeds or is given up."""

    id: UUID
    webhook_id: str
    mode: Mode
    type: str
    events: int
    state: State
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None
    error: str | None
    links: dict[str, str]


class AttemptShown(Shown, frozen=True):
    """The outcome of one attempt; ``answer`` is the beginning of the response."""

    number: int
    at: datetime
    milliseconds: int
    outcome: AttemptClass
    status: int | None
    error: str | None
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    answer: str


class TestShown(AttemptShown, frozen=True):
    """The outcome of a test."""

    links: dict[str, str]


class DeliveryWithAttempts(DeliveryShown, frozen=True):
    """A delivery with all its attempts, oldest first."""

    tries: list[AttemptShown]


class DeliveriesShown(Shown, frozen=True):
    """Deliveries, latest first; ``before`` is the cursor for the next page."""

    deliveries: list[DeliveryShown]
    before: str | None


class Replayed(Shown, frozen=True):
    """The number of deliveries that are sent again."""

    replayed: int


class EventShown(Shown, frozen=True):
    """An event, as it is sent in requests."""

    id: str
    type: str
    timestamp: datetime
    actor: str
    data: dict[str, Any]


class ChangesShown(Shown, frozen=True):
    """Events that an import caused; ``next`` is the address of the next page."""

    events: list[EventShown]
    next: str | None
