"""The pages. All of them are plain forms: none needs a script.

A saved form is answered with a redirect, so reloading a page repeats nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from aiohttp import web

from product_importer_web.actors import actor
from product_importer_web.api import reading
from product_importer_web.declarations import FORM
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route
from product_importer_webhooks.errors import EndpointNotFound, InvalidEndpoint
from product_importer_webhooks.model import (
    EVENT_TYPES,
    MODES,
    SOURCES,
    STATES,
    VALUES,
    Backlog,
    EndpointDraft,
)
from product_importer_webhooks.signing import secret_text
from product_importer_webhooks.web.bodies import StateQuery
from product_importer_webhooks.web.common import (
    DELIVERY,
    delivery_id,
    endpoint_id,
    health,
    warnings,
    webhooks_of,
)
from product_importer_webhooks.web.forms import draft_of, values_of, values_sent
from product_importer_webhooks.web.shown_once import Notice, notice_of, redirect, shown
from product_importer_webhooks.webhooks import Replay

if TYPE_CHECKING:
    from product_importer_webhooks.model import Attempt, LoggedDelivery
    from product_importer_webhooks.webhooks import Webhooks

PATH: Final = "/webhooks"

_LISTED: Final = 50


async def show_list(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    backlogs = await hooks.endpoints.backlogs()
    endpoints = [(each, backlogs.get(each.id, Backlog())) for each in await hooks.endpoints.all()]
    return render(request, "webhooks/list.html", {"endpoints": endpoints, "health": health})


async def show_new(request: web.Request) -> web.Response:
    return _form(request, None, values_of(EndpointDraft("")))


async def create(request: web.Request) -> web.Response:
    values = values_sent(await reading.form(request))
    hooks = await webhooks_of(request)
    try:
        endpoint, secret = await hooks.endpoints.create(draft_of(values), actor=actor(request))
    except InvalidEndpoint as error:
        return _form(request, None, values, error)
    return redirect(
        request,
        f"{PATH}/{endpoint.id}",
        hooks.vault,
        Notice("The webhook is there.", secret=secret_text(secret)),
    )


async def show_edit(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint = await hooks.endpoints.get(endpoint_id(request))
    return _form(request, endpoint.id, values_of(endpoint.draft))


async def change(request: web.Request) -> web.Response:
    values = values_sent(await reading.form(request))
    hooks = await webhooks_of(request)
    try:
        await hooks.change(endpoint_id(request), draft_of(values), actor=actor(request))
    except InvalidEndpoint as error:
        return _form(request, endpoint_id(request), values, error)
    raise web.HTTPSeeOther(f"{PATH}/{endpoint_id(request)}")


async def switch(request: web.Request) -> web.Response:
    """Enables the webhook, or disables it."""
    enabled = (await reading.form(request)).get("enabled") == "true"
    hooks = await webhooks_of(request)
    draft = (await hooks.endpoints.get(endpoint_id(request))).draft
    values = {name: getattr(draft, name) for name in EndpointDraft.__slots__} | {"enabled": enabled}
    await hooks.endpoints.change(endpoint_id(request), EndpointDraft(**values), actor=actor(request))
    raise web.HTTPSeeOther(f"{PATH}/{endpoint_id(request)}")


async def ask_to_rotate(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint = await hooks.endpoints.get(endpoint_id(request))
    return render(request, "webhooks/rotate.html", {"endpoint": endpoint})


async def rotate(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint, secret = await hooks.endpoints.rotate(endpoint_id(request), actor=actor(request))
    news = "There is a new secret. Requests are signed with the former one, too, for 24 hours."
    return redirect(request, f"{PATH}/{endpoint.id}", hooks.vault, Notice(news, secret=secret_text(secret)))


async def test(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    delivery, _ = await hooks.test(endpoint_id(request), actor=actor(request))
    return redirect(request, f"{PATH}/{endpoint_id(request)}", hooks.vault, Notice(tried=str(delivery.id)))


async def ask_to_delete(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint = await hooks.endpoints.get(endpoint_id(request))
    backlog = (await hooks.endpoints.backlogs()).get(endpoint.id, Backlog())
    return render(request, "webhooks/delete.html", {"endpoint": endpoint, "backlog": backlog})


async def delete(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    await hooks.endpoints.delete(endpoint_id(request), actor=actor(request))
    raise web.HTTPSeeOther(PATH)


async def show_delivery(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    endpoint = await hooks.endpoints.get(endpoint_id(request))
    delivery, attempts = await hooks.delivery(endpoint.id, delivery_id(request))
    context = {"endpoint": endpoint, "delivery": delivery, "attempts": attempts}
    return render(request, "webhooks/delivery.html", context)


async def replay(request: web.Request) -> web.Response:
    """Sends one delivery again, or all of a state."""
    sent = await reading.form(request)
    hooks = await webhooks_of(request)
    if "delivery" in request.match_info:
        await hooks.replay(endpoint_id(request), Replay(ids=(delivery_id(request),)), actor=actor(request))
        raise web.HTTPSeeOther(f"{PATH}/{endpoint_id(request)}/deliveries/{delivery_id(request)}")
    state = reading.of_texts(StateQuery, [("state", str(sent.get("state", "")))]).state
    count = (
        0
        if state is None
        else await hooks.replay(endpoint_id(request), Replay(states=(state,)), actor=actor(request))
    )
    words = "1 delivery" if count == 1 else f"{count:,} deliveries"
    return redirect(
        request, f"{PATH}/{endpoint_id(request)}", hooks.vault, Notice(f"{words} will be sent again.")
    )


def _form(
    request: web.Request, number: int | None, values: dict[str, Any], error: InvalidEndpoint | None = None
) -> web.Response:
    context = {
        "number": number,
        "values": values,
        "faults": {} if error is None else {it.column: it.message for it in error.problems},
        "types": EVENT_TYPES,
        "modes": MODES,
        "choices": VALUES,
        "sources": SOURCES,
    }
    status = HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "webhooks/form.html", context, status)


async def _tried(hooks: Webhooks, number: int, delivery: str | None) -> tuple[LoggedDelivery, Attempt] | None:
    """Returns a test with its only attempt; None if it is no longer in the log."""
    if delivery is None:
        return None
    try:
        logged, attempts = await hooks.delivery(number, UUID(delivery))
    except EndpointNotFound:
        return None
    return (logged, attempts[-1]) if attempts else None


async def show_one(request: web.Request) -> web.Response:
    hooks, number = await webhooks_of(request), endpoint_id(request)
    state = reading.query(request, StateQuery).state
    notice = notice_of(request, hooks.vault)
    endpoint = await hooks.endpoints.get(number)
    deliveries = await hooks.deliveries(number, state, limit=_LISTED)
    backlog = (await hooks.endpoints.backlogs()).get(number, Backlog())
    context = {
        "endpoint": endpoint,
        "backlog": backlog,
        "health": health(endpoint, backlog.delivered, backlog.failed + backlog.failed_tests),
        "deliveries": deliveries,
        "state": state,
        "states": STATES,
        "notice": notice,
        "warnings": warnings(endpoint.draft.url),
        "tried": await _tried(hooks, number, notice.tried),
    }
    return shown(request, render(request, "webhooks/detail.html", context))


_ONE: Final = f"{PATH}/{ID}"

ROUTES = (
    Route("GET", PATH, show_list, Permission.VIEW, "page-webhooks"),
    Route("GET", f"{PATH}/new", show_new, Permission.ADMINISTER, "page-webhook-new"),
    Route("POST", PATH, create, Permission.ADMINISTER, "page-webhook-create", body=(FORM,)),
    Route("GET", _ONE, show_one, Permission.VIEW, "page-webhook", query=(StateQuery,)),
    Route("GET", f"{_ONE}/edit", show_edit, Permission.ADMINISTER, "page-webhook-edit"),
    Route("POST", f"{_ONE}/edit", change, Permission.ADMINISTER, "page-webhook-change", body=(FORM,)),
    Route("POST", f"{_ONE}/switch", switch, Permission.ADMINISTER, "page-webhook-switch", body=(FORM,)),
    Route("GET", f"{_ONE}/rotate", ask_to_rotate, Permission.ADMINISTER, "page-webhook-rotate-ask"),
    Route("POST", f"{_ONE}/rotate", rotate, Permission.ADMINISTER, "page-webhook-rotate"),
    Route("POST", f"{_ONE}/test", test, Permission.ADMINISTER, "page-webhook-test"),
    Route("GET", f"{_ONE}/delete", ask_to_delete, Permission.ADMINISTER, "page-webhook-delete-ask"),
    Route("POST", f"{_ONE}/delete", delete, Permission.ADMINISTER, "page-webhook-delete"),
    Route("POST", f"{_ONE}/replay", replay, Permission.ADMINISTER, "page-webhook-replay", body=(FORM,)),
    Route("GET", f"{_ONE}/deliveries/{DELIVERY}", show_delivery, Permission.VIEW, "page-webhook-delivery"),
    Route(
        "POST",
        f"{_ONE}/deliveries/{DELIVERY}/replay",
        replay,
        Permission.ADMINISTER,
        "page-webhook-delivery-replay",
        body=(FORM,),
    ),
)
