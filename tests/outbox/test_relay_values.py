"""Sinks that ask for values get those of the change, whatever has happened to the products since."""

from outboxes import opened

from product_importer.product import ProductDraft
from receiving import Recorder

ME = "user:1"


class Detailed(Recorder):
    def __init__(self, name, values):
        super().__init__(name)
        self.values = values


def of(sink, kind):
    return [event["data"] for event in sink.events if event["type"] == f"product.{kind}"]


async def test_values_are_those_of_the_change(shop):
    plain, changed, full = Recorder(), Detailed("changed", "changed"), Detailed("full", "full")
    importer = await opened(shop, plain, changed, full)
    catalogue = importer.catalogue
    report = await shop.run("sku,name,price,colour\nT,Tea,1.5,green\nC,Cup,2,\n")
    await shop.run("sku,name,price,colour\nT,Tea,1.75,red\nC,Cup,2.00,\n")
    tea, cup = sorted((await shop.products()).values(), key=lambda it: it["sku"], reverse=True)
    await catalogue.change(tea["id"], tea["version"], {"price": None, "stock": 7}, actor=ME)
    await catalogue.delete_selected([tea["id"]], actor=ME)
    await catalogue.create(ProductDraft("T", "Another"), actor=ME)

    await importer.sinks.relay_once()

    lacking = {"description": None, "barcode": None, "stock": None, "active": True}
    first = lacking | {"sku": "T", "name": "Tea", "price": "1.50", "attributes": {"colour": "green"}}
    second = first | {"price": "1.75", "attributes": {"colour": "red"}}
    third = second | {"price": None, "stock": 7}
    other = lacking | {"sku": "C", "name": "Cup", "price": "2.00", "attributes": {}}
    again = lacking | {"sku": "T", "name": "Another", "price": None, "attributes": {}}
    products = {data["product_id"]: data["product"] for data in of(full, "created")}
    assert products.pop(tea["id"]) == first
    assert products.pop(cup["id"]) == other
    assert list(products.values()) == [again]
    assert [data["product"] for data in of(full, "updated")] == [second, third]
    assert [data["product"] for data in of(full, "deleted")] == [third]

    assert [data["values"] for data in of(changed, "updated")] == [
        {
            "price": {"before": "1.50", "after": "1.75"},
            "attributes": {"before": {"colour": "green"}, "after": {"colour": "red"}},
        },
        {"price": {"before": "1.75", "after": None}, "stock": {"before": None, "after": 7}},
    ]
    assert all(set(data) == {"product_id", "sku", "import_id"} for data in of(changed, "created"))
    assert all(set(data) == {"product_id", "sku", "import_id", "changed"} for data in of(plain, "updated"))
    assert {data["import_id"] for data in of(plain, "created")} == {report.id, None}


async def test_a_batch_in_parts_has_its_values_in_each(shop):
    sink = Detailed("full", "full")
    sink.most_events = 3
    importer = await opened(shop, sink)
    await shop.run("sku,name\n" + "".join(f"S{n},Tea {n}\n" for n in range(10)))

    await importer.sinks.relay_once()

    assert len(sink.batches) >= 4
    assert {data["product"]["name"] for data in of(sink, "created")} == {f"Tea {n}" for n in range(10)}


async def test_what_an_older_version_wrote_still_goes_out(shop):
    sink = Detailed("full", "full")
    importer = await opened(shop, sink)
    await shop.run("sku,name\nT,Tea\n")
    await shop.connection.execute(
        "INSERT INTO outbox (id, type, actor, events, payload)"
        " SELECT gen_random_uuid(), 'product.created', 'web', 1, payload FROM change_sets"
    )

    await importer.sinks.relay_once()

    assert [data.get("product", {}).get("name") for data in of(sink, "created")] == ["Tea", None]
