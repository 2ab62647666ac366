"""Rejected rows as files of the format that they came in, and those files, corrected, as imports."""

import csv
import io
import json
from contextlib import aclosing
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine as calamine
import xlsxwriter

import product_importer_excel
import product_importer_jsonlines
import product_importer_parquet
import product_importer_xml
from product_importer import ImportOptions
from product_importer.errors import UsageError
from product_importer.testing import temporary_importer

PLUGINS = (product_importer_excel, product_importer_jsonlines, product_importer_parquet, product_importer_xml)

ROWS = [
    {"sku": "0017", "name": "Tea", "price": "1.50", "Colour": "=red"},
    {"sku": "", "name": "Grüner Tee 🫖", "price": "1.299", "Colour": "=1+1"},
    {"sku": "0042", "name": "Cup", "price": "dear", "Colour": "'0017"},
    {"sku": "0099", "name": "Pot", "price": "", "Colour": "line\nbreak"},
]


def as_xlsx(rows):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, str(cell))
    return file.getvalue()


def of_xlsx(content):
    header, *rows = calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(header, row, strict=True)) for row in rows]


def as_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def of_lines(content):
    return [json.loads(line) for line in content.splitlines()]


def as_parquet(rows):
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def of_parquet(content):
    return pq.read_table(io.BytesIO(content)).to_pylist()


def as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def of_csv(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


FORMATS = {
    "xlsx": ("row", as_xlsx, of_xlsx),
    "jsonl": ("line", as_lines, of_lines),
    "parquet": ("row", as_parquet, of_parquet),
    "csv": ("line", as_csv, of_csv),
}


@pytest.fixture
async def importer():
    async with temporary_importer(*PLUGINS) as importer:
        yield importer


async def imported(importer, folder, content, name):
    path = folder / name
    path.write_bytes(content)
    return await importer.run(path, ImportOptions())


async def rejected(importer, report, name=None):
    async with aclosing(importer.imports.rejects_file(report.id, name)) as pieces:
        return b"".join([piece async for piece in pieces])


@pytest.mark.parametrize("name", FORMATS)
async def test_rejected_rows_are_corrected_in_their_format_and_imported(importer, tmp_path, name):
    place, written, read = FORMATS[name]
    first = await imported(importer, tmp_path, written(ROWS), f"products.{name}")
    assert (first.created, first.invalid) == (2, 2), first.state.message
    assert (first.state.place, importer.imports.rejects_formats(first.state)[0]) == (place, name)

    content = await rejected(importer, first)
    rows = read(content)
    own, added = list(ROWS[0]), [place, "record", "column", "code", "message"]
    assert list(rows[0])[:-1] == [*own, *added]
    assert [int(row[place]) for row in rows] == [row.line for row in first.rejected]
    assert [(row["column"], row["code"]) for row in rows] == [
        ("sku", "sku_missing"),
        ("price", "price_not_a_number"),
    ]

    again = await imported(importer, tmp_path, content, f"again.{name}")
    assert (again.read, again.invalid) == (2, 2)
    assert [row.errors for row in again.rejected] == [row.errors for row in first.rejected]
    assert set(again.state.mapping.values()) == {"sku", "name", "price", "attribute", "ignore"}

    rows[0]["sku"], rows[1]["price"] = "0018", "2.50"
    mended = await imported(importer, tmp_path, written(rows), f"mended.{name}")
    assert (mended.created, mended.invalid) == (2, 0), mended.state.message
    found = {product.sku: product async for product in importer.catalogue.iterate()}
    assert (found["0018"].name, found["0018"].price) == ("Grüner Tee 🫖", Decimal("1.299"))
    assert found["0018"].attributes == {"Colour": "=1+1"}
    assert found["0042"].attributes == {"Colour": "0017"}


@pytest.mark.parametrize("name", ["xlsx", "jsonl", "parquet"])
async def test_rows_with_a_wrong_layout_stay_rejected_until_they_are_changed(importer, tmp_path, name):
    _, written, read = FORMATS[name]
    first = await imported(importer, tmp_path, b"sku,name,price\nA,Tea,1,50,x\n", "products.csv")
    rows = read(await rejected(importer, first, name))
    assert rows[0]["message"].endswith("Beyond the columns it has “50”, “x”.")

    again = await imported(importer, tmp_path, written(rows), f"again.{name}")
    assert [row.code for row in again.rejected] == ["too_many_cells"]
    rows[0]["price"] = "1.50"
    mended = await imported(importer, tmp_path, written(rows), f"mended.{name}")
    assert (mended.created, mended.invalid) == (1, 0)


async def test_rejected_items_of_xml_are_csv(importer, tmp_path):
    content = b"<all><product><sku>A</sku><name>Tea</name></product><product><name>Cup</name></product></all>"
    first = await imported(importer, tmp_path, content, "products.xml")
    assert importer.imports.rejects_formats(first.state) == ("csv", "xlsx", "jsonl", "parquet")
    rows = of_csv(await rejected(importer, first))
    assert [(row["item"], row["code"]) for row in rows] == [("2", "sku_missing")]
    rows[0]["sku"] = "B"
    mended = await imported(importer, tmp_path, as_csv(rows), "mended.csv")
    assert (mended.created, mended.invalid) == (1, 0)
    found = {product.sku: product.attributes async for product in importer.catalogue.iterate()}
    assert found == {"A": {}, "B": {}}


async def test_the_options_of_the_import_hold_in_every_format(importer, tmp_path):
    path = tmp_path / "products.xlsx"
    path.write_bytes(as_xlsx([{"Code": "", "Bezeichnung": "Tee", "Farbe": "rot"}]))
    options = ImportOptions(map={"Code": "sku", "Bezeichnung": "name"}, extra="ignore")
    first = await importer.run(path, options)
    rows = of_xlsx(await rejected(importer, first))
    rows[0]["Code"] = "A"
    preview = await importer.imports.preview(as_xlsx(rows), complete=True, filename="mended.xlsx")
    assert (preview.problem, preview.mapping["Code"]) == (None, "sku")
    mended = await imported(importer, tmp_path, as_xlsx(rows), "mended.xlsx")
    assert (mended.created, mended.invalid) == (1, 0)
    assert [product.attributes async for product in importer.catalogue.iterate()] == [{}]


async def test_an_unknown_format_is_named(importer, tmp_path):
    first = await imported(importer, tmp_path, b"sku,name\n,Tea\n", "products.csv")
    with pytest.raises(UsageError, match="no format 'docx'"):
        await rejected(importer, first, "docx")


@pytest.mark.parametrize("name", ["jsonl", "parquet"])
async def test_a_cell_that_is_not_there_stays_absent(importer, tmp_path, name):
    whole = {"sku": "A1", "name": "Tea", "price": "1", "Colour": "red", "Size": "L"}
    await imported(importer, tmp_path, as_lines([whole]), "products.jsonl")
    others = [{"sku": "A1", "price": "dear", "Size": ""}, {"sku": "NEW", "price": "2", "Size": ""}]
    twice = {"sku": "B2", "name": "Cup", "Size": "S"}
    path = tmp_path / "changes.jsonl"
    path.write_bytes(as_lines([*others, twice, twice, {**whole, "sku": "", "price": "1"}]))
    report = await importer.run(path, ImportOptions(blank="clear", duplicates="error"))

    read = FORMATS[name][2]
    rows = read(await rejected(importer, report, name))
    assert [row.get("Colour") for row in rows] == [None, None, None, None, "red"]
    assert [row["Size"] for row in rows] == ["", "", "S", "S", "L"]

    mended = tmp_path / f"mended.{name}"
    mended.write_bytes(FORMATS[name][1]([{**rows[0], "price": "3"}]))
    await importer.run(mended, ImportOptions(blank="clear"))
    found = {product.sku: product async for product in importer.catalogue.iterate()}
    assert (found["A1"].name, found["A1"].price) == ("Tea", Decimal(3))
    assert found["A1"].attributes == {"Colour": "red"}
