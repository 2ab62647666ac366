"""The pages. All of them are plain forms: nothing here needs a script."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from product_importer_web.api import reading
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route
from product_importer_webhooks.errors import InvalidEndpoint
from product_importer_webhooks.model import EVENT_TYPES, MODES, SOURCES, STATES, Backlog, EndpointDraft
from product_importer_webhooks.signing import secret_text
from product_importer_webhooks.web.api import known_state
from product_importer_webhooks.web.common import (
    DELIVERY,
    NOT_KEPT,
    delivery_id,
    endpoint_id,
    health,
    told,
    webhooks_of,
)
from product_importer_webhooks.web.forms import draft_of, values_of, values_sent
from product_importer_webhooks.webhooks import Replay

if TYPE_CHECKING:
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
        endpoint, secret = await hooks.endpoints.create(draft_of(values))
    except InvalidEndpoint as error:
        return _form(request, None, values, error)
    return await _detail(
        request, hooks, endpoint.id, secret=secret_text(secret), news="The webhook is there."
    )


async def show_one(request: web.Request) -> web.Response:
    return await _detail(request, await webhooks_of(request), endpoint_id(request))


async def show_edit(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    with told():
        endpoint = await hooks.endpoints.get(endpoint_id(request))
    return _form(request, endpoint.id, values_of(endpoint.draft))


async def change(request: web.Request) -> web.Response:
    values = values_sent(await reading.form(request))
    hooks = await webhooks_of(request)
    with told():
        try:
            await hooks.change(endpoint_id(request), draft_of(values))
        except InvalidEndpoint as error:
            return _form(request, endpoint_id(request), values, error)
    raise web.HTTPSeeOther(f"{PATH}/{endpoint_id(request)}")


async def switch(request: web.Request) -> web.Response:
    """Enables it, or disables it."""
    enabled = (await reading.form(request)).get("enabled") == "true"
    hooks = await webhooks_of(request)
    with told():
        draft = (await hooks.endpoints.get(endpoint_id(request))).draft
        values = {name: getattr(draft, name) for name in EndpointDraft.__slots__} | {"enabled": enabled}
        await hooks.endpoints.change(endpoint_id(request), EndpointDraft(**values))
    raise web.HTTPSeeOther(f"{PATH}/{endpoint_id(request)}")


async def rotate(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    with told():
        endpoint, secret = await hooks.endpoints.rotate(endpoint_id(request))
    news = "There is a new secret. Requests are signed with the former one, too, for 24 hours."
    return await _detail(request, hooks, endpoint.id, secret=secret_text(secret), news=news)


async def test(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    with told():
        delivery, attempt = await hooks.test(endpoint_id(request))
    return await _detail(request, hooks, endpoint_id(request), tried=attempt, tried_as=delivery)


async def ask_to_delete(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    with told():
        endpoint = await hooks.endpoints.get(endpoint_id(request))
    backlog = (await hooks.endpoints.backlogs()).get(endpoint.id, Backlog())
    return render(request, "webhooks/delete.html", {"endpoint": endpoint, "backlog": backlog})


async def delete(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    with told():
        await hooks.endpoints.delete(endpoint_id(request))
    raise web.HTTPSeeOther(PATH)


async def show_delivery(request: web.Request) -> web.Response:
    hooks = await webhooks_of(request)
    with told():
        endpoint = await hooks.endpoints.get(endpoint_id(request))
        delivery, attempts = await hooks.delivery(endpoint.id, delivery_id(request))
    context = {"endpoint": endpoint, "delivery": delivery, "attempts": attempts}
    return render(request, "webhooks/delivery.html", context)


async def replay(request: web.Request) -> web.Response:
    """One delivery, or all of a state."""
    sent = await reading.form(request)
    hooks = await webhooks_of(request)
    with told():
        if "delivery" in request.match_info:
            await hooks.replay(endpoint_id(request), Replay(ids=(delivery_id(request),)))
            raise web.HTTPSeeOther(f"{PATH}/{endpoint_id(request)}/deliveries/{delivery_id(request)}")
        state = known_state(str(sent.get("state", "")))
        count = 0 if state is None else await hooks.replay(endpoint_id(request), Replay(states=(state,)))
    return await _detail(
        request, hooks, endpoint_id(request), news=f"{count:,} deliveries will be sent again."
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
        "sources": SOURCES,
    }
    status = HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "webhooks/form.html", context, status)


async def _detail(request: web.Request, hooks: Webhooks, number: int, **shown: Any) -> web.Response:
    given = reading.query(request, ("state",)) if request.method == "GET" else {}
    state = known_state(given.get("state"))
    with told():
        endpoint = await hooks.endpoints.get(number)
        deliveries = await hooks.deliveries(number, state, limit=_LISTED)
    backlog = (await hooks.endpoints.backlogs()).get(number, Backlog())
    context = {
        "endpoint": endpoint,
        "backlog": backlog,
        "health": health(endpoint, backlog.delivered),
        "deliveries": deliveries,
        "state": state,
        "states": STATES,
        "secret": None,
        "news": None,
        "tried": None,
        "tried_as": None,
        **shown,
    }
    response = render(request, "webhooks/detail.html", context)
    if context["secret"] is not None:
        response.headers.update(NOT_KEPT)
    return response


_ONE: Final = f"{PATH}/{ID}"

ROUTES = (
    Route("GET", PATH, show_list, Permission.VIEW, "page-webhooks"),
    Route("GET", f"{PATH}/new", show_new, Permission.ADMINISTER, "page-webhook-new"),
    Route("POST", PATH, create, Permission.ADMINISTER, "page-webhook-create"),
    Route("GET", _ONE, show_one, Permission.VIEW, "page-webhook"),
    Route("GET", f"{_ONE}/edit", show_edit, Permission.ADMINISTER, "page-webhook-edit"),
    Route("POST", f"{_ONE}/edit", change, Permission.ADMINISTER, "page-webhook-change"),
    Route("POST", f"{_ONE}/switch", switch, Permission.ADMINISTER, "page-webhook-switch"),
    Route("POST", f"{_ONE}/rotate", rotate, Permission.ADMINISTER, "page-webhook-rotate"),
    Route("POST", f"{_ONE}/test", test, Permission.ADMINISTER, "page-webhook-test"),
    Route("GET", f"{_ONE}/delete", ask_to_delete, Permission.ADMINISTER, "page-webhook-delete-ask"),
    Route("POST", f"{_ONE}/delete", delete, Permission.ADMINISTER, "page-webhook-delete"),
    Route("POST", f"{_ONE}/replay", replay, Permission.ADMINISTER, "page-webhook-replay"),
    Route("GET", f"{_ONE}/deliveries/{DELIVERY}", show_delivery, Permission.VIEW, "page-webhook-delivery"),
    Route(
        "POST",
        f"{_ONE}/deliveries/{DELIVERY}/replay",
        replay,
        Permission.ADMINISTER,
        "page-webhook-delivery-replay",
    ),
)
