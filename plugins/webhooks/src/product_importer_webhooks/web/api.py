"""The API at ``/api/v1/webhooks``."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from product_importer.errors import UsageError
from product_importer_web.actors import actor
from product_importer_web.api import decoding, reading
from product_importer_web.declarations import Answer, NoParameters, json_of
from product_importer_web.problems import field_fault
from product_importer_web.routing import ID, Permission, Route
from product_importer_webhooks.detail import with_query
from product_importer_webhooks.model import Backlog, Endpoint, EndpointDraft
from product_importer_webhooks.signing import secret_text
from product_importer_webhooks.web import cursors
from product_importer_webhooks.web.bodies import (
    ChangesQuery,
    ChangesShown,
    DeliveriesQuery,
    DeliveriesShown,
    DeliveryWithAttempts,
    EndpointFields,
    Replayed,
    ReplayFields,
    TestShown,
    WebhookShown,
    WebhooksShown,
    WebhookWithSecret,
)
from product_importer_webhooks.web.common import (
    DELIVERY,
    NOT_KEPT,
    delivery_id,
    endpoint_id,
    health,
    warnings,
    webhooks_of,
)
from product_importer_webhooks.webhooks import KEPT, Replay

if TYPE_CHECKING:
    from product_importer_webhooks.model import Attempt, LoggedDelivery

PATH: Final = "/api/v1/webhooks"


async def list_webhooks(request: web.Request) -> web.Response:
    """Returns all webhooks."""
    reading.query(request, NoParameters)
    hooks = await webhooks_of(request)
    backlogs = await hooks.endpoints.backlogs()
    shown = [_shown(each, backlogs.get(each.id, Backlog())) for each in await hooks.endpoints.all()]
    return web.json_response({"webhooks": shown})


async def create_webhook(request: web.Request) -> web.Response:
    """Creates a webhook. Only this response contains its secret."""
    values = (await reading.body(request, EndpointFields)).sent()
    if "url" not in values:
        fault = field_fault("url", "webhook_url", "Say where to send: url is missing.")
        raise decoding.refused(EndpointFields.refusal, [fault])
    hooks = await webhooks_of(request)
    endpoint, secret = await hooks.endpoints.create(EndpointDraft(**values), actor=actor(request))
    return web.json_response(
        _shown(endpoint, Backlog()) | {"secret": secret_text(secret)},
        status=HTTPStatus.CREATED,
        headers={"Location": _path(endpoint.id), **NOT_KEPT},
    )


async def get_webhook(request: web.Request) -> web.Response:
    """Returns one webhook."""
    return await _answer(request)


async def change_webhook(request: web.Request) -> web.Response:
    """Changes the given fields of a webhook."""
    values = (await reading.body(request, EndpointFields)).sent()
    hooks = await webhooks_of(request)
    before = (await hooks.endpoints.get(endpoint_id(request))).draft
    present = {name: getattr(before, name) for name in EndpointDraft.__slots__}
    present["headers"] = dict.fromkeys(before.headers, KEPT)
    await hooks.change(endpoint_id(request), EndpointDraft(**present | values), actor=actor(request))
    return await _answer(request)


async def delete_webhook(request: web.Request) -> web.Response:
    """Deletes the webhook and cancels its waiting deliveries."""
    hooks = await webhooks_of(request)
    await hooks.endpoints.delete(endpoint_id(request), actor=actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def rotate_secret(request: web.Request) -> web.Response:
    """Makes a new secret, shown only in this response; the former one stays valid for 24 hours."""
    hooks = await webhooks_of(request)
    endpoint, secret = await hooks.endpoints.rotate(endpoint_id(request), actor=actor(request))
    backlogs = await hooks.endpoints.backlogs()
    shown = _shown(endpoint, backlogs.get(endpoint.id, Backlog()))
    return web.json_response(shown | {"secret": secret_text(secret)}, headers=NOT_KEPT)


async def test_webhook(request: web.Request) -> web.Response:
    """Sends one test event, now and only once."""
    hooks = await webhooks_of(request)
    delivery, attempt = await hooks.test(endpoint_id(request), actor=actor(request))
    links = {"delivery": f"{_path(endpoint_id(request))}/deliveries/{delivery.id}"}
    return web.json_response(_attempt(attempt) | {"links": links})


async def list_deliveries(request: web.Request) -> web.Response:
    """Returns the deliveries of a webhook, latest first."""
    given = reading.query(request, DeliveriesQuery)
    hooks = await webhooks_of(request)
    before = cursors.delivery_of(given.before)
    found = await hooks.deliveries(endpoint_id(request), given.state, before, given.limit)
    further = cursors.text_of_delivery(found[-1]) if len(found) == given.limit else None
    shown = [_delivery(endpoint_id(request), each) for each in found]
    return web.json_response({"deliveries": shown, "before": further})


async def get_delivery(request: web.Request) -> web.Response:
    """Returns a delivery with all its attempts."""
    hooks = await webhooks_of(request)
    found, attempts = await hooks.delivery(endpoint_id(request), delivery_id(request))
    shown = _delivery(endpoint_id(request), found) | {"tries": [_attempt(each) for each in attempts]}
    return web.json_response(shown)


async def replay(request: web.Request) -> web.Response:
    """Sends deliveries again."""
    wanted = _replay(await reading.body(request, ReplayFields))
    hooks = await webhooks_of(request)
    count = await hooks.replay(endpoint_id(request), wanted, actor=actor(request))
    return web.json_response({"replayed": count}, status=HTTPStatus.ACCEPTED)


async def list_changes(request: web.Request) -> web.Response:
    """Returns the changes of an import, for webhooks of the mode ``summary``."""
    given = reading.query(request, ChangesQuery)
    hooks = await webhooks_of(request)
    events, there = await hooks.changes(given.import_id, cursors.place_of(given.after), given.values)
    here = f"{PATH}/changes?import_id={given.import_id}{with_query(given.values)}"
    following = None if there is None else f"{here}&after={cursors.text_of_place(there)}"
    return web.json_response({"events": events, "next": following})


async def _answer(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint = await hooks.endpoints.get(endpoint_id(request))
    backlogs = await hooks.endpoints.backlogs()
    return web.json_response(_shown(endpoint, backlogs.get(endpoint.id, Backlog())))


def _replay(sent: ReplayFields) -> Replay:
    """Returns the wanted deliveries. Raises UsageError if no field is given: that would mean all of them."""
    if sent == ReplayFields():
        raise UsageError("Say what to send again: ids, or states (failed, held, …), since and until.")
    return Replay(
        ids=None if sent.ids is None else tuple(sent.ids),
        states=None if sent.states is None else tuple(sent.states),
        since=sent.since,
        until=sent.until,
    )


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
        "values": draft.values,
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
_SHOWN: Final = (Answer(HTTPStatus.OK, WebhookShown),)

ROUTES = (
    Route(
        "GET", PATH, list_webhooks, Permission.VIEW, "api-webhooks",
        query=(NoParameters,), answers=(Answer(HTTPStatus.OK, WebhooksShown),),
    ),
    Route(
        "POST", PATH, create_webhook, Permission.ADMINISTER, "api-webhook-create",
        body=json_of(EndpointFields, needs=("url",)),
        answers=(Answer(HTTPStatus.CREATED, WebhookWithSecret, headers=("Location",)),),
    ),
    Route(
        "GET", f"{PATH}/changes", list_changes, Permission.VIEW, "api-webhook-changes",
        query=(ChangesQuery,), answers=(Answer(HTTPStatus.OK, ChangesShown),),
    ),
    Route("GET", _ONE, get_webhook, Permission.VIEW, "api-webhook", answers=_SHOWN),
    Route(
        "PATCH", _ONE, change_webhook, Permission.ADMINISTER, "api-webhook-change",
        body=json_of(EndpointFields), answers=_SHOWN,
    ),
    Route(
        "DELETE", _ONE, delete_webhook, Permission.ADMINISTER, "api-webhook-delete",
        answers=(Answer(HTTPStatus.NO_CONTENT, media_type=None),),
    ),
    Route(
        "POST", f"{_ONE}/rotate", rotate_secret, Permission.ADMINISTER, "api-webhook-rotate",
        answers=(Answer(HTTPStatus.OK, WebhookWithSecret),),
    ),
    Route(
        "POST", f"{_ONE}/test", test_webhook, Permission.ADMINISTER, "api-webhook-test",
        answers=(Answer(HTTPStatus.OK, TestShown),),
    ),
    Route(
        "GET", f"{_ONE}/deliveries", list_deliveries, Permission.VIEW, "api-webhook-deliveries",
        query=(DeliveriesQuery,), answers=(Answer(HTTPStatus.OK, DeliveriesShown),),
    ),
    Route(
        "GET", f"{_ONE}/deliveries/{DELIVERY}", get_delivery, Permission.VIEW, "api-webhook-delivery",
        answers=(Answer(HTTPStatus.OK, DeliveryWithAttempts),),
    ),
    Route(
        "POST", f"{_ONE}/replay", replay, Permission.ADMINISTER, "api-webhook-replay",
        body=json_of(ReplayFields), answers=(Answer(HTTPStatus.ACCEPTED, Replayed),),
    ),
)  # fmt: skip
