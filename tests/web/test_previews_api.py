"""Previews over HTTP."""

import base64
import io
import zipfile

import pytest
from aiohttp import FormData

PATH = "/api/v1/previews"
CSV = "SKU;Title;Colour\nA;Äpfel;red\n;Birnen;\n".encode()


async def problem(response, status, code):
    told = await response.json(content_type="application/problem+json")
    assert (response.status, told["code"]) == (status, code), told
    return told


async def preview(client, content, **params):
    response = await client.post(PATH, params=params, data=content, headers={"Content-Type": "text/csv"})
    assert response.status == 200, await response.text()
    return await response.json()


async def test_the_first_part(client, shop):
    shown = await preview(client, CSV, complete="true")

    assert shown == {
        "complete": True,
        "encoding": "utf-8",
        "delimiter": ";",
        "parser": "csv",
        "read_as": {
            "words": "utf-8, cells separated by semicolons",
            "values": {"encoding": "utf-8", "delimiter": ";"},
            "place": "line",
        },
        "columns": [
            {"name": "SKU", "use": "sku"},
            {"name": "Title", "use": "name"},
            {"name": "Colour", "use": "attribute"},
        ],
        "rows": [
            {
                "line": 2,
                "record": 1,
                "cells": ["A", "Äpfel", "red"],
                "errors": [],
                "warnings": [],
                "values": {},
            },
            {
                "line": 3,
                "record": 2,
                "cells": ["", "Birnen", ""],
                "errors": [
                    {
                        "code": "sku_missing",
                        "message": shown["rows"][1]["errors"][0]["message"],
                        "column": "SKU",
                        "value": "",
                    }
                ],
                "warnings": [],
                "values": {},
            },
        ],
        "problem": None,
    }
    assert await shop.connection.fetchval("SELECT count(*) FROM imports") == 0


async def test_the_user_changes_something(client):
    assert (await preview(client, CSV, delimiter=","))["problem"]["code"] == "missing_column"
    params = [("map", "SKU=name"), ("map", "Title=sku"), ("extra", "ignore"), ("encoding", "cp1252")]
    response = await client.post(PATH, params=params, data=CSV)
    shown = await response.json()

    assert [column["use"] for column in shown["columns"]] == ["name", "sku", "ignore"]
    assert shown["rows"][0]["cells"][1] == "Ã„pfel"


async def test_what_is_not_all_there(client):
    assert len((await preview(client, CSV[:-1]))["rows"]) == 1
    assert (await preview(client, b""))["problem"] is None
    assert (await preview(client, b"", complete="true"))["problem"]["code"] == "empty"


async def test_of_an_upload_that_goes_on(client):
    note = f"filename {base64.b64encode(b'fruit.csv').decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(CSV)), "Upload-Metadata": note}
    place = (await client.post("/api/v1/uploads", headers=headers)).headers["Location"]
    shown = await (await client.get(f"{place}/preview")).json()
    assert (shown["rows"], shown["problem"]) == ([], None)

    sent = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
    await client.patch(place, data=CSV[:35], headers=sent | {"Upload-Offset": "0"})
    shown = await (await client.get(f"{place}/preview", params={"delimiter": ";"})).json()
    assert (len(shown["rows"]), shown["complete"]) == (1, False)
    await client.patch(place, data=CSV[35:], headers=sent | {"Upload-Offset": "35"})
    shown = await (await client.get(f"{place}/preview")).json()
    assert (len(shown["rows"]), shown["complete"]) == (2, True)

    await problem(await client.get(f"/api/v1/uploads/{'0' * 32}/preview"), 404, "upload_not_found")
    await problem(await client.get(f"{place}/preview", params={"blank": "x"}), 422, "invalid_options")


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
async def test_no_more_than_a_mebibyte(client, size):
    async def body():
        for start in range(0, size, 65_536):
            yield b"x" * min(65_536, size - start)

    response = await client.post(PATH, data=body())
    if size > 1 << 20:
        await problem(response, 413, "too_large")
    else:
        assert response.status == 200


async def test_parameters_are_read_strictly(client):
    await problem(await client.post(PATH, params={"complete": "1"}, data=CSV), 400, "usage")
    told = await problem(await client.post(PATH, params={"rows": "3"}, data=CSV), 422, "invalid_options")
    assert told["errors"][0]["field"] == "rows"


async def test_a_file_that_can_only_be_read_as_a_whole(client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("products.csv", CSV + b"A;Apfel;red\n" * (1 << 17))
    content = packed.getvalue()
    head = await client.post("/api/v1/previews?filename=p.zip", data=content[:1000])
    assert (await head.json())["problem"]["code"] == "whole_file_needed"

    tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
    begun = {**tus, "Upload-Length": str(len(content))}
    path = (await client.post("/api/v1/uploads", headers=begun, data=io.BytesIO(content[:-10]))).headers[
        "Location"
    ]
    assert (await (await client.get(f"{path}/preview")).json())["problem"]["code"] == "whole_file_needed"
    rest = {**tus, "Upload-Offset": str(len(content) - 10)}
    assert (await client.patch(path, headers=rest, data=content[-10:])).status == 204
    shown = await (await client.get(f"{path}/preview")).json()
    assert (shown["problem"], shown["parser"]) == (None, "csv")
    assert [column["name"] for column in shown["columns"]] == ["SKU", "Title", "Colour"]
    found = await (await client.get(f"{path}/inspection")).json()
    assert found["problem"] is None


async def test_a_format_whose_plugin_is_missing_is_named_with_the_plugin(client):
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    shown = await preview(client, workbook.getvalue(), filename="products.xlsx", complete="true")
    assert shown["problem"]["code"] == "not_a_table"
    assert "pip install product-importer-excel" in shown["problem"]["message"]


MANY = [f"A column with a long name, number {number}" for number in range(400)]
MANY_CSV = ("Code;Title;" + ";".join(MANY) + "\nA;Tea" + ";x" * len(MANY) + "\n").encode()
MANY_OPTIONS = [("map", "Code=sku"), ("map", "Title=name"), *(("map", f"{name}=ignore") for name in MANY)]


@pytest.mark.parametrize("path", [PATH, "/api/v1/inspections"])
async def test_the_options_of_many_columns_are_sent_in_a_form(client, path):
    form = FormData(MANY_OPTIONS)
    form.add_field("file", MANY_CSV, filename="many.csv", content_type="text/csv")
    response = await client.post(path, params={"complete": "true"}, data=form)
    shown = await response.json()
    assert response.status == 200, shown
    assert shown["problem"] is None
    assert [column["use"] for column in shown["columns"]] == ["sku", "name", *["ignore"] * len(MANY)]


@pytest.mark.parametrize("what", ["preview", "inspection"])
async def test_the_options_for_an_upload_are_sent_in_a_form(client, what):
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(MANY_CSV)),
        "Upload-Metadata": f"filename {base64.b64encode(b'many.csv').decode()}",
        "Content-Type": "application/offset+octet-stream",
    }
    created = await client.post("/api/v1/uploads", data=MANY_CSV, headers=headers)
    response = await client.post(f"{created.headers['Location']}/{what}", data=MANY_OPTIONS)
    shown = await response.json()
    assert response.status == 200, shown
    assert {column["use"] for column in shown["columns"]} == {"sku", "name", "ignore"}


async def test_what_is_wrong_with_a_form_is_said(client):
    form = FormData([("map", "Code=sku")], default_to_multipart=True)
    await problem(await client.post(PATH, data=form), 422, "file_missing")
    form = FormData([("map", "Code=nothing")])
    form.add_field("file", CSV, filename="a.csv")
    await problem(await client.post(PATH, data=form), 422, "invalid_options")
    form = FormData()
    form.add_field("file", io.BytesIO(b"x" * (1 << 20) + b"y"), filename="a.csv")
    await problem(await client.post(PATH, data=form), 413, "too_large")
