"""docs/products.md says what there is."""

import json
import re
from pathlib import Path

from product_importer.product import SORTS
from product_importer_web.api import deletions, exports, history, products
from product_importer_web.api.product_bodies import ListQuery

PAGE = (Path(__file__).parents[2] / "docs" / "products.md").read_text()


def test_every_request_is_there():
    documented = set(re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`]*)`", PAGE))
    routes = {
        (route.method, re.sub(r"\{(\w+):.*\}", r"{\1}", route.path).removeprefix("/api/v1"))
        for route in (*products.ROUTES, *history.ROUTES, *exports.ROUTES, *deletions.ROUTES)
    }
    assert documented == routes


def test_parameters_and_orders():
    table = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE, re.MULTILINE)
    named = {name for row in table for name in re.findall(r"\w+", row)}
    assert named == set(ListQuery.__struct_fields__)
    for sort in SORTS:
        assert f"`{sort.removeprefix('-')}`" in PAGE


async def test_a_product_looks_like_that(client):
    shown = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    sent = {name: shown[name] for name in ("sku", "name", "description", "price", "active", "attributes")}
    made = await (await client.post("/api/v1/products", json=sent)).json()

    assert list(made) == list(shown)
    assert {name: made[name] for name in sent} == sent
