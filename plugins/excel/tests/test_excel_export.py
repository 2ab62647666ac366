"""Products that are exported come back unchanged."""

from contextlib import aclosing

import pytest

import product_importer_excel
from product_importer import ImportOptions
from product_importer.errors import UsageError
from product_importer.model import ExportOptions
from product_importer.product import ProductDraft
from product_importer.testing import temporary_importer

NASTY = [
    "0017", "1.299", "=1+1", "'=1+1", "'0017", '="0017"', "a;b|c\td", 'say "x"', "line\nbreak\rtwo\r\n",
    " blanks ", "_x0041_", "_x000D_", "\x01\x1f", "<b>&amp;</b>", "日本 🫖 é", "null", "NaN", "true", "4.0",
    "1e5", "2024-01-31", "x" * 30_000, "\ufeffmark", "{}",
    "[1]", "https://example.com/?a=1", "mailto:x@example.com",
]  # fmt: skip


@pytest.fixture
async def importer():
    async with temporary_importer(product_importer_excel) as importer:
        yield importer


async def put(importer):
    for number, text in enumerate(NASTY):
        await importer.catalogue.create(
            ProductDraft(
                sku=f"000{number}",
                name=text.strip() or "-",
                description=text,
                price=["1.2990", "123456789012345.6789", "4.50", None][number % 4],
                active=number % 2 == 0,
                stock=[12, None, 999_999_999_999_999_999][number % 3],
                attributes={"Colour": text, f"only {number % 5}": "4.0"},
            ),
            actor="user:1",
        )


async def exported(importer, path, **options):
    how = ExportOptions(format="xlsx", **options)
    async with aclosing(importer.catalogue.export(options=how)) as pieces:
        path.write_bytes(b"".join([piece async for piece in pieces]))
    return path


async def test_everything_comes_back(importer, tmp_path):
    await put(importer)
    before = [product async for product in importer.catalogue.iterate()]

    path = await exported(importer, tmp_path / "products.xlsx")
    report = await importer.run(path, ImportOptions(parser="excel", missing="deactivate"))

    assert (report.unchanged, report.updated, report.invalid) == (len(NASTY), 0, 0), report.state.message
    assert [product async for product in importer.catalogue.iterate()] == before


async def test_columns_can_be_chosen(importer, tmp_path):
    await put(importer)

    path = await exported(importer, tmp_path / "products.xlsx", columns=("colour", "sku"))
    preview = await importer.imports.preview(path, ImportOptions(parser="excel"))

    assert preview.header == ("Colour", "sku")


async def test_an_empty_catalogue_is_exported(importer, tmp_path):
    path = await exported(importer, tmp_path / "products.xlsx")
    assert path.read_bytes()[:2] == b"PK"


async def test_options_of_csv_are_refused(importer, tmp_path):
    with pytest.raises(UsageError, match="for CSV only"):
        await exported(importer, tmp_path / "x", bom=True)
