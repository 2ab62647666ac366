"""Inspections over HTTP."""

PATH = "/api/v1/inspections"
FILE = b"SKU;Title;Price\nA1;Tea;4.50\nA2;Cup;12.00\n"


async def test_a_file_is_inspected(client):
    answer = await client.post(PATH, params={"filename": "tea.csv", "complete": "true"}, data=FILE)
    shown = await answer.json()

    assert answer.status == 200
    assert (shown["filename"], shown["kind"], shown["rows"]) == ("tea.csv", "Delimited text (CSV)", 2)
    assert [column["use"] for column in shown["columns"]] == ["sku", "name", "price"]
    assert shown["columns"][2]["shapes"] == [{"shape": "9.9", "cells": 2, "example": "4.50"}]
    assert (shown["profile"]["version"], shown["profile"]["delimiter"]) == (1, ";")
    assert shown["questions"] == []


async def test_questions_are_shown_and_options_answer_them(client):
    unclear = b"sku,name\nA,sch\x9an\n"
    asked = await (await client.post(PATH, params={"complete": "true"}, data=unclear)).json()
    answered = await (
        await client.post(PATH, params={"complete": "true", "encoding": "mac-roman"}, data=unclear)
    ).json()

    assert [question["option"] for question in asked["questions"]] == ["encoding"]
    assert answered["questions"] == []


async def test_an_upload_is_inspected(client):
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(FILE)),
        "Content-Type": "application/offset+octet-stream",
        "Upload-Metadata": "filename dGVhLmNzdg==",
    }
    begun = await client.post("/api/v1/uploads", data=FILE, headers=headers)
    shown = await (await client.get(f"{begun.headers['Location']}/inspection")).json()

    assert (shown["filename"], shown["complete"], shown["rows"]) == ("tea.csv", True, 2)


async def test_the_line_of_the_header_is_shown(client):
    content = b"Prices of spring\n\nSKU;Title;Price\nA1;Tea;4.50\n"
    shown = await (await client.post(PATH, params={"complete": "true"}, data=content)).json()
    assert (shown["header_line"], shown["read_as"]["place"]) == (3, "line")
    assert (await (await client.post(PATH, data=FILE)).json())["header_line"] == 1
