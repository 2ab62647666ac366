"""What LibreOffice calculates and formats comes in as the value that it has, whatever format it saves."""

from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

import libreoffice
from libreoffice import Job
from product_importer.model import ImportOptions, Status

pytestmark = pytest.mark.oldest_python  # what is asked here can't depend on Python

excel = pytest.importorskip("product_importer_excel")

PRICES = [Decimal("1299.5"), Decimal("4.5"), Decimal("0.99"), Decimal("1234567.89"), Decimal(12)]
CURRENCY = {"de-DE": "#,##0.00 [$€-407]", "en-US": "[$$-409]#,##0.00"}


def write(path, locale):
    """A sheet with formulas, and with formats for currencies, thousands, percentages and dates."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Products")
        money, grouped, percent, day = (
            book.add_format({"num_format": text})
            for text in (CURRENCY[locale], "#,##0", "0.00%", "yyyy-mm-dd")
        )
        sheet.write_row(0, 0, ["sku", "name", "price", "stock", "active", "Discount", "Since", "Total"])
        for row, price in enumerate(PRICES, 1):
            sheet.write_string(row, 0, f"A-{row}")
            sheet.write_formula(row, 1, f'="Tea "&{row}')
            sheet.write_formula(row, 2, f"={price}*2/2", money)
            sheet.write_formula(row, 3, f"={row}*1200", grouped)
            sheet.write_formula(row, 4, f"={row}>2")
            sheet.write_number(row, 5, 0.125, percent)
            sheet.write_datetime(row, 6, date(2024, 1, 31), day)
            sheet.write_formula(row, 7, "=1/0" if row == 1 else f"=C{row + 1}*D{row + 1}")


@pytest.mark.parametrize("locale", ["de-DE", "en-US"])
async def test_values_are_those_that_were_calculated(shop, tmp_path, locale):
    importer = await shop.open(excel)
    write(tmp_path / "sheet.xlsx", locale)
    jobs = [Job(tmp_path / "sheet.xlsx", tmp_path / f"saved{suffix}") for suffix in (".csv", ".xlsx", ".ods")]
    libreoffice.run(tmp_path, locale, jobs)

    for job in jobs:
        await shop.connection.execute("TRUNCATE products, imports CASCADE")
        report = await importer.run(job.saved, ImportOptions(questions="refuse"))

        assert report.status is Status.COMPLETED, (job, report.state.message)
        found = [
            (it["name"], it["price"], it["stock"], it["active"]) for it in (await shop.products()).values()
        ]
        wanted = [(f"Tea {row}", price, row * 1200, row > 2) for row, price in enumerate(PRICES, 1)]
        assert found == wanted, (job, dict(report.warnings), report.rejected)
        assert dict(report.warnings) == {"spreadsheet_error": 1}, job
        attributes = (await shop.product("a-2"))["attributes"]
        discount = attributes["Discount"].replace(",", ".")
        assert Decimal(discount.rstrip("% \u00a0")) == Decimal("12.5" if "%" in discount else "0.125")
        assert attributes["Since"] == "2024-01-31"
