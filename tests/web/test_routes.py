"""The route table is all there is, and says for everything in it what one has to be allowed to do."""

import ast
from collections import Counter
from pathlib import Path

import product_importer_web
from parsing import parsed
from product_importer_web.keys import ROUTE_OF
from product_importer_web.middleware.origin import SAFE_METHODS
from product_importer_web.routes import ROUTES
from product_importer_web.routing import Permission

OPEN_TO_ALL = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", r"/static/{version:[0-9a-f]+}/{name:.+}"),
    ("OPTIONS", "/api/v1/uploads"),  # how uploads are spoken of, as their protocol has it
}


async def test_nothing_is_served_that_is_not_in_the_table(client):
    assert set(client.app.router.routes()) == set(client.app[ROUTE_OF])


def test_addresses_and_names_are_there_once():
    for what in (lambda route: (route.method, route.path), lambda route: route.name):
        assert [each for each, times in Counter(map(what, ROUTES)).items() if times > 1] == []


def test_who_may_only_look_can_change_nothing():
    changing = [route for route in ROUTES if route.method not in SAFE_METHODS]
    assert changing
    assert [route for route in changing if route.permission in (Permission.PUBLIC, Permission.VIEW)] == []


def test_little_is_open_to_all():
    public = {(route.method, route.path) for route in ROUTES if route.permission is Permission.PUBLIC}
    assert public == OPEN_TO_ALL


def test_every_module_with_routes_is_in_the_table():
    """Without importing them: a forgotten module would not be imported."""
    package = Path(product_importer_web.__file__).parent
    defining = {
        ".".join(("product_importer_web", *path.relative_to(package).with_suffix("").parts))
        for path in package.rglob("*.py")
        for line in parsed(path.read_text()).body
        if isinstance(line, ast.Assign | ast.AnnAssign)
        and "ROUTES" in ast.unparse(line).partition("=")[0].split(":")[0].split()
    }
    assert len(defining) > 5
    assert defining - {"product_importer_web.routes"} <= {route.handler.__module__ for route in ROUTES}
