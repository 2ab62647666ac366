"""Some of a file's readings are right only in the light of all of its rows."""

import asyncio
import csv
import io
import logging
from functools import partial

import pytest

from halfway import Barrier, Watch
from product_importer.delimited.rejects_file import rejects_csv
from product_importer.errors import ImportInterrupted
from product_importer.model import ImportOptions, Status
from product_importer.pipeline.run import Tuning
from product_importer.product import ProductDraft
from shop import TINY, ledger, price

AGAIN = "is read again"


@pytest.fixture
def server(postgres_18):
    return postgres_18


def file_of(*cells, column="price"):
    """Products ``p0``, ``p1``, … with these cells; in German files cells are separated by semicolons."""
    return f"sku;name;{column}\n" + "".join(f"p{n};Product;{cell}\n" for n, cell in enumerate(cells))


async def prices(shop):
    return {key: product["price"] for key, product in (await shop.products()).items()}


def codes(report):
    return {row.record: [error.code for error in row.errors] for row in report.rejected}


MANY = ["7"] * (3 * TINY)


@pytest.mark.parametrize("dry_run", [False, pytest.param(True, marks=pytest.mark.whole)])
@pytest.mark.parametrize(
    ("cells", "code", "readings"),
    [
        (["12.50", *MANY, "1.299", *MANY, "2.499,00"], "price_ambiguous", 2),
        (["1.299", *MANY, "12.50"], None, 1),
        (["0.299", *MANY, "1.299"], None, 1),
        (["1.299", *MANY, "1.2990"], None, 1),
        (["12.50", *MANY, "1299.500"], None, 1),
    ],
)
async def test_the_whole_column_decides_what_three_decimals_are(shop, caplog, cells, code, readings, dry_run):
    caplog.set_level(logging.INFO)
    report = await shop.run(file_of(*cells), parser="tiny", dry_run=dry_run)

    assert report.status is (Status.PLANNED if dry_run else Status.COMPLETED)
    assert caplog.text.count(AGAIN) == readings - 1
    found = codes(report)
    for record, cell in enumerate(cells, 1):
        if cell == "1.299" and code:
            assert found.pop(record) == [code]
        elif "," in cell:
            assert found.pop(record)[0] in ("price_decimal_comma", "price_thousands_separator")
    assert not found
    assert report.created == len(cells) - report.invalid
    if not dry_run:
        stored = await prices(shop)
        for n, cell in enumerate(cells):
            if n + 1 not in codes(report):
                assert stored[f"p{n}"] == price(cell)


@pytest.mark.parametrize(
    ("decimal", "cells", "read"),
    [
        ("comma", ["1.299", "2.499,00", "12,50", "15"], ["1299", "2499", "12.5", "15"]),
        ("comma", ["1.299", "2.499", "15"], ["1299", "2499", "15"]),
        ("point", ["1.299", "2,499.00", "12.50", "15"], ["1.299", "2499", "12.5", "15"]),
    ],
)
async def test_the_option_answers_for_the_file(shop, caplog, decimal, cells, read):
    caplog.set_level(logging.INFO)
    report = await shop.run(file_of(*cells), decimal=decimal)
    assert ledger(report) == (len(cells), 0, 0, 0, 0, 0)
    assert list((await prices(shop)).values()) == [price(each) for each in read]
    assert report.state.options.decimal == decimal
    assert AGAIN not in caplog.text


@pytest.mark.parametrize(
    ("cells", "read", "readings"),
    [
        (["1.299", *MANY, "12,50"], "1299", 2),
        pytest.param(["1,299", *MANY, "12,50"], "1.299", 2, marks=pytest.mark.whole),
        pytest.param([*MANY, "12,50", "1.299"], None, 2, marks=pytest.mark.whole),
        pytest.param(["12,50", *MANY], "12.5", 2, marks=pytest.mark.whole),
        (["1,299", *MANY, "12.50"], "1299", 1),
        pytest.param(["1'299.50", *MANY], "1299.5", 1, marks=pytest.mark.whole),
        pytest.param(["1\u202f299,50", *MANY], "1299.5", 2, marks=pytest.mark.whole),
        (["1.299,00", *MANY, "12.50", "3,50", "4,50"], "1299", 2),
    ],
)
async def test_other_rows_show_how_a_price_is_written(shop, caplog, cells, read, readings):
    caplog.set_level(logging.INFO)
    report = await shop.run(file_of(*cells), parser="tiny")
    assert caplog.text.count(AGAIN) == readings - 1
    stored = await prices(shop)
    assert read is None or stored["p0"] == price(read)
    assert codes(report) == ({len(cells) - 2: ["price_decimal_point"]} if "3,50" in cells else {})


@pytest.mark.parametrize(
    ("cells", "column"),
    [(["1.299", *MANY, "12.500"], "price"), ([*MANY, "1,299"], "price"), (["1.200", "12.000"], "stock")],
)
async def test_where_no_row_shows_it_the_import_asks(shop, cells, column):
    report = await shop.run(file_of(*cells, column=column), parser="tiny")
    assert [question.code for question in report.state.questions] == ["decimal_sign"]
    assert (report.status, await shop.products()) == (Status.WAITING, {})
    for sign in ("point", "comma"):
        assert (await shop.run(file_of(*cells, column=column), decimal=sign, dry_run=True)).invalid == 0


@pytest.mark.parametrize(
    ("rows", "stocks"),
    [
        (["4,50;1.200", "5,00;7"], [1200, 7]),
        (["4.50;12,000", "5.00;7"], [12000, 7]),
        (["4.50;12.000", "5.00;7"], None),
        (["4,50;12,000", "5,00;7"], None),
        (["4;12.0", "5;1,200"], [12, 1200]),
        (["4,50;1.200", "5,00;3.000"], None),
        (["4,50;12.5", "5,00;3.000"], [None, 3]),
    ],
)
async def test_a_stock_is_read_like_the_prices_unless_it_shows_something_else(shop, rows, stocks):
    lines = "".join(f"p{n};Product;{row}\n" for n, row in enumerate(rows))
    report = await shop.run(f"sku;name;price;stock\n{lines}")
    found = [product["stock"] for product in (await shop.products()).values()]
    assert (report.status, found) == ((Status.COMPLETED, stocks) if stocks else (Status.WAITING, []))


@pytest.mark.parametrize(
    ("cells", "options", "kept"),
    [
        (["4,50 €", "5 €", "6,25"], {}, ["EUR", "EUR", None]),
        (["$4.50", "$5", "6.25"], {}, ["$", "$", None]),
        (["4.50 EUR", "5", "6.25"], {"extra": "ignore"}, [None, None, None]),
    ],
)
async def test_one_currency_is_read_and_kept(shop, cells, options, kept):
    report = await shop.run(file_of(*cells), **options)
    assert ledger(report) == (3, 0, 0, 0, 0, 0)
    assert list((await prices(shop)).values()) == [price("4.5"), price("5"), price("6.25")]
    products = (await shop.products()).values()
    assert [product["attributes"].get("currency") for product in products] == kept
    again = await shop.run(file_of(*cells), **options)
    assert ledger(again) == (0, 0, 3, 0, 0, 0)


@pytest.mark.parametrize(
    ("header", "cells", "options", "kept", "rule"),
    [
        ("Price (EUR)", ["4.50", "", "6"], {}, ["EUR", None, "EUR"], "EUR"),
        ("Price (EUR)", ["4.50 €", "5", "6"], {}, ["EUR", "EUR", "EUR"], "EUR"),
        ("Price (EUR)", ["4.50", "5", "6"], {"rule": {"Price (EUR)": "EUR"}}, ["EUR"] * 3, "EUR"),
        ("Price (EUR)", ["4.50", "5", "6"], {"rule": {"Price (EUR)": "USD"}}, [None] * 3, "USD"),
        ("Price (EUR)", ["4.50", "5", "6"], {"extra": "ignore"}, [None] * 3, None),
        ("Price (EUR);currency", ["4.50;USD", "5;USD", "6;"], {}, ["USD", "USD", None], None),
        ("Price", ["4.50", "5", "6"], {}, [None] * 3, None),
    ],
)
async def test_the_currency_of_a_header_is_kept_and_said(shop, header, cells, options, kept, rule):
    report = await shop.run(file_of(*cells, column=header), **options)
    assert report.invalid == 0
    assert [each["attributes"].get("currency") for each in (await shop.products()).values()] == kept
    assert dict(report.state.rules) == ({} if rule is None else {"Price (EUR)": rule})


async def test_a_column_of_currencies_stays_as_it_is(shop):
    await shop.run("sku,name,price,Currency\na,A,4.50 EUR,Euro\n")
    assert (await shop.product("a"))["attributes"] == {"Currency": "Euro"}


async def test_prices_in_several_currencies_are_rejected_by_name(shop):
    report = await shop.run(file_of("4.50 €", *MANY, "$5", "6"), parser="tiny")
    assert codes(report) == {1: ["price_currency"], len(MANY) + 2: ["price_currency"]}
    assert "several currencies" in report.rejected[0].message


@pytest.mark.parametrize(
    ("cells", "rejected"),
    [
        (["4.50", "NULL", *MANY, "N/A"], []),
        (["4.50", "NULL", *MANY, "on request"], ["price_not_a_number"]),
        (["4.50", "n/a", "-", *MANY, "TBA"], ["price_not_a_number"]),
    ],
)
async def test_null_words_among_numbers_are_blank_cells(shop, cells, rejected):
    report = await shop.run(file_of(*cells), parser="tiny")
    assert [row.code for row in report.rejected] == rejected


async def test_an_option_that_an_older_version_does_not_know_is_stored_only_where_it_is_used(shop):
    await shop.run(file_of("1"))
    await shop.run(file_of("1"), decimal="comma")
    stored = await shop.connection.fetch("SELECT options::text FROM imports ORDER BY id")
    assert ["decimal" in row["options"] for row in stored] == [False, True]


async def test_a_column_that_is_no_field_loses_no_row(shop):
    words = ["new arrival", "bestseller", "", "discontinued"] * TINY
    report = await shop.run(file_of(*words, column="status"), parser="tiny")
    assert ledger(report) == (len(words), 0, 0, 0, 0, 0)
    assert report.state.mapping["status"] == "attribute"
    assert (await shop.product("p0"))["attributes"] == {"status": "new arrival"}

    report = await shop.run(file_of("on request", "ask us", "?", column="price"), on_error="abort")
    assert (report.status, report.state.mapping["price"]) == (Status.COMPLETED, "attribute")
    report = await shop.run(file_of(*["on request"] * 3, column="price"), extra="ignore")
    assert report.state.mapping["price"] == "ignore"


async def test_two_wrong_cells_may_be_mistakes(shop):
    report = await shop.run(file_of("on request", "", "ask us"))
    assert codes(report) == {1: ["price_not_a_number"], 3: ["price_not_a_number"]}
    assert report.state.mapping["price"] == "price"


@pytest.mark.parametrize("last", ["active", "inaktiv", "ja", "2", "x"])
async def test_one_cell_that_fits_makes_it_the_field_again(shop, last, caplog):
    caplog.set_level(logging.INFO)
    words = ["new arrival"] * (2 * TINY) + [last]
    report = await shop.run(file_of(*words, column="status"), parser="tiny")
    assert caplog.text.count(AGAIN) == 2
    assert report.state.mapping["status"] == "active"
    assert report.invalid == 2 * TINY + (last in ("2", "x"))
    assert {row.code for row in report.rejected} == {"active_unclear"}


async def test_rejected_rows_are_rejected_again(shop):
    """Although they are the only ones then, and not one of their prices is a number."""
    importer = await shop.importer()
    first = await shop.run(file_of("7", "ask us", "8", "on request", "?"))
    pages = rejects_csv(first.state, importer.imports.rejects(first.id))
    report = await shop.run("".join([page async for page in pages]))
    assert [row.errors for row in report.rejected] == [row.errors for row in first.rejected]
    assert report.invalid == 3


async def test_what_the_map_names_stays_a_field(shop):
    report = await shop.run(file_of("new", "old", "a", column="status"), map={"status": "active"})
    assert (report.invalid, report.state.mapping["status"]) == (3, "active")


async def test_the_next_column_of_a_fitting_name_is_taken_then(shop):
    report = await shop.run("sku,name,status,published\na,A,new,no\nb,B,sale,yes\nc,C,old,no\n")
    assert report.state.mapping == {
        "sku": "sku", "name": "name", "status": "attribute", "published": "active"
    }  # fmt: skip
    assert [product["active"] for product in (await shop.products()).values()] == [False, True, False]


@pytest.mark.parametrize(
    ("cells", "rejected"), [(["-1", *MANY, "1"], []), (["-1", *MANY], ["active_unclear"])]
)
async def test_minus_one_is_a_draft_beside_one(shop, cells, rejected):
    words = ["0" if cell == "7" else cell for cell in cells]
    report = await shop.run(file_of(*words, column="Published"), parser="tiny")
    assert [row.code for row in report.rejected] == rejected
    if not rejected:
        assert not (await shop.product("p0"))["active"]
        assert (await shop.product(f"p{len(words) - 1}"))["active"]


@pytest.mark.parametrize("max_errors", [0, 2])
async def test_a_limit_on_rejected_rows_counts_those_of_the_last_reading(shop, max_errors):
    report = await shop.run(file_of("new", "sale", "x y", column="status"), max_errors=max_errors)
    assert (report.status, report.invalid) == (Status.COMPLETED, 0)
    report = await shop.run(file_of("x", "y", *MANY, "z"), max_errors=max_errors, parser="tiny")
    assert report.status is Status.FAILED
    assert report.invalid > max_errors


async def test_a_file_that_is_read_again_is_resumed_as_it_was_begun(shop):
    """Stopped in the middle of saving, in the rows that only the second reading gives."""
    cells = ["1.299", *MANY, "12,50", *MANY, "2.499,00", "12.50"]
    importer = await shop.importer()
    whole = await importer.run(shop.file(file_of(*cells)), ImportOptions(parser="tiny"))
    expected = await shop.outcome(whole.id)
    await shop.connection.execute("TRUNCATE products, imports, outbox RESTART IDENTITY CASCADE")
    barrier, stop = Barrier(shop), asyncio.Event()
    await barrier.put("BEFORE INSERT", "import_chunks", f"NEW.first > {2 * TINY}")
    import_id = await importer.imports.create(shop.file(file_of(*cells)), ImportOptions(parser="tiny"))
    running = asyncio.create_task(importer.imports.start(import_id, stop=stop))
    await barrier.reached()
    await Watch(shop).chunks(2)
    stop.set()
    await barrier.lift("import_chunks")
    with pytest.raises(ImportInterrupted):
        await running
    assert (await importer.imports.state(import_id)).counts.read < len(cells)

    report = await importer.imports.resume(import_id)

    assert report.status is Status.COMPLETED
    assert await shop.outcome(import_id) == expected


async def test_progress_does_not_go_back(shop, monkeypatch):
    monkeypatch.setattr("product_importer.imports.running.Tuning", partial(Tuning, tick=0.001))
    states = []
    importer = await shop.importer()
    path = shop.file(file_of("1.299", *(MANY * 20), "12,50"))
    report = await importer.run(path, ImportOptions(parser="tiny"), states.append)
    assert report.invalid == 0
    read = [state.bytes_done for state in states]
    assert read == sorted(read)
    assert [state.percent for state in states] == sorted(state.percent for state in states)


async def test_an_export_with_three_decimals_comes_back(shop):
    importer = await shop.importer()
    for number, text in enumerate(["1.2990", "999.999000", "12.5000", "0.299", "7"]):
        await importer.catalogue.create(ProductDraft(f"e{number}", "E", price=price(text)), actor="user:1")
    content = b"".join([piece async for piece in importer.catalogue.export()])
    assert [row["price"] for row in csv.DictReader(io.StringIO(content.decode()))] == [
        "1.2990", "999.9990", "12.50", "0.2990", "7.00"
    ]  # fmt: skip
    only = content.splitlines(keepends=True)[:3]
    for part in (content, b"".join(only)):
        report = await shop.run(part, on_error="abort")
        assert report.unchanged == report.read > 0


class TestPreview:
    async def codes(self, shop, content, **options):
        importer = await shop.importer()
        preview = await importer.imports.preview(
            content.encode(), ImportOptions(**options), complete=True, rows=2
        )
        return preview, [[error.code for error in row.errors] for row in preview.rows]

    async def test_rows_that_are_not_shown_decide(self, shop):
        _, shown = await self.codes(shop, file_of("1.299", "7", *MANY, "12.50"))
        assert shown == [[], []]
        _, shown = await self.codes(shop, file_of("1.299", "7", *MANY))
        assert shown == [["price_ambiguous"], []]
        _, shown = await self.codes(shop, file_of("1.299,00", "7", *MANY, "4,50"))
        assert shown == [[], []]
        _, shown = await self.codes(shop, file_of("1.299", "7", *MANY), decimal="comma")
        assert shown == [[], []]

    async def test_values_are_shown_as_they_will_be(self, shop):
        content = "sku;name;price;stock;active;size\na;A;1.299,50 €;1.200;ja;NULL\nb;B;4;7;true;L\n"
        preview, _ = await self.codes(shop, content, null=("NULL",))
        assert [dict(row.values) for row in preview.rows] == [
            {"price": "1299.50", "stock": "1200", "active": "true", "size": ""}, {}
        ]  # fmt: skip

    async def test_a_column_that_is_no_field(self, shop):
        preview, shown = await self.codes(shop, file_of("new", "sale", *(["old"] * 30), column="status"))
        assert (preview.mapping["status"], shown) == ("attribute", [[], []])
        preview, shown = await self.codes(shop, file_of("new", "sale", *(["yes"] * 30), column="status"))
        assert (preview.mapping["status"], shown) == ("active", [["active_unclear"]] * 2)
