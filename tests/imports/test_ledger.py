"""Every row of a file ends in exactly one of six places."""

from product_importer.model import ImportOptions, Status
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
        (10, 9, "name_missing"),
    ]


async def test_an_import_whose_rows_are_not_all_accounted_for_is_not_completed(shop):
    """Something in the database loses the record of a chunk: what became of its rows is not known."""
    await shop.connection.execute(
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER lose BEFORE INSERT ON import_chunks FOR EACH ROW"
        " WHEN (NEW.first = 8) EXECUTE FUNCTION lose()"
    )
    importer = await shop.importer()
    path = shop.file([["sku", "name"], *([f"S{n}", "N"] for n in range(20))])

    report = await importer.run(path, ImportOptions(parser="tiny"))

    assert report.status is Status.FAILED
    assert "don't add up: the file has 20 records, 13 are accounted for" in report.state.message
    assert report.state.percent < 100
    assert [event.type for event in await shop.events("import.")] == ["import.failed"]

    await shop.connection.execute("DROP TRIGGER lose ON import_chunks")
    report = await importer.imports.resume(report.id)
    assert report.status is Status.COMPLETED
    assert ledger(report) == (13, 0, 7, 0, 0, 0), "the lost chunk's products are there already"
