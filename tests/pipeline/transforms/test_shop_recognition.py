"""The shops that come with the library: how their files are recognised, and what is asked about them."""

import pytest
from cut_batches import raw_batches

from product_importer.builtin.plugin import product_importer_profiles
from product_importer.errors import PluginError, UsageError
from product_importer.fields import FIELDS
from product_importer.model import ImportOptions, ShopProfiles
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.pipeline.transforms.preparing import prepare
from product_importer.support.shop_files import shops_of
from product_importer.testing import plugin_set

PLUGINS = plugin_set()
SHOPS = shops_of(product_importer_profiles())
WAYS = [(name, header) for name, shop in SHOPS.items() for header in shop.headers]


@pytest.mark.parametrize(("name", "header"), WAYS)
def test_each_header_is_recognised_as_its_own_shop(name, header):
    assert SHOPS.recognised(header).name == name
    assert SHOPS.recognised([column.upper().replace(" ", "_") for column in header]).name == name


@pytest.mark.parametrize(
    "header",
    [
        ("sku", "name", "price"),
        ("sku", "title", "description", "price", "status"),
        ("id", "title", "price"),
        ("Code", "Name", "Price"),
        ("ID", "SKU", "Name", "Published"),
        ("Handle", "Title", "Price"),
    ],
)
def test_other_files_are_no_shops(header):
    assert SHOPS.recognised(header) is None


@pytest.mark.parametrize("shop", SHOPS.values(), ids=lambda shop: shop.name)
def test_profiles_are_sound(shop):
    assert set(shop.map.values()) <= {*FIELDS, "attribute", "ignore"}
    assert {"sku", "name"} <= set(shop.map.values())
    assert shop.about.endswith(".")
    prepare(shop.headers[0], ImportOptions(shop=shop.name), PLUGINS)


def mapped(header, **options):
    prepared = prepare(header, ImportOptions(**options), PLUGINS)
    mapping = resolve_mapping(prepared.header, prepared.options)
    return {target: column for column, target in mapping.as_dict().items() if target in FIELDS}


SHOPIFY = ("Handle", "Title", "Variant SKU", "Variant Price", "Published", "Status", "Barcode")


def test_a_shops_columns_are_mapped():
    assert mapped(SHOPIFY)["active"] == "Status"


def test_what_is_given_by_hand_wins():
    given = mapped(SHOPIFY, map={"Published": "active", "Handle": "sku"})
    assert (given["active"], given["sku"]) == ("Published", "Handle")


def test_a_price_in_one_currency_is_the_price_and_one_in_two_is_not():
    medusa = ("Product Handle", "Product Title", "Variant Sku", "Variant Price EUR")
    assert mapped(medusa)["price"] == "Variant Price EUR"
    assert "price" not in mapped((*medusa, "Variant Price USD"))


def question(rows, **options):
    prepared = prepare(SHOPIFY[:4], ImportOptions(**options), PLUGINS)
    for raw in raw_batches(SHOPIFY[:4], rows, 2):
        prepared.apply(raw)
    return prepared.question()


def rows(with_sku, without):
    return [(f"h{n}", "T", f"S{n}" if n < with_sku else "", "1") for n in range(with_sku + without)]


def test_a_shop_without_skus_is_asked_about_once():
    asked = question(rows(0, 3))
    assert (asked.code, asked.option, asked.column) == ("no_skus", "sku_from", "Variant SKU")
    assert [(each.value, each.shown) for each in asked.answers] == [
        ("Handle", ("h0", "h1", "h2")),
        ("none", ()),
    ]


@pytest.mark.parametrize("answer", ["Handle", "none"])
def test_an_answer_ends_the_question(answer):
    assert question(rows(0, 3), sku_from=answer) is None


@pytest.mark.parametrize(
    ("with_sku", "without", "asked"),
    [(3, 0, False), (3, 1, True), (4, 1, False), (0, 1, True), (3, 2, True), (98, 4, False), (999, 21, True)],
)
def test_few_rows_without_a_sku_are_taken_for_mistakes(with_sku, without, asked):
    assert (question(rows(with_sku, without)) is not None) == asked


@pytest.mark.parametrize(("use", "kept"), [({}, 1), ({"Store_view_code": "attribute"}, 2)])
def test_a_column_of_store_views_that_is_mapped_is_no_such_column(use, kept):
    header = ("sku", "store_view_code", "name")
    prepared = prepare(header, ImportOptions(map=use), PLUGINS)
    (raw,) = raw_batches(header, [("A", "", "Tea"), ("B", "red", "Cup")], 2)
    assert prepared.apply(raw)[0].cells.num_rows == kept


def test_an_unknown_shop_is_named():
    with pytest.raises(UsageError, match="myspace.*auto, none, .*shopify"):
        prepare(("sku",), ImportOptions(shop="myspace"), PLUGINS)


@pytest.mark.parametrize("text", ["title = 3", "no toml", 'title = "T"'])
def test_a_plugins_faulty_profile_is_named(tmp_path, text):
    (tmp_path / "acme.toml").write_text(text)
    with pytest.raises(PluginError, match=r"acme\.toml"):
        shops_of([ShopProfiles("acme", tmp_path)]).recognised(["sku"])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PluginError, match="There is no folder .*nowhere with profiles"):
        shops_of([ShopProfiles("acme", tmp_path / "nowhere")])


def test_headers_may_be_written_in_several_lines(tmp_path):
    lines = 'title = "T"\nabout = "A."\nheaders = [\n  ["a", "b"],\n]\n'
    (tmp_path / "acme.toml").write_text(lines)
    assert shops_of([ShopProfiles("acme", tmp_path)]).recognised(["A", "b", "c"]).title == "T"


def test_two_profiles_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "acme.toml").touch()
    with pytest.raises(PluginError, match="second profile for the shop 'acme'"):
        shops_of([ShopProfiles(folder, tmp_path / folder) for folder in ("a", "b")])
