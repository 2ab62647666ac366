"""Products over HTTP."""

import asyncio

import pytest

from product_importer import hookimpl
from product_importer.product import SORTS

PATH = "/api/v1/products"
TEA = {"sku": "TEA-1", "name": "Green tea", "price": 4.5, "attributes": {"Origin": "Assam"}}


async def make(client, **fields):
    response = await client.post(PATH, json=TEA | fields)
    assert response.status == 201, await response.text()
    return await response.json()


def etag(product):
    return f'"{product["id"]}-{product["version"]}"'


async def problem(response, status, code):
    told = await response.json()
    assert (response.status, response.content_type) == (status, "application/problem+json"), told
    assert (told["status"], told["code"]) == (status, code)
    return told


async def test_a_product_is_made_and_read(client, shop):
    response = await client.post(PATH, json=TEA)
    product = await response.json()

    assert response.status == 201
    assert {name: product[name] for name in TEA} == TEA | {"price": "4.50"}
    assert (product["price"], product["description"], product["active"]) == ("4.50", None, True)
    assert response.headers["ETag"] == etag(product)
    again = await client.get(response.headers["Location"])
    assert (again.status, await again.json(), again.headers["ETag"]) == (200, product, etag(product))
    same = await client.get(f"{PATH}/{product['id']}", headers={"If-None-Match": etag(product)})
    assert (same.status, await same.read()) == (304, b"")
    assert [(it.type, it.actor) for it in await shop.events()] == [("product.created", "web")]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [(0.1, "0.10"), ("1299.5", "1299.50"), (7, "7.00"), (1.2345, "1.2345"), (1.299, "1.2990")],
)
async def test_prices_are_exact(client, sent, shown):
    assert (await make(client, price=sent))["price"] == shown


async def test_the_list_and_its_page(client):
    for n in range(5):
        await make(client, sku=f"S{n}", name=f"Name {n}", active=n != 3)

    page = await (await client.get(PATH, params={"page": 2, "page_size": 2, "sort": "-sku"})).json()
    assert [it["sku"] for it in page.pop("products")] == ["S2", "S1"]
    assert page == {
        "page": 2,
        "page_size": 2,
        "pages": 3,
        "total": 5,
        "total_is_exact": True,
        "has_next": True,
        "pending": 5,
    }
    found = await (await client.get(PATH, params={"search": "name", "active": "false"})).json()
    assert [it["sku"] for it in found["products"]] == ["S3"]
    for sort in SORTS:
        assert (await client.get(PATH, params={"sort": sort})).status == 200


@pytest.mark.parametrize(
    "parameters",
    [
        "sort=colour",
        "page=0",
        "page=x",
        "page=-1",
        "page_size=201",
        "active=maybe",
        "colour=red",
        "sku=a&sku=b",
        "name=%00",
        "search=" + "x" * 201,
        "page=99999999999999999999",
        "price_from=dear",
        "price_to=-1",
        "price_to=NaN",
        "price_to=1e999999",
        "attribute=Origin",
        "attribute=%3DAssam",
        "changed_since=yesterday",
        "changed_since=2026-01-31T12:00:00",
        "created_by_import=0",
        "updated_by_import=9999999999999999999",
    ],
)
async def test_what_cannot_be_listed(client, parameters):
    await problem(await client.get(f"{PATH}?{parameters}"), 400, "usage")


async def test_a_product_is_changed(client, shop):
    product = await make(client)
    response = await client.patch(
        f"{PATH}/{product['id']}", json={"name": "Tea", "price": None}, headers={"If-Match": etag(product)}
    )
    changed = await response.json()

    assert response.status == 200
    assert (changed["name"], changed["price"], changed["version"]) == ("Tea", None, 2)
    assert changed["attributes"] == TEA["attributes"]
    assert response.headers["ETag"] == etag(changed)
    assert await shop.changes() == {"TEA-1": ("name", "price")}
    whichever = await client.patch(
        f"{PATH}/{product['id']}", json={"active": False}, headers={"If-Match": "*"}
    )
    assert (await whichever.json())["active"] is False


async def test_who_comes_second_is_shown_what_is_there(client):
    product = await make(client)
    path, headers = f"{PATH}/{product['id']}", {"If-Match": etag(product)}

    both = await asyncio.gather(
        *(client.patch(path, json={"name": name}, headers=headers) for name in ("Mine", "Theirs"))
    )

    first, second = sorted(both, key=lambda it: it.status)
    assert first.status == 200
    told = await problem(second, 412, "product_changed")
    assert told["product"] == await first.json()
    assert second.headers["ETag"] == etag(told["product"])
    await problem(await client.delete(path, headers=headers), 412, "product_changed")
    for other in ('"1"', '"x-1"', f'"{product["id"] + 1}-1"', f'W/"{product["id"]}-x"'):
        await problem(await client.delete(path, headers={"If-Match": other}), 412, "product_changed")


async def test_a_change_needs_to_say_of_what(client):
    product = await make(client)
    for method in ("PATCH", "DELETE"):
        response = await client.request(method, f"{PATH}/{product['id']}", json={"name": "X"})
        await problem(response, 428, "if_match_required")


async def test_products_are_deleted(client):
    made = [await make(client, sku=f"S{n}") for n in range(4)]

    gone = await client.delete(f"{PATH}/{made[0]['id']}", headers={"If-Match": etag(made[0])})
    assert gone.status == 204
    await problem(await client.get(f"{PATH}/{made[0]['id']}"), 404, "product_not_found")
    await problem(
        await client.delete(f"{PATH}/{made[0]['id']}", headers={"If-Match": "*"}), 404, "product_not_found"
    )
    response = await client.post(f"{PATH}/delete", json={"ids": [it["id"] for it in made[:3]]})
    assert await response.json() == {"deleted": 2}
    assert (await (await client.get(PATH)).json())["total"] == 1


async def test_a_selection_is_deactivated(client):
    made = [await make(client, sku=f"S{n}") for n in range(3)]
    sent = {"ids": [it["id"] for it in made[:2]], "active": False}

    assert await (await client.post(f"{PATH}/activate", json=sent)).json() == {"changed": 2}
    assert await (await client.post(f"{PATH}/activate", json=sent)).json() == {"changed": 0}

    page = await (await client.get(PATH, params={"active": "true"})).json()
    assert [it["sku"] for it in page["products"]] == ["S2"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"ids": 1, "active": True},
        {"ids": [True], "active": True},
        {"ids": ["1"], "active": True},
        {"ids": [1]},
        {"ids": [1], "active": 1},
        {"ids": [1], "active": True, "more": 1},
        {"ids": [1] * 10_001, "active": True},
    ],
    ids=lambda it: str(it)[:40],
)
async def test_what_is_no_selection(client, sent):
    await problem(await client.post(f"{PATH}/activate", json=sent), 400, "usage")


async def test_barcode_and_stock(client, shop):
    product = await make(client, barcode=" 4006381333931 ", stock="12.0")
    assert (product["barcode"], product["stock"]) == ("4006381333931", 12)
    await make(client, sku="CUP", stock=-3)
    assert (await make(client, sku="JAR", stock=" " * 60 + "12"))["stock"] == 12
    found = await (await client.get(PATH, params={"barcode": "0638"})).json()
    assert [each["sku"] for each in found["products"]] == ["TEA-1"]
    found = await (await client.get(PATH, params={"sort": "stock"})).json()
    assert [each["stock"] for each in found["products"]] == [-3, 12, 12]
    response = await client.patch(
        f"{PATH}/{product['id']}",
        json={"barcode": None, "stock": None},
        headers={"If-Match": etag(product)},
    )
    changed = await response.json()
    assert (response.status, changed["barcode"], changed["stock"]) == (200, None, None)
    assert await shop.changes() == {"TEA-1": ("barcode", "stock")}


@pytest.mark.parametrize(
    ("sent", "faults"),
    [
        ({}, [("sku", "sku_missing"), ("name", "name_missing")]),
        ({"sku": "A", "name": "B", "price": "1,50"}, [("price", "price_decimal_comma")]),
        ({"sku": "A", "name": "B", "price": "1.299"}, [("price", "price_ambiguous")]),
        ({"sku": "A", "name": "B", "price": -1}, [("price", "price_negative")]),
        ({"sku": 1, "name": None}, [("sku", "wrong_type"), ("name", "wrong_type")]),
        ({"sku": "A", "name": "B", "price": True}, [("price", "wrong_type")]),
        ({"sku": "A", "name": "B", "active": "yes"}, [("active", "wrong_type")]),
        ({"sku": "A", "name": "B", "attributes": {"a": 1}}, [("attributes", "wrong_type")]),
        ({"sku": "A", "name": "B", "colour": "red"}, [("colour", "unknown_field")]),
        ({"sku": "A", "name": "B", "stock": "1.5"}, [("stock", "stock_not_a_whole_number")]),
        ({"sku": "A", "name": "B", "stock": 10**18}, [("stock", "stock_not_a_whole_number")]),
        ({"sku": "A", "name": "B", "stock": " " * 49 + "1" * 19}, [("stock", "stock_not_a_whole_number")]),
        ({"sku": "A", "name": "B", "stock": "1." + "0" * 48 + "5"}, [("stock", "stock_not_a_whole_number")]),
        ({"sku": "A", "name": "B", "stock": 12.5}, [("stock", "wrong_type")]),
        ({"sku": "A", "name": "B", "stock": True}, [("stock", "wrong_type")]),
        ({"sku": "A", "name": "B", "barcode": 5}, [("barcode", "wrong_type")]),
    ],
    ids=lambda it: str(it)[:50],
)
async def test_every_field_that_is_wrong_is_named(client, sent, faults):
    told = await problem(await client.post(PATH, json=sent), 422, "invalid_product")

    assert [(it["field"], it["code"]) for it in told["errors"]] == faults
    assert told["detail"] == " ".join(it["message"] for it in told["errors"])


async def test_one_sku_is_one_product(client):
    tea = await make(client)
    cup = await make(client, sku="CUP")

    assert (await problem(await client.post(PATH, json=TEA | {"sku": "tea-1"}), 409, "sku_taken"))[
        "product"
    ] == tea
    response = await client.patch(
        f"{PATH}/{cup['id']}", json={"sku": "Tea-1"}, headers={"If-Match": etag(cup)}
    )
    assert (await problem(response, 409, "sku_taken"))["product"] == tea


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b"[]", "application/json", 400, "not_json"),
        (b"", "application/json", 400, "not_json"),
        (b'{"price": NaN}', "application/json", 400, "not_json"),
        (b"\xff", "application/json", 400, "not_json"),
        (b"[" * 100_000, "application/json", 400, "not_json"),
        (b"sku=A", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
    ],
    ids=lambda it: str(it)[:30],
)
async def test_what_is_no_json(client, body, content_type, status, code):
    response = await client.post(PATH, data=body, headers={"Content-Type": content_type})
    await problem(response, status, code)


async def test_unknown_products_and_methods(client):
    await problem(await client.get(f"{PATH}/1"), 404, "product_not_found")
    await problem(await client.get(f"{PATH}/x"), 404, "not_found")
    response = await client.put(f"{PATH}/1", json={})
    assert response.headers["Allow"] == "DELETE, GET, HEAD, PATCH"
    await problem(response, 405, "method_not_allowed")


async def test_filters_that_are_no_texts(client):
    for n in range(4):
        await make(client, sku=f"S{n}", price=n, attributes={"Size": "a=b" if n else "", "N": str(n)})
    later = (await make(client, sku="LATER", price=9))["created_at"]

    async def found(**parameters):
        page = await (await client.get(PATH, params=parameters)).json()
        assert page["total"] == len(page["products"]), page
        return [product["sku"] for product in page["products"]]

    assert await found(price_from="1", price_to="2.0") == ["S1", "S2"]
    assert await found(attribute="Size=a=b", price_to="1") == ["S1"]
    assert await found(attribute="Origin=Assam") == ["LATER"]
    assert await found(changed_since=later) == ["LATER"]
    assert await found(created_by_import="7") == []
    page = await (await client.get("/products", params={"price_from": "3", "attribute": "N=3"})).text()
    assert "S3" in page
    assert "S2" not in page
    assert 'href="/products?attribute=N%3D3"' in page  # the link that removes the other filter


async def test_the_form_of_the_file(client):
    await make(client, price="1234.50")

    given = {"columns": "price, origin,sku", "delimiter": ";", "decimal": "comma", "bom": "true"}
    response = await client.get(f"{PATH}.csv", params=given)
    assert await response.read() == '\ufeffprice;Origin;sku\n1234,50;"Assam";"TEA-1"\n'.encode()
    for columns in ("sku,size", "sku,,name", "sku,a\0"):
        await problem(await client.get(f"{PATH}.csv", params={"columns": columns}), 400, "usage")
    await problem(await client.get(f"{PATH}.csv", params={"delimiter": "x"}), 400, "usage")


class Names:
    """Writes the names of the columns and the number of products."""

    name = "names"
    title = "Names"
    media_type = "text/x-names"

    def write(self, schema, batches, out):
        out.write(",".join(schema.names).encode() + b" %d" % sum(batch.num_rows for batch in batches))

    @hookimpl
    def product_importer_exporters(self):
        return [self]


async def test_the_list_in_the_format_of_a_plugin(make_app, aiohttp_client):
    client = await aiohttp_client(await make_app(Names()))
    await make(client)
    await make(client, sku="CUP", attributes={})

    response = await client.get(f"{PATH}.names", params={"columns": "sku,price,origin", "search": "cup"})
    assert response.headers["Content-Type"] == "text/x-names"
    assert response.headers["Content-Disposition"] == 'attachment; filename="products.names"'
    assert await response.text() == "sku,price,Origin 1"
    await problem(await client.get(f"{PATH}.pdf"), 404, "not_found")
    await problem(await client.get(f"{PATH}.names?bom=true"), 400, "usage")


async def test_the_list_as_a_file(client, shop):
    await make(client, description="=1+1")
    await make(client, sku="CUP", active=False)

    response = await client.get(f"{PATH}.csv", params={"active": "true"})
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    expected = (
        "sku,name,description,price,active,barcode,stock,Origin\n"
        '"TEA-1","Green tea","\'=1+1",4.50,true,,,"Assam"\n'
    )
    assert await response.text() == expected
    head = await client.head(f"{PATH}.csv")
    assert (head.status, await head.read()) == (200, b"")
    whole = await (await client.get(f"{PATH}.csv")).read()
    assert (await shop.run(whole)).unchanged == 2
    await problem(await client.get(f"{PATH}.csv?page=1"), 400, "usage")
    await problem(await client.get(f"{PATH}.csv", params={"search": "x" * 201}), 400, "usage")
