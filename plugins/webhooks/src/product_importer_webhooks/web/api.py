"""``/api/v1/webhooks``."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from aiohttp import web

from product_importer.cells.shortening import quoted
from product_importer.cells.storable import text_flaw
from product_importer.errors import UsageError
from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.problems import Problem, field_fault
from product_importer_web.routing import ID, Permission, Route
from product_importer_webhooks.model import STATES, Backlog, Endpoint, EndpointDraft
from product_importer_webhooks.signing import secret_text
from product_importer_webhooks.web.common import (
    DELIVERY,
    NOT_KEPT,
    delivery_id,
    endpoint_id,
    health,
    warnings,
    webhooks_of,
)
from product_importer_webhooks.webhooks import KEPT, START, Place, Replay

if TYPE_CHECKING:
    from product_importer_webhooks.model import Attempt, LoggedDelivery, State

PATH: Final = "/api/v1/webhooks"

_MOST_LISTED: Final = 200


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


_KINDS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "url": (lambda value: isinstance(value, str), "has to be a text"),
    "description": (lambda value: isinstance(value, str), "has to be a text"),
    "events": (_texts, "have to be a list of texts"),
    "sku_prefix": (lambda value: isinstance(value, str), "has to be a text"),
    "source": (lambda value: isinstance(value, str), "has to be a text"),
    "ordered": (lambda value: isinstance(value, bool), "has to be true or false"),
    "mode": (lambda value: isinstance(value, str), "has to be a text"),
    "enabled": (lambda value: isinstance(value, bool), "has to be true or false"),
    "timeout_seconds": (_whole, "has to be a whole number"),
    "concurrency": (_whole, "has to be a whole number"),
    "rate_limit": (lambda value: value is None or _whole(value), "has to be a whole number, or null"),
    "headers": (
        lambda value: isinstance(value, dict) and all(isinstance(each, str) for each in value.values()),
        "have to be an object of texts",
    ),
}


async def list_webhooks(request: web.Request) -> web.Response:
    reading.query(request, ())
    hooks = await webhooks_of(request)
    backlogs = await hooks.endpoints.backlogs()
    shown = [_shown(each, backlogs.get(each.id, Backlog())) for each in await hooks.endpoints.all()]
    return web.json_response({"webhooks": shown})


async def create_webhook(request: web.Request) -> web.Response:
    values = _fields(await reading.json_object(request))
    if "url" not in values:
        raise _faulty([field_fault("url", "webhook_url", "Say where to send: url is missing.")])
    hooks = await webhooks_of(request)
    endpoint, secret = await hooks.endpoints.create(EndpointDraft(**values), actor=actor(request))
    return web.json_response(
        _shown(endpoint, Backlog()) | {"secret": secret_text(secret)},
        status=HTTPStatus.CREATED,
        headers={"Location": _path(endpoint.id), **NOT_KEPT},
    )


async def get_webhook(request: web.Request) -> web.Response:
    return await _answer(request)


async def change_webhook(request: web.Request) -> web.Response:
    values = _fields(await reading.json_object(request))
    hooks = await webhooks_of(request)
    before = (await hooks.endpoints.get(endpoint_id(request))).draft
    present = {name: getattr(before, name) for name in EndpointDraft.__slots__}
    present["headers"] = dict.fromkeys(before.headers, KEPT)
    await hooks.change(endpoint_id(request), EndpointDraft(**present | values), actor=actor(request))
    return await _answer(request)


async def delete_webhook(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    await hooks.endpoints.delete(endpoint_id(request), actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def rotate_secret(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint, secret = await hooks.endpoints.rotate(endpoint_id(request), actor=actor(request))
    backlogs = await hooks.endpoints.backlogs()
    shown = _shown(endpoint, backlogs.get(endpoint.id, Backlog()))
    return web.json_response(shown | {"secret": secret_text(secret)}, headers=NOT_KEPT)


async def test_webhook(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    delivery, attempt = await hooks.test(endpoint_id(request), actor=actor(request))
    links = {"delivery": f"{_path(endpoint_id(request))}/deliveries/{delivery.id}"}
    return web.json_response(_attempt(attempt) | {"links": links})


async def list_deliveries(request: web.Request) -> web.Response:
    given = reading.query(request, ("state", "before", "limit"))
    limit = reading.whole_number(given, "limit", 50)
    if not 1 <= limit <= _MOST_LISTED:
        raise UsageError(f"The parameter 'limit' is {limit}; it has to be from 1 to {_MOST_LISTED}.")
    hooks = await webhooks_of(request)
    found = await hooks.deliveries(
        endpoint_id(request), known_state(given.get("state")), _before(given.get("before")), limit
    )
    before = f"{found[-1].created_at.isoformat()}_{found[-1].id}" if len(found) == limit else None
    shown = [_delivery(endpoint_id(request), each) for each in found]
    return web.json_response({"deliveries": shown, "before": before})


async def get_delivery(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    found, attempts = await hooks.delivery(endpoint_id(request), delivery_id(request))
    shown = _delivery(endpoint_id(request), found) | {"tries": [_attempt(each) for each in attempts]}
    return web.json_response(shown)


async def replay(request: web.Request) -> web.Response:
    wanted = _replay(await reading.json_object(request))
    hooks = await webhooks_of(request)
    count = await hooks.replay(endpoint_id(request), wanted, actor=actor(request))
    return web.json_response({"replayed": count}, status=HTTPStatus.ACCEPTED)


async def list_changes(request: web.Request) -> web.Response:
    """What an import has changed, for endpoints of the mode ``summary``."""
    given = reading.query(request, ("import_id", "after"))
    import_id = reading.whole_number(given, "import_id", 0)
    hooks = await webhooks_of(request)
    events, there = await hooks.changes(import_id, _place(given.get("after")))
    following = None if there is None else f"{PATH}/changes?import_id={import_id}&after={_cursor(there)}"
    return web.json_response({"events": events, "next": following})


async def _answer(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint = await hooks.endpoints.get(endpoint_id(request))
    backlogs = await hooks.endpoints.backlogs()
    return web.json_response(_shown(endpoint, backlogs.get(endpoint.id, Backlog())))


def _fields(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an endpoint as they were sent, each of a kind that it can be."""
    faults = []
    for name, value in sent.items():
        if name not in _KINDS:
            known = ", ".join(_KINDS)
            faults.append(
                field_fault(name, "unknown_field", f"A webhook has no {quoted(name)}. It has {known}.")
            )
        elif not _KINDS[name][0](value):
            faults.append(field_fault(name, "wrong_type", f"The {name} {_KINDS[name][1]}."))
    if faults:
        raise _faulty(faults)
    return dict(sent) | ({"events": tuple(sent["events"])} if "events" in sent else {})


def _faulty(faults: list[dict[str, str | None]]) -> Problem:
    detail = " ".join(str(fault["message"]) for fault in faults)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_webhook", detail, errors=faults)


def known_state(text: str | None) -> State | None:
    """Raises UsageError."""
    for state in STATES:
        if state == text:
            return state
    if text:
        raise UsageError(f"There is no state {quoted(text)} of deliveries. Known: {', '.join(STATES)}.")
    return None


def _replay(sent: Mapping[str, Any]) -> Replay:
    if unknown := sorted(sent.keys() - {"ids", "states", "since", "until"}):
        raise UsageError(f"{quoted(unknown[0])} can't be asked for. Send ids, or states, since and until.")
    if not sent:
        raise UsageError("Say what to send again: ids, or states (failed, held, …), since and until.")
    states = sent.get("states")
    if states is not None and not (_texts(states) and all(map(known_state, states))):
        raise UsageError("states has to be a list of states.")
    try:
        ids = None if sent.get("ids") is None else tuple(UUID(each) for each in sent["ids"])
        since, until = (_moment(sent.get(name)) for name in ("since", "until"))
    except (TypeError, ValueError, AttributeError):
        raise UsageError(
            "ids has to be a list of deliveries' ids; since and until are times such as 2026-03-02T09:30:00Z."
        ) from None
    chosen = None if states is None else cast("tuple[State, ...]", tuple(states))
    return Replay(ids=ids, states=chosen, since=since, until=until)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else reading.moment(text)


def _before(text: str | None) -> tuple[datetime, UUID] | None:
    if not text:
        return None
    moment, _, last = text.replace(" ", "+").rpartition("_")
    try:
        return reading.moment(moment), UUID(last)
    except ValueError:
        raise UsageError("The parameter 'before' isn't one that a list of deliveries gave.") from None


def _cursor(place: Place) -> str:
    moment, batch_id, first = place
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), batch_id, first]).encode()).decode()


def _place(text: str | None) -> Place:
    if not text:
        return START
    try:
        moment, batch_id, first = json.loads(base64.urlsafe_b64decode(text))
        if not isinstance(batch_id, str) or text_flaw(batch_id) or not _whole(first) or abs(first) >= 1 << 63:
            raise ValueError
        return reading.moment(moment), batch_id, first
    except (ValueError, TypeError, RecursionError):
        raise UsageError("The parameter 'after' isn't one that a list of changes gave.") from None


def _path(number: int) -> str:
    return f"{PATH}/{number}"


def _shown(endpoint: Endpoint, backlog: Backlog) -> dict[str, Any]:
    draft = endpoint.draft
    return {
        "id": endpoint.id,
        "url": draft.url,
        "warnings": warnings(draft.url),
        "description": draft.description,
        "events": list(draft.events),
        "sku_prefix": draft.sku_prefix,
        "source": draft.source,
        "mode": draft.mode,
        "ordered": draft.ordered,
        "enabled": draft.enabled,
        "timeout_seconds": draft.timeout_seconds,
        "concurrency": draft.concurrency,
        "rate_limit": draft.rate_limit,
        "headers": dict.fromkeys(draft.headers, KEPT),
        "health": health(endpoint, backlog.delivered, backlog.failed + backlog.failed_tests),
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": _time(endpoint.failing_since),
        "failures": endpoint.failures,
        "paused_until": _time(endpoint.paused_until),
        "previous_secret_until": _time(endpoint.previous_until),
        "waiting": backlog.waiting,
        "oldest_at": _time(backlog.oldest_at),
        "held": backlog.held,
        "failed": backlog.failed,
        "delivered": backlog.delivered,
        "created_at": _time(endpoint.created_at),
        "links": {"self": _path(endpoint.id), "deliveries": f"{_path(endpoint.id)}/deliveries"},
    }


def _delivery(number: int, delivery: LoggedDelivery) -> dict[str, Any]:
    return {
        "id": str(delivery.id),
        "webhook_id": f"msg_{delivery.id.hex}",
        "mode": delivery.mode,
        "type": delivery.type,
        "events": delivery.events,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": _time(delivery.created_at),
        "next_attempt_at": _time(delivery.due_at) if delivery.state == "waiting" else None,
        "finished_at": _time(delivery.finished_at),
        "error": delivery.error,
        "links": {"self": f"{_path(number)}/deliveries/{delivery.id}"},
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": _time(attempt.at),
        "milliseconds": attempt.milliseconds,
        "outcome": attempt.kind,
        "status": attempt.status,
        "error": attempt.error,
        "request_headers": dict(attempt.request),
        "response_headers": dict(attempt.response),
        "answer": attempt.answer,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


_ONE: Final = f"{PATH}/{ID}"

ROUTES = (
    Route("GET", PATH, list_webhooks, Permission.VIEW, "api-webhooks"),
    Route("POST", PATH, create_webhook, Permission.ADMINISTER, "api-webhook-create"),
    Route("GET", f"{PATH}/changes", list_changes, Permission.VIEW, "api-webhook-changes"),
    Route("GET", _ONE, get_webhook, Permission.VIEW, "api-webhook"),
    Route("PATCH", _ONE, change_webhook, Permission.ADMINISTER, "api-webhook-change"),
    Route("DELETE", _ONE, delete_webhook, Permission.ADMINISTER, "api-webhook-delete"),
    Route("POST", f"{_ONE}/rotate", rotate_secret, Permission.ADMINISTER, "api-webhook-rotate"),
    Route("POST", f"{_ONE}/test", test_webhook, Permission.ADMINISTER, "api-webhook-test"),
    Route("GET", f"{_ONE}/deliveries", list_deliveries, Permission.VIEW, "api-webhook-deliveries"),
    Route("GET", f"{_ONE}/deliveries/{DELIVERY}", get_delivery, Permission.VIEW, "api-webhook-delivery"),
    Route("POST", f"{_ONE}/replay", replay, Permission.ADMINISTER, "api-webhook-replay"),
)
