"""The pages and the API, over real HTTP, on a new database and an empty Redis."""

import pytest

from product_importer_web.app import create_app
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.principals import as_owner
from product_importer_web.settings import WebSettings


@pytest.fixture
async def queues(redis_url):
    async with Queues.open(redis_url, KINDS) as opened:
        yield opened


@pytest.fixture
def make_app(shop, queues):
    """``await make_app(*plugins, **settings)``: an application; settings are those of WebSettings.

    ``importer`` is the one to be used, if not one with these plugins; ``authenticator`` tells who asks.
    """

    async def make(*plugins, importer=None, authenticator=as_owner, **settings):
        importer = importer or await shop.open(*plugins)
        return create_app(importer, WebSettings(**settings), queues, authenticator=authenticator)

    return make


@pytest.fixture
async def client(make_app, aiohttp_client):
    """Talks to the application as it is out of the box."""
    return await aiohttp_client(await make_app())
