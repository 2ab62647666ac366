"""Who may ask for what, written down once more and asked over HTTP: a slip in the routes is seen here."""

import pytest

from product_importer.model import Actor, ActorKind
from product_importer_web.app import create_app
from product_importer_web.jobs.queues import Queues
from product_importer_web.jobs.table import KINDS
from product_importer_web.principals import Principal
from product_importer_web.routing import PERMISSIONS, Role
from product_importer_web.settings import WebSettings
from product_importer_webhooks.web import plugin

ONE = "/webhooks/{id:[1-9][0-9]{0,17}}"
DELIVERY = "{delivery:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}}"

EXPECTED = {  # who may, and what
    ("viewer", "editor", "owner"): {
        ("GET", "/api/v1/webhooks"),
        ("GET", "/api/v1/webhooks/changes"),
        ("GET", f"/api/v1{ONE}"),
        ("GET", f"/api/v1{ONE}/deliveries"),
        ("GET", f"/api/v1{ONE}/deliveries/{DELIVERY}"),
        ("GET", "/webhooks"),
        ("GET", ONE),
        ("GET", f"{ONE}/deliveries/{DELIVERY}"),
    },
    ("owner",): {
        ("POST", "/api/v1/webhooks"),
        ("PATCH", f"/api/v1{ONE}"),
        ("DELETE", f"/api/v1{ONE}"),
        ("POST", f"/api/v1{ONE}/rotate"),
        ("POST", f"/api/v1{ONE}/test"),
        ("POST", f"/api/v1{ONE}/replay"),
        ("POST", "/webhooks"),
        ("GET", "/webhooks/new"),
        ("GET", f"{ONE}/edit"),
        ("POST", f"{ONE}/edit"),
        ("POST", f"{ONE}/switch"),
        ("GET", f"{ONE}/rotate"),
        ("POST", f"{ONE}/rotate"),
        ("POST", f"{ONE}/test"),
        ("GET", f"{ONE}/delete"),
        ("POST", f"{ONE}/delete"),
        ("POST", f"{ONE}/replay"),
        ("POST", f"{ONE}/deliveries/{DELIVERY}/replay"),
    },
}

ROLES = ("nobody", "viewer", "editor", "owner")


async def as_the_header_says(request):
    """One of a role that the header ``Role`` names; ``nobody`` may do nothing."""
    name = request.headers["Role"]
    allowed = frozenset() if name == "nobody" else PERMISSIONS[Role(name)]
    return Principal("somebody", name, allowed, Actor(ActorKind.USER, name))


@pytest.fixture
async def client(importer, aiohttp_client):
    async with Queues.open("redis://127.0.0.1:1/0", KINDS) as queues:
        app = create_app(importer, WebSettings(), queues, [plugin], authenticator=as_the_header_says)
        yield await aiohttp_client(app)


def filled(path):
    path = path.replace(DELIVERY, "00000000-0000-0000-0000-000000000000")
    return path.replace(ONE, "/webhooks/999")


async def test_every_role_may_do_what_is_written_above_and_nothing_else(client):
    allowed = {}
    for route in plugin.routes:
        answers = {
            role: await client.request(route.method, filled(route.path), headers={"Role": role})
            for role in ROLES
        }
        assert all(answer.status < 500 for answer in answers.values()), route
        may = tuple(role for role, answer in answers.items() if answer.status != 403)
        allowed.setdefault(may, set()).add((route.method, route.path))
    assert allowed == EXPECTED
