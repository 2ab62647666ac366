"""One SKU on several rows of a file: decided over the whole file, not chunk by chunk."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from product_importer.model import ImportOptions
from shop import TINY, Plugin, ledger

HEADER = ["sku", "name", "price"]


def far_apart(between):
    """A file whose first, middle and last product row share a SKU, with others between them."""
    others = [[f"O{n}", "Other", "1"] for n in range(2 * between)]
    return [
        HEADER,
        ["Dup", "First", "1"],
        *others[:between],
        ["DUP", "Middle", "9"],
        *others[between:],
        ["dup", "Last", "5"],
    ]


NEAR, DISTANT = 1, 10 * TINY


@pytest.mark.parametrize("between", [NEAR, DISTANT])
@pytest.mark.parametrize(("policy", "winner"), [("last", ("dup", "Last")), ("first", ("Dup", "First"))])
async def test_one_row_wins(shop, between, policy, winner):
    file = far_apart(between)

    report = await shop.run(file, parser="tiny", duplicates=policy)

    assert ledger(report) == (2 * between + 1, 0, 0, 2, 0, 0)
    product = await shop.product("dup")
    assert (product["sku"], product["name"]) == winner
    assert len(await shop.events("product.created")) == 2 * between + 1

    before = await shop.rows()
    assert ledger(await shop.run(file, parser="tiny", duplicates=policy)) == (0, 0, 2 * between + 1, 2, 0, 0)
    assert await shop.rows() == before
    assert len(await shop.events("product.")) == 2 * between + 1


@pytest.mark.parametrize("between", [NEAR, DISTANT])
async def test_no_row_wins(shop, between):
    file = far_apart(between)
    last = 2 * between + 4

    report = await shop.run(file, parser="tiny", duplicates="error")

    assert ledger(report) == (2 * between, 0, 0, 0, 3, 0)
    assert "dup" not in await shop.products()
    assert [(row.line, row.cells[1], row.code, row.column) for row in report.rejected] == [
        (2, "First", "duplicate_sku", "sku"),
        (between + 3, "Middle", "duplicate_sku", "sku"),
        (last, "Last", "duplicate_sku", "sku"),
    ]
    assert f"line {last}." in report.rejected[0].message
    assert "line 2." in report.rejected[2].message

    before = await shop.rows()
    assert ledger(await shop.run(file, parser="tiny", duplicates="error")) == (0, 0, 2 * between, 0, 3, 0)
    assert await shop.rows() == before


@pytest.mark.parametrize("policy", ["last", "first"])
async def test_only_valid_rows_compete(shop, policy):
    report = await shop.run(
        "sku,name,price\ndup,#N/A,1\ndup,Good,2\ndup,Bad price,x\n", parser="tiny", duplicates=policy
    )

    assert ledger(report) == (1, 0, 0, 0, 2, 0)
    assert (await shop.product("dup"))["name"] == "Good"


@pytest.mark.parametrize(("policy", "price"), [("last", "1.0000"), ("first", "2.0000")])
async def test_a_new_product_gets_the_name_of_the_row_that_has_it(shop, policy, price):
    report = await shop.run("sku,name,price\nA,,3\nA,Tea,2\nA,,1\n", parser="tiny", duplicates=policy)

    assert ledger(report) == (1, 0, 0, 2, 0, 0)
    product = await shop.product("a")
    assert (product["name"], str(product["price"])) == ("Tea", price)


async def test_an_invalid_row_makes_no_duplicate(shop):
    report = await shop.run("sku,name\ndup,#N/A\ndup,Good\n", duplicates="error")

    assert ledger(report) == (1, 0, 0, 0, 1, 0)


async def test_many_rows_of_many_skus(shop):
    """Every SKU on five rows, each in another chunk."""
    rows = [[f"S{n % 40}", f"Version {n // 40}", "1"] for n in range(200)]

    assert ledger(await shop.run([HEADER, *rows], parser="tiny", duplicates="first")) == (40, 0, 0, 160, 0, 0)
    assert {product["name"] for product in (await shop.products()).values()} == {"Version 0"}
    assert ledger(await shop.run([HEADER, *rows], parser="tiny", duplicates="last")) == (0, 40, 0, 160, 0, 0)
    assert {product["name"] for product in (await shop.products()).values()} == {"Version 4"}


class Dearest:
    """The dearest row wins; rows without a price are rejected."""

    name = "dearest"
    rejects = True

    def rank(self, batch):
        return pc.cast(pc.cast(batch["price"], pa.float64()), pa.int64())


async def test_a_policy_of_ones_own(shop):
    importer = await shop.open(Plugin(policies=[Dearest()]))
    rows = [*far_apart(DISTANT), ["dup", "Priceless", ""]]

    report = await importer.run(shop.file(rows), ImportOptions(parser="tiny", duplicates="dearest"))

    assert ledger(report) == (2 * DISTANT + 1, 0, 0, 2, 1, 0)
    assert (await shop.product("dup"))["name"] == "Middle"
    assert [row.cells[1] for row in report.rejected] == ["Priceless"]


OLD = {"price": "9.00", "description": "Old", "colour": "grey"}
FILLED = {"price": "5.00", "description": "New", "colour": "red"}
BLANK = dict.fromkeys(FILLED, "")
ABSENT = {}


@pytest.mark.parametrize(
    ("policy", "rows", "expected"),
    [
        ("last", (FILLED, BLANK), BLANK),
        ("last", (BLANK, FILLED), FILLED),
        ("last", (FILLED, ABSENT), OLD),
        ("last", (BLANK, ABSENT), OLD),
        ("last", (ABSENT, BLANK), BLANK),
        ("first", (FILLED, BLANK), FILLED),
        ("first", (BLANK, FILLED), BLANK),
        ("first", (ABSENT, BLANK), OLD),
        ("error", (FILLED, BLANK), OLD),
    ],
)
async def test_where_blank_cells_clear_one_row_counts_alone(shop, policy, rows, expected):
    importer = await shop.importer()
    await importer.run([{"sku": "T", "name": "Tea", **OLD}])
    own = [{"sku": "T", "name": "Tea", **rows[0]}, {"sku": "t", "name": "Tea", **rows[1]}]
    others = [{"sku": "O", "name": "Other", **FILLED}]

    report = await importer.run([*own, *others], ImportOptions(duplicates=policy, blank="clear"))

    product = await shop.product("t")
    found = {
        "price": "" if product["price"] is None else f"{product['price']:.2f}",
        "description": product["description"] or "",
        "colour": product["attributes"].get("colour", ""),
    }
    assert found == expected
    counts = report.counts
    changed = int(expected != OLD or product["sku"] != "T")
    assert (counts.updated, counts.unchanged) == (changed, int(policy != "error") - changed)
    assert (counts.duplicate, counts.invalid) == ((0, 2) if policy == "error" else (1, 0))
    again = await importer.run([*own, *others], ImportOptions(duplicates=policy, blank="clear"))
    assert (again.counts.updated, again.counts.duplicate) == (0, counts.duplicate)
