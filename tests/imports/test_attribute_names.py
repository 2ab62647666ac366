"""An attribute has one name in any case and normal form, written as it was when it came first."""

import asyncio
import unicodedata

from product_importer.product import ProductDraft, ProductFilter
from shop import ledger

ME = "user:1"


async def attributes(shop, key):
    return (await shop.product(key))["attributes"]


async def test_another_case_in_another_file_updates_the_attribute(shop):
    await shop.run("sku,name,Colour,Size\nA,Tea,green,L\nB,Cup,white,S\n")
    report = await shop.run("sku,name,colour,SIZE\nA,Tea,dark green,XL\n")
    assert ledger(report) == (0, 1, 0, 0, 0, 0)
    assert await attributes(shop, "a") == {"Colour": "dark green", "Size": "XL"}
    again = await shop.run("sku,name,COLOUR,size\nA,Tea,dark green,XL\nC,Pot,red,M\n")
    assert ledger(again) == (1, 0, 1, 0, 0, 0)
    assert await attributes(shop, "c") == {"Colour": "red", "Size": "M"}


async def test_normal_forms_are_one_name(shop):
    await shop.run(f"sku,name,{unicodedata.normalize('NFD', 'Größe')}\nA,Tea,L\n")
    await shop.run(f"sku,name,{unicodedata.normalize('NFC', 'größe')}\nA,Tea,XL\n")
    assert await attributes(shop, "a") == {unicodedata.normalize("NFD", "Größe"): "XL"}


async def test_names_that_only_look_alike_are_two(shop):
    await shop.run("sku,name,m²,m2\nA,Tea,1,2\n")
    assert await attributes(shop, "a") == {"m²": "1", "m2": "2"}


async def test_blank_cells_clear_the_attribute_under_its_name(shop):
    await shop.run("sku,name,Colour\nA,Tea,green\n")
    await shop.run("sku,name,colour\nA,Tea,\n", blank="clear")
    assert await attributes(shop, "a") == {}


async def test_later_blank_cells_are_filled_under_the_catalogues_name(shop):
    await shop.run("sku,name,Colour,Size\nA,Tea,green,L\n")
    await shop.run("sku,name,SIZE,colour\nB,Cup,M,white\nC,Pot,S,red\nB,Mug,,\nC,Pot,XS,\n")
    assert await attributes(shop, "b") == {"Colour": "white", "Size": "M"}
    assert await attributes(shop, "c") == {"Colour": "red", "Size": "XS"}


async def test_a_dry_run_notes_no_name(shop):
    await shop.run("sku,name,COLOUR\nA,Tea,green\n", dry_run=True)
    assert await shop.connection.fetchval("SELECT count(*) FROM attribute_names") == 0


async def test_edits_and_imports_agree(shop):
    catalogue = (await shop.importer()).catalogue
    await shop.run("sku,name,Colour\nA,Tea,green\n")
    made = await catalogue.create(
        ProductDraft(sku="B", name="Cup", attributes={"COLOUR": "white", "weight": "3"}), actor=ME
    )
    assert made.attributes == {"Colour": "white", "weight": "3"}
    changed = await catalogue.change(made.id, made.version, {"attributes": {"colour": "red"}}, actor=ME)
    assert changed.attributes == {"Colour": "red"}
    await shop.run("sku,name,Weight\nA,Tea,5\n")
    assert await attributes(shop, "a") == {"Colour": "green", "weight": "5"}


async def test_imports_that_bring_a_name_at_once_agree(shop):
    importer = await shop.importer()
    files = [f"sku,name,{name}\nS{n},Tea,x\n" for n, name in enumerate(["Fit", "fit", "FIT", "fIT"])]
    await asyncio.gather(*(importer.run(shop.file(content)) for content in files))
    names = {name for product in (await shop.products()).values() for name in product["attributes"]}
    assert len(names) == 1


async def test_twins_that_are_there_survive_the_round_trip(shop):
    catalogue = (await shop.importer()).catalogue
    await shop.run("sku,name,colour\nA,Tea,green\n")
    await shop.connection.execute("""UPDATE products SET attributes = '{"Colour": "a", "colour": "b"}'""")
    before = await shop.rows()
    content = b"".join([piece async for piece in catalogue.export(ProductFilter())])
    assert ledger(await shop.run(content)) == (0, 0, 1, 0, 0, 0)
    assert await shop.rows() == before
