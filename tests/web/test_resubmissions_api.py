"""Rejected rows over HTTP: by fault, corrected, checked, and resubmitted."""

import csv
import io
import json

import pytest
from aiohttp import FormData
from working import ended, working

from product_importer_web.keys import IMPORTER

CONTENT = "SKU,Title,Price\nA,Tea,1\n,Cup,2\nC,Pot,3x\n,Jar,4\nD,Can,5,5\n"


@pytest.fixture
async def report(client, shop):
    return await client.app[IMPORTER].run(shop.file(CONTENT, "list.csv"))


@pytest.fixture
def path(report):
    return f"/api/v1/imports/{report.id}"


async def test_rejected_rows_by_fault(client, path):
    found = await (await client.get(f"{path}/faults")).json()

    assert found["place"] == "line"
    assert [(each["code"], each["column"], each["rows"], each["line"]) for each in found["faults"]] == [
        ("sku_missing", "SKU", 2, 3),
        ("price_not_a_number", "Price", 1, 4),
        ("too_many_cells", None, 1, 6),
    ]
    assert found["faults"][1]["value"] == "3x"
    assert found["resubmissions"] == []


async def test_rejected_rows_page_by_page(client, path):
    page, records = f"{path}/rejected?limit=2", []
    while page:
        found = await (await client.get(page)).json()
        assert found["columns"] == ["SKU", "Title", "Price"]
        records += [row["record"] for row in found["rejects"]]
        page = found["next"]
    of_one = await (await client.get(f"{path}/rejected?code=sku_missing&column=SKU&limit=1")).json()
    rest = await (await client.get(of_one["next"])).json()

    assert records == [2, 3, 4, 5]
    assert [row["record"] for row in of_one["rejects"] + rest["rejects"]] == [2, 4]
    assert rest["next"] is None
    assert rest["rejects"][0]["cells"] == ["", "Jar", "4"]


async def test_corrected_rows_are_checked(client, path):
    rows = [{"record": 3, "cells": ["C", "Pot", "3,5"]}, {"record": 9, "cells": ["X"]}]
    step = {"code": "price_not_a_number", "column": "Price", "steps": ['Price=replace: ",", .']}
    found = await (await client.post(f"{path}/rejects/check", json={"rows": rows})).json()
    by_rule = await (
        await client.post(f"{path}/rejects/check", json={"rows": rows[:1], "correction": step})
    ).json()

    assert [[error["code"] for error in row["errors"]] for row in found["rows"]] == [
        ["price_decimal_comma"],
        ["not_rejected"],
    ]
    assert "decimal: comma" in found["rows"][0]["errors"][0]["message"]
    assert by_rule["rows"] == [{"record": 3, "cells": ["C", "Pot", "3.5"], "errors": []}]


async def test_corrected_rows_are_resubmitted(client, queues, report, path):
    rows = [{"record": 2, "cells": ["B", "Cup", "2"]}]
    corrections = [{"code": "price_not_a_number", "column": "Price", "value": "3"}]
    response = await client.post(f"{path}/resubmit", json={"rows": rows, "corrections": corrections})
    made = await response.json()
    async with working(client.app[IMPORTER], queues):
        await ended(client.app[IMPORTER], made["id"])
    after = await (await client.get(path)).json()
    found = await (await client.get(f"{path}/faults")).json()

    assert response.status == 202
    assert response.headers["Location"] == made["links"]["self"]
    assert (made["of"], made["filename"], after["of"]) == (report.id, "list corrected.csv", None)
    assert (after["read"], after["created"], after["invalid"]) == (5, 3, 2)
    assert after["percent"] == 100
    assert found["resubmissions"] == [{"id": made["id"], "status": "completed", "rows": 2}]


@pytest.mark.parametrize("form", [True, False])
async def test_a_corrected_file_is_resubmitted(client, queues, report, path, form):
    text = await (await client.get(f"{path}/rejects.csv")).text()
    table = list(csv.reader(io.StringIO(text, newline="")))
    table[1][0] = "Bü"
    written = io.StringIO()
    csv.writer(written).writerows(table)
    content = written.getvalue().encode("cp1252")
    if form:
        data = FormData()
        data.add_field("file", content, filename="c.csv", content_type="text/csv; charset=cp1252")
        response = await client.post(f"{path}/resubmit", data=data)
    else:
        headers = {"Content-Type": "text/csv; charset=cp1252"}
        response = await client.post(f"{path}/resubmit?filename=c.csv", data=content, headers=headers)
    made = await response.json()
    async with working(client.app[IMPORTER], queues):
        state = await ended(client.app[IMPORTER], made["id"])

    assert (response.status, made["filename"]) == (202, "c.csv")
    assert (state.counts.created, state.counts.invalid) == (1, 3)
    assert (await client.app[IMPORTER].imports.report(report.id)).invalid == 3


async def test_what_cannot_be_resubmitted_is_refused(client, shop, report, path):
    async def refusal(address, **sent):
        response = await client.post(address, **sent)
        return response.status, (await response.json())["code"]

    planned = await client.app[IMPORTER].run(shop.file(CONTENT), type(report.state.options)(dry_run=True))
    other = f"/api/v1/imports/{planned.id}"
    row = {"record": 2, "cells": ["B"]}
    wide = {"record": 2, "cells": ["B"] * 4}
    form = FormData()
    form.add_field("file", b"x", filename="c.csv")
    form.add_field("decimal", "comma")

    assert await refusal(f"{path}/resubmit", json={}) == (400, "usage")
    assert await refusal(f"{path}/resubmit", json={"rows": [wide]}) == (400, "usage")
    assert await refusal(f"{path}/resubmit", json={"rows": [row, row]}) == (400, "usage")
    assert await refusal(f"{path}/resubmit", json={"rows": [{"record": 0, "cells": []}]}) == (400, "usage")
    assert await refusal(f"{path}/resubmit", json={"rows": [row | {"record": 1}]}) == (409, "not_rejected")
    assert await refusal(f"{other}/resubmit", json={"rows": [row]}) == (409, "not_completed")
    assert await refusal(f"{other}/resubmit", data=b"x") == (409, "not_completed")
    assert await refusal(f"{other}/rejects/check", json={"rows": [row]}) == (409, "not_completed")
    assert await refusal(f"{path}/resubmit", data=form) == (422, "usage")
    assert await refusal("/api/v1/imports/99/resubmit", json={"rows": [row]}) == (404, "import_not_found")
    wrong = {"rows": [row], "correction": {"code": "x", "steps": ["SKU=nothing"]}}
    assert await refusal(f"{path}/rejects/check", json=wrong) == (400, "usage")
    assert (await client.get(f"{path}/rejected?limit=501")).status == 400
    assert (await client.get("/api/v1/imports/99/faults")).status == 404
    assert (await client.get("/api/v1/imports/99/rejected")).status == 404


async def test_rows_that_are_corrected_together_are_one_resubmission(client, shop, queues):
    importer = client.app[IMPORTER]
    text = "x" * 1_000
    bad = "".join(f"S{n},Tea,{n}y,{text}\n" for n in range(1_500))
    first = await importer.run(shop.file("sku,name,price,description\n" + bad, "large.csv"))
    rows = [{"record": n + 1, "cells": [f"S{n}", "Tea", str(n), text]} for n in range(1_500)]

    async def resubmit(rows):
        sent = io.BytesIO(json.dumps({"rows": rows}).encode())
        return await client.post(
            f"/api/v1/imports/{first.id}/resubmit", data=sent, headers={"Content-Type": "application/json"}
        )

    response = await resubmit(rows)

    assert response.status == 202, await response.text()
    made = await response.json()
    async with working(importer, queues):
        assert (await ended(importer, made["id"])).counts.created == 1_500
    assert len(await importer.imports.resubmissions(first.id)) == 1
    assert (await resubmit([{"record": 1, "cells": ["y" * 17_000_000]}])).status == 413
