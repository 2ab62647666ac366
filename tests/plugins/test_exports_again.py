"""Every format's export of the nastiest products, imported again, changes nothing."""

import unicodedata
from contextlib import aclosing

import pytest

import product_importer_excel
import product_importer_jsonlines
import product_importer_parquet
from product_importer.model import ExportOptions
from product_importer.product import ProductDraft
from product_importer.testing import temporary_importer

NASTY = (
    "0017", "1.299", "1,299", "=1+1", "'=1+1", "'0017", '="0017"', "-5", "+49 30", "@x", "a;b|c\td",
    'say "x"', "line\nbreak\r\nand\rmore", " blanks ", "4.0", "1e5", "2024-01-31", "TRUE", "null", "N/A",
    "{}", "[1]", unicodedata.normalize("NFD", "Grün é"), "🫖 🇩🇪", "日本",
    "\u00a0x\u00a0", "\u200bx", "ﬁ", "x\u0301",
)  # fmt: skip

NAMES = (
    "price", "Price", "SKU", "barcode ", "attribute 1: \"x\"", "line", "message", "=name", "'name", "Preis",
    "0", unicodedata.normalize("NFD", "Größe"), "Colour", "a,b", "x\ny", "import 12 (3f61c0d9)",
)  # fmt: skip

PRICES = ("1.2990", "999999999999999.9999", "0.0001", "0", None, "1299", "4.50")
STOCKS = (0, None, 999_999_999_999_999_999, 12, -3)
BARCODES = (None, "4006381333931", "0012345678905", "96385074")


@pytest.fixture
async def importer():
    plugins = (product_importer_excel, product_importer_jsonlines, product_importer_parquet)
    async with temporary_importer(*plugins) as importer:
        yield importer


@pytest.mark.parametrize(
    "options",
    [
        {"format": "csv"},
        {"format": "csv", "delimiter": ";", "bom": True, "decimal": "comma"},
        {"format": "xlsx"},
        {"format": "jsonl"},
        {"format": "parquet"},
    ],
    ids=lambda options: "".join(map(str, options.values())),
)
async def test_nothing_changes(importer, tmp_path, options):
    for number, text in enumerate(NASTY):
        await importer.catalogue.create(
            ProductDraft(
                sku=f"{number:04}" if number % 2 else f"{' '.join(text.split())} {number}",
                name=text.strip() or "-",
                description=text if number % 3 else None,
                price=PRICES[number % len(PRICES)],
                active=number % 2 == 0,
                barcode=BARCODES[number % len(BARCODES)],
                stock=STOCKS[number % len(STOCKS)],
                attributes={NAMES[number % len(NAMES)]: text, NAMES[(number + 3) % len(NAMES)]: "4.0"},
            ),
            actor="user:1",
        )
    before = [product async for product in importer.catalogue.iterate()]

    path = tmp_path / f"products.{options['format']}"
    async with aclosing(importer.catalogue.export(options=ExportOptions(**options))) as pieces:
        path.write_bytes(b"".join([piece async for piece in pieces]))
    report = await importer.run(path)

    found = (report.unchanged, report.updated, report.created, report.invalid)
    assert found == (len(NASTY), 0, 0, 0), (report.state.message, report.rejected, report.state.questions)
    assert [product async for product in importer.catalogue.iterate()] == before
