"""Exported products that LibreOffice opens and saves come back unchanged, or what it destroyed is named."""

from contextlib import aclosing

import pytest

import libreoffice
from libreoffice import Job
from product_importer.model import ExportOptions, ImportOptions, Status
from product_importer.product import ProductDraft
from shop import as_tuple, ledger

pytestmark = pytest.mark.oldest_python  # what is asked here can't depend on Python

excel = pytest.importorskip("product_importer_excel")

LOCALES = ("de-DE", "en-US")
TEXTS = (
    *(
        "0017",
        "1.299",
        "1,5",
        "0.30",
        "4.0",
        "1e5",
        "2E10",
        "12E3",
        "TRUE",
        "WAHR",
        "2024-01-31",
        "31.1.2024",
    ),
    *("1/2", "3-4", "12:30", "JAN1", "50%", "€ 5", "4006381333931", "12345678901234567890", "=1+1", "'=1+1"),
    *("'0017", '="0017"', "-1", "+49", "@home", "a;b|c", 'say "x"', "line\nbreak", "null", "Größe", "日本"),
    *("1 234", "1'234", "plain"),
)
SHOWING = ("price", "active", "barcode", "stock")
"""The fields that show what a spreadsheet did to them. In a name, a number may be meant as one."""

UNSEEN = {"0.5", "5"}
"""The SKUs ``1/2`` and ``€ 5``, where special numbers were detected: nothing shows that these were texts."""

PRICES = ("4.50", "1299", "0.0125", "1234567.89", "12.30", "1.2990", None, "0.5", "7")
STOCKS = (3, 1299, -3, None, 999_999_999_999_999_999, 0)
BARCODES = ("4006381333931", "0012345678905", "01234565", None)


@pytest.fixture
async def importer(shop):
    return await shop.open(excel)


async def put(importer):
    for number, text in enumerate(TEXTS):
        line = " ".join(text.split())
        draft = ProductDraft(
            sku=line,
            name=line,
            description=text,
            price=PRICES[number % len(PRICES)],
            active=number % 3 != 0,
            barcode=BARCODES[number % len(BARCODES)],
            stock=STOCKS[number % len(STOCKS)],
            attributes={"Code": text, f"only {number % 3}": text},
        )
        await importer.catalogue.create(draft, actor="user:1")


async def exported(importer, path, **options):
    async with aclosing(importer.catalogue.export(options=ExportOptions(**options))) as pieces:
        path.write_bytes(b"".join([piece async for piece in pieces]))
    return path


@pytest.mark.parametrize("locale", LOCALES)
async def test_products_come_back(shop, importer, tmp_path, locale):
    await put(importer)
    plain = await exported(importer, tmp_path / "plain.csv")
    comma = await exported(importer, tmp_path / "comma.csv", bom=True, delimiter=";", decimal="comma")
    book = await exported(importer, tmp_path / "book.xlsx", format="xlsx")
    jobs = [
        *(Job(plain, tmp_path / f"plain{suffix}") for suffix in (".csv", ".xlsx", ".ods")),
        *(Job(plain, tmp_path / f"special{suffix}", mode="special") for suffix in (".csv", ".ods")),
        Job(comma, tmp_path / "comma-plain.csv", ";"),
        *(Job(plain, tmp_path / f"text{suffix}", mode="text") for suffix in (".csv", ".xlsx", ".ods")),
        *(Job(comma, tmp_path / f"comma-text{suffix}", ";", "text") for suffix in (".csv", ".xlsx")),
        *(Job(book, tmp_path / f"book{suffix}", mode="text") for suffix in (".csv", ".ods")),
    ]
    libreoffice.run(tmp_path, locale, jobs)

    before = await shop.products()
    await shop.connection.execute("CREATE TABLE kept AS SELECT * FROM products")
    for job in jobs:
        await shop.connection.execute(
            "TRUNCATE products, imports CASCADE; INSERT INTO products OVERRIDING SYSTEM VALUE TABLE kept"
        )
        report = await importer.run(job.saved, ImportOptions(questions="refuse"))
        assert report.status is Status.COMPLETED, (job, report.state.message)
        ledger(report)
        rejected = [row async for row in importer.imports.rejects(report.id)]
        warned = [row async for _, row in importer.imports.warnings(report.id)]
        wrong = unnamed(before, await shop.products(), [*rejected, *warned], job)
        assert not wrong, (job.saved.name, wrong, dict(report.warnings))


def unnamed(before, after, told, job):
    """The products that differ without a word. ``told``: rejected rows and warnings."""
    named = {row.record for row in told}
    values = {getattr(row, "value", None) for row in told}
    wrong = {}
    for record, (key, product) in enumerate(before.items(), 1):
        same = as_tuple(after[key]) == as_tuple(product)
        if job.mode != "text":
            same = all(after[key][name] == product[name] for name in SHOWING)
        if record not in named and not same:
            wrong[key] = as_tuple(product), as_tuple(after[key])
    new = {product["sku"] for key, product in after.items() if key not in before}
    return wrong | dict.fromkeys(new - values - UNSEEN, "new")
