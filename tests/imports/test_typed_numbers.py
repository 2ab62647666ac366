"""Numbers of typed formats are read as the numbers that they are, whatever the texts beside them show."""

import io

import pyarrow as pa
import pytest

from product_importer.model import Status
from product_importer.model.transforms import FillGroup
from shop import price


@pytest.fixture
def server(postgres_18):
    return postgres_18


def mixed(values):
    """A column in which numbers stay numbers, and texts texts."""
    kinds = [0 if isinstance(value, str) or value is None else 1 for value in values]
    texts = pa.array(
        [None if kind else value for kind, value in zip(kinds, values, strict=True)], pa.string()
    )
    numbers = pa.array(
        [value if kind else None for kind, value in zip(kinds, values, strict=True)], pa.float64()
    )
    return pa.UnionArray.from_sparse(pa.array(kinds, pa.int8()), [texts, numbers])


def arrow(*rows):
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: mixed([row.get(name) for row in rows]) for name in names}
    columns |= {
        "sku": pa.array([f"p{n}" for n in range(len(rows))]),
        "name": pa.array(["Product"] * len(rows)),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, batch.schema) as file:
        file.write_batch(batch)
    return sink.getvalue()


async def run(shop, content, **options):
    report = await shop.run(content, parser="arrow", **options)
    return report, await shop.products()


async def test_a_typed_stock_is_no_thousands(shop):
    content = arrow({"price": "12,50", "stock": 1.125}, {"price": "9,99", "stock": 5})
    report, products = await run(shop, content)

    assert products["p0"]["stock"] is None
    assert products["p0"]["attributes"] == {"stock": "1.125"}
    assert report.warnings["stock_not_a_whole_number"] == 1
    assert products["p1"]["stock"] == 5


@pytest.mark.parametrize("others", [("12,50", "9,90"), ("12.50", "9.90")])
async def test_transforms_copy_typed_numbers_as_they_are(shop, others):
    content = arrow(
        {"group": "a", "price": 1.299},
        {"group": "a"},
        *({"group": f"b{n}", "price": text} for n, text in enumerate(others)),
    )
    report, products = await run(shop, content, transforms=(FillGroup(columns=("price",), group="group"),))

    assert report.invalid == 0
    assert [product["price"] for product in products.values()] == [
        price(text) for text in ("1.299", "1.299", *(each.replace(",", ".") for each in others))
    ]


async def test_typed_prices_do_not_show_how_texts_are_written(shop):
    report, products = await run(shop, arrow(*[{"price": 12.5}] * 3, {"price": "9,90"}))

    assert report.invalid == 0
    assert [product["price"] for product in products.values()] == [price("12.5")] * 3 + [price("9.90")]


async def test_a_typed_stock_asks_nothing(shop):
    report, products = await run(shop, arrow({"stock": 1.125}, {"stock": 5}, {"stock": 7}))

    assert (report.status, report.state.questions) == (Status.COMPLETED, ())
    assert products["p1"]["stock"] == 5
