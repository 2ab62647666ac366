"""What is sent and answered about webhooks."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from product_importer_web.declarations import Body, Moment, Place, Query, Refusal, Shown
from product_importer_webhooks.model import (
    BOUNDS,
    EVENT_TYPES,
    LONGEST_DESCRIPTION,
    LONGEST_PREFIX,
    MODES,
    SOURCES,
    STATES,
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
    """What is said of a webhook. What is left out stays as it is, or as it is by default."""

    # Which values there may be is checked with those of forms (checks.py); here it is for readers.

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
    enabled: bool | UnsetType = UNSET
    timeout_seconds: Annotated[int, _bounded("timeout_seconds")] | UnsetType = UNSET
    concurrency: Annotated[int, _bounded("concurrency")] | UnsetType = UNSET
    rate_limit: Annotated[int, _bounded("rate_limit")] | UnsetType | None = UNSET
    headers: Annotated[dict[str, str], Meta(extra={"rule": "have to be an object of texts"})] | UnsetType = (
        UNSET
    )

    def values(self) -> dict[str, Any]:
        """The fields that were sent."""
        sent = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in sent.items()
            if value is not UNSET
        }


class ReplayFields(Body, frozen=True, kw_only=True):
    """Which deliveries are to be sent again: these, or those in these states, made since and before then."""

    ids: Annotated[list[UUID], Meta(extra={"rule": "have to be a list of deliveries' ids"})] | None = None
    states: (
        Annotated[list[State], Meta(extra={"rule": f"have to be a list of {', '.join(STATES)}"})] | None
    ) = None
    since: Moment | None = None
    until: Moment | None = None


class StateQuery(Query, frozen=True):
    """``state``: only deliveries in it."""

    state: State | None = None


class DeliveriesQuery(StateQuery, frozen=True):
    """``before``: those before a place that a list has given. ``limit``: how many."""

    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=_MOST_LISTED)] = 50


class ChangesQuery(Query, frozen=True):
    """``import_id``: of which import. ``after``: those after a place that a list has given."""

    import_id: Place = 0
    after: str = ""


class WebhookShown(Shown, frozen=True):
    """A webhook, how it fares, and what it is still to get. Values of headers aren't shown."""

    id: int
    url: str
    warnings: list[str]
    description: str
    events: list[str]
    sku_prefix: str
    source: Source
    mode: Mode
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
    """A webhook and its secret, which is shown this once."""

    secret: str


class WebhooksShown(Shown, frozen=True):
    """All webhooks."""

    webhooks: list[WebhookShown]


class DeliveryShown(Shown, frozen=True):
    """One request, which is sent until it arrives or is given up."""

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
    """How one attempt went; ``answer`` is the beginning of what came back."""

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
    """How a test went."""

    links: dict[str, str]


class DeliveryWithAttempts(DeliveryShown, frozen=True):
    """A delivery with every attempt, the first one first."""

    tries: list[AttemptShown]


class DeliveriesShown(Shown, frozen=True):
    """Deliveries, the latest first; ``before`` leads to those before them."""

    deliveries: list[DeliveryShown]
    before: str | None


class Replayed(Shown, frozen=True):
    """How many deliveries are sent again."""

    replayed: int


class EventShown(Shown, frozen=True):
    """An event, as requests bring it."""

    id: str
    type: str
    timestamp: datetime
    actor: str
    data: dict[str, Any]


class ChangesShown(Shown, frozen=True):
    """Events that an import caused; ``next`` leads to the following ones."""

    events: list[EventShown]
    next: str | None
