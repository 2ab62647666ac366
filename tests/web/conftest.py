"""The pages and the API, over real HTTP, on a new database and an empty Redis."""

import pytest

from product_importer_web.app import create_app
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.settings import WebSettings


@pytest.fixture
async def queues(redis_url):
    async with Queues.open(redis_url, KINDS) as opened:
        yield opened


@pytest.fixture
def make_app(shop, queues):
    """``await make_app(*plugins, **settings)``: an application; settings are those of WebSettings.

    ``importer`` is the one to be used, if not one with these plugins.
    """

    async def make(*plugins, importer=None, **settings):
        return create_app(importer or await shop.open(*plugins), WebSettings(**settings), queues)

    return make


@pytest.fixture
async def client(make_app, aiohttp_client):
    """Talks to the application as it is out of the box."""
    return await aiohttp_client(await make_app())
