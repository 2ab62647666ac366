"""The pages and the API, over real HTTP, on a new database and an empty Redis."""

import msgspec
import pytest
from aiohttp import web

from product_importer_web.api.openapi import ProblemShown, refusals_of
from product_importer_web.app import create_app
from product_importer_web.declarations import custom
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.keys import ROUTE_OF
from product_importer_web.principals import as_owner
from product_importer_web.settings import WebSettings


@pytest.fixture
async def queues(redis_url):
    async with Queues.open(redis_url, KINDS) as opened:
        yield opened


def undeclared(route, response):
    """What of an answer is otherwise than its route declares."""
    if route is None or not route.answers:
        return
    answers = [each for each in route.answers if each.status == response.status]
    if response.status in refusals_of(route):
        kind = ProblemShown
    elif not answers:
        yield f"{route.name} answers {response.status}"
        return
    else:
        kind = answers[0].type
    if kind is not None and isinstance(response, web.Response) and response.body:
        try:
            msgspec.json.decode(response.body, type=kind, dec_hook=custom)
        except msgspec.ValidationError as error:
            yield f"{route.name} answers {response.status}: {error}"


@pytest.fixture
def make_app(shop, queues):
    """``await make_app(*plugins, **settings)``: an application; settings are those of WebSettings.

    ``importer`` is the one to be used, if not one with these plugins; ``authenticator`` tells who asks.
    Whatever it answers has to be as its route declares.
    """

    faults = []

    async def compare(request, response):
        faults.extend(undeclared(request.app[ROUTE_OF].get(request.match_info.route), response))

    async def make(*plugins, importer=None, authenticator=as_owner, **settings):
        importer = importer or await shop.open(*plugins)
        app = create_app(importer, WebSettings(**settings), queues, authenticator=authenticator)
        app.on_response_prepare.append(compare)
        return app

    yield make
    assert faults == []


@pytest.fixture
async def client(make_app, aiohttp_client):
    """Talks to the application as it is out of the box."""
    return await aiohttp_client(await make_app())
