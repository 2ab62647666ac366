"""Every row of a file ends in exactly one of six places."""

from product_importer.model import Status
from shop import ledger


async def test_every_row_has_one_fate(shop):
    await shop.run("sku,name,price\nold,Old,1\nsame,Same,2\n")

    report = await shop.run(
        "sku,name,price\n"
        "new,New,3\n"
        "old,Old,1.50\n"
        "same,Same,2\n"
        "NEW,Newer,4\n"
        ",Nameless,1\n"
        "\n"
        " , ,\n"
        "bad,Bad,1.2.3\n"
        "short\n"
    )

    assert report.status is Status.COMPLETED
    assert ledger(report) == (1, 1, 1, 1, 3, 2)
    assert report.read == 9
    assert [(row.line, row.record, row.code) for row in report.rejected] == [
        (6, 5, "sku_missing"),
        (9, 8, "price_not_a_number"),
        (10, 9, "too_few_cells"),
    ]
