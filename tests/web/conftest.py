"""The pages and the API, over real HTTP, on a new database."""

import pytest

from product_importer_web.app import create_app
from product_importer_web.settings import WebSettings


@pytest.fixture
def make_app(shop):
    """``await make_app(*plugins, **settings)``: an application; settings are those of WebSettings."""

    async def make(*plugins, **settings):
        return create_app(await shop.open(*plugins), WebSettings(**settings))

    return make


@pytest.fixture
async def client(make_app, aiohttp_client):
    """Talks to the application as it is out of the box."""
    return await aiohttp_client(await make_app())
