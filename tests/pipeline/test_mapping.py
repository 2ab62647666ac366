"""Headers to fields."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.errors import FileError, QuestionsOpen, UsageError
from product_importer.fields import FIELDS
from product_importer.model import ImportOptions
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.pipeline.mapping_refusals import MAX_ATTRIBUTE_NAMES


def targets(header, **options):
    return [use.target for use in resolve_mapping(header, ImportOptions(**options)).columns]


def test_plain_header_in_any_order_and_case():
    assert targets(["PRICE", " Name", "Sku ", "active", "Description"]) == [
        "price",
        "name",
        "sku",
        "active",
        "description",
    ]


@pytest.mark.parametrize(
    "column",
    [
        "SKU",
        " Variant SKU",
        "variant-sku",
        "product_sku",
        "ProductSku",
        "Item Number",
        "article number",
        "SKU *",
    ],
)
def test_aliases_are_compared_by_letters_and_digits(column):
    assert targets([column, "name"]) == ["sku", "name"]


def test_shopify():
    header = ["Handle", "Title", "Body (HTML)", "Published", "Variant SKU", "Variant Price", "Status"]
    assert targets(header) == ["attribute", "name", "description", "attribute", "sku", "price", "active"]


def test_woocommerce():
    header = ["ID", "Type", "SKU", "Name", "Published", "Short description", "Description", "Sale price"]
    assert targets([*header, "Regular price"]) == [
        "attribute",
        "attribute",
        "sku",
        "name",
        "active",
        "attribute",
        "description",
        "attribute",
        "price",
    ]


def test_the_first_alias_of_the_table_wins_wherever_its_column_stands():
    assert targets(["Product SKU", "Title", "Name", "SKU"]) == ["attribute", "attribute", "name", "sku"]


def test_a_variant_s_sku_and_price_are_the_product_s():
    header = ["SKU", "Variant SKU", "Name", "Price"]
    assert targets(header) == ["attribute", "sku", "name", "price"]
    assert targets([*header, "Variant Price"]) == ["attribute", "sku", "name", "attribute", "price"]
    assert targets(["SKU", "Name", "Price", "Variant Price"]) == ["sku", "name", "price", "attribute"]


def test_bigcommerce_and_prestashop():
    header = ["Product ID", "Product Code/SKU", "Name", "Price", "Cost Price", "Retail Price", "Sale Price"]
    assert targets(header) == ["attribute", "sku", "name", "price", "attribute", "attribute", "attribute"]
    header = ["Active (0/1)", "Name *", "Price tax excluded or Price tax included", "SKU", "Unit price"]
    assert targets(header) == ["active", "name", "price", "sku", "attribute"]


@pytest.mark.parametrize(
    "column",
    [
        "Unit price", "Price per kg", "Compare At Price", "Cost price", "MSRP", "Sale price", "Special_Price",
        "Grundpreis", "Preis (alt)", "Preis pro Stück", "precio oferta", "Prix d'achat", "促销价格",
        "Акционная цена",
    ],
)  # fmt: skip
def test_a_column_that_may_be_the_price_is_pointed_out(column):
    mapping = resolve_mapping(["sku", "name", column], ImportOptions())
    assert mapping.column_of("price") is None
    (warning,) = mapping.warnings
    assert (warning.code, warning.column, warning.line) == ("column_overlooked", column, None)
    assert f'--map "{column}=price"' in warning.message
    assert "kept as an attribute" in warning.message
    (warning,) = resolve_mapping(["sku", "name", column], ImportOptions(extra="ignore")).warnings
    assert "left out" in warning.message


@pytest.mark.parametrize(
    "column",
    [
        "product_online", "available", "visible", "Product Visible?", "is_visible", "Sichtbar", "Inaktiv",
        "Verfügbar", "Is hidden", "Inactive", "isActive?!x", "disabled", "active (old)",
    ],
)  # fmt: skip
def test_a_column_that_may_be_the_active_flag_is_pointed_out(column):
    mapping = resolve_mapping(["sku", "name", column], ImportOptions())
    assert mapping.column_of("active") is None
    assert [(each.code, each.column) for each in mapping.warnings] == [("column_overlooked", column)]
    assert f'--map "{column}=active"' in mapping.warnings[0].message


@pytest.mark.parametrize(
    "column",
    [
        "Colour", "Tax status", "In stock?", "Stock status", "Published At", "Published Scope",
        "available_on", "Ingredients", "Statement", "Interactive", "Cost per item", "Weight",
    ],
)  # fmt: skip
def test_other_columns_are_not(column):
    assert resolve_mapping(["sku", "name", column], ImportOptions()).warnings == ()


def test_nothing_is_said_where_the_field_has_its_column_or_the_map_names_the_other():
    header = ["sku", "name", "price", "active", "Cost price", "available", "Title", "Status", "List price"]
    assert resolve_mapping(header, ImportOptions()).warnings == ()
    wanted = {"Preis": "attribute", "Aktiv": "ignore"}
    assert resolve_mapping(["sku", "name", "Preis", "Aktiv"], ImportOptions(map=wanted)).warnings == ()
    wanted = {"Preis": "price", "Aktiv": "active"}
    assert resolve_mapping(["sku", "name", "Preis", "Aktiv"], ImportOptions(map=wanted)).warnings == ()


def test_a_price_of_a_lesser_name_is_taken_but_a_better_one_pointed_out():
    mapping = resolve_mapping(["sku", "name", "List price", "Shop price", "Cost price"], ImportOptions())
    assert mapping.column_of("price") == "List price"
    assert [warning.column for warning in mapping.warnings] == ["Shop price"]


@pytest.mark.parametrize(
    ("header", "taken", "named"),
    [
        (["SKU", "Artikelnummer", "Name", "Bezeichnung"], ["SKU", "Name"], ["Artikelnummer", "Bezeichnung"]),
        (["sku", "name", "Preis", "Prix", "price"], ["sku", "name", "price"], ["Preis", "Prix"]),
        (["sku", "name", "price USD", "price"], ["sku", "name", "price"], ["price USD"]),
        (["sku", "name", "Status", "Aktiv"], ["sku", "name", "Aktiv"], []),
        (["sku", "name", "List price", "Preis"], ["sku", "name", "Preis"], []),
    ],
)
def test_of_columns_that_name_one_field_the_best_is_taken_and_the_others_are_named(header, taken, named):
    mapping = resolve_mapping(header, ImportOptions())
    assert [use.column for use in mapping.columns if use.target in FIELDS] == [
        column for column in header if column in taken
    ]
    assert [(each.code, each.column) for each in mapping.warnings] == [
        ("column_repeated", column) for column in named
    ]


def test_columns_that_differ_in_their_remarks_only_are_not_taken():
    with pytest.raises(QuestionsOpen, match="column 'Name \\(xy\\)' hold the names"):
        resolve_mapping(["sku", "Name (xy)"], ImportOptions())


@pytest.mark.parametrize(
    "prices",
    [["Price EUR", "Price USD"], ["Variant Price EUR", "Variant Price USD"], ["Preis netto", "Preis brutto"]],
)
def test_of_several_prices_it_is_asked_which_one_is_meant(prices):
    header = ["Variant SKU", "name", *prices]
    with pytest.raises(QuestionsOpen, match="A product has one price") as caught:
        resolve_mapping(header, ImportOptions())
    (question,) = caught.value.questions
    assert (question.code, question.option, question.key) == ("price_column", "map", prices[0])
    assert question.answers[1].words == f"No, it is the one in '{prices[1]}'; this one is an attribute"
    for answer, place in zip(question.answers, (2, 3), strict=True):
        given = ImportOptions(map=question.given(answer.value)["map"])
        assert resolve_mapping(header, given).index_of("price") == place


def test_of_three_prices_it_is_asked_again_and_none_may_be_meant():
    header = ["sku", "name", "Price EUR", "Price USD", "Price GBP"]
    with pytest.raises(QuestionsOpen, match="is it the one in 'Price USD'"):
        resolve_mapping(header, ImportOptions(map={"Price EUR": "attribute"}))
    assert (
        resolve_mapping(header, ImportOptions(map=dict.fromkeys(header[2:], "attribute"))).index_of("price")
        is None
    )


def test_prices_that_are_not_touched_are_not_asked_about():
    header = ["sku", "name", "Price EUR", "Price USD", "stock"]
    assert resolve_mapping(header, ImportOptions(only=("stock",))).index_of("price") is None
    assert resolve_mapping([*header, "price"], ImportOptions()).index_of("price") == 5


def test_the_currency_of_a_price_is_known():
    mapping = resolve_mapping(["sku", "name", "Preis (€)", "Stock"], ImportOptions())
    assert [use.currency for use in mapping.columns] == [None, None, "EUR", None]


def test_columns_that_were_guessed_are_known():
    header = ["sku", "name", "price", "status"]
    assert resolve_mapping(header, ImportOptions()).guessed == (("price", 2), ("active", 3))
    wanted = {"price": "price", "status": "active"}
    assert resolve_mapping(header, ImportOptions(map=wanted)).guessed == ()


def test_the_cells_of_a_rejects_file_say_nothing_about_their_columns():
    header = ["sku", "name", "price", "status", "line", "record", "column", "code", "message"]
    mapping = resolve_mapping(header, ImportOptions())
    assert (mapping.column_of("price"), mapping.column_of("active")) == ("price", "status")
    assert mapping.guessed == ()


def test_a_guess_that_the_cells_deny_is_an_attribute_and_that_is_said():
    header = ["sku", "name", "status", "price"]
    mapping = resolve_mapping(header, ImportOptions(), refuted={("active", 2)})
    assert [use.target for use in mapping.columns] == ["sku", "name", "attribute", "price"]
    (warning,) = mapping.warnings
    assert (warning.code, warning.column, warning.line) == ("column_is_no_field", "status", None)
    assert '--map "status=active"' in warning.message

    mapping = resolve_mapping([*header, "Published"], ImportOptions(), refuted={("active", 2)})
    assert mapping.column_of("active") == "Published"


def test_the_leftmost_of_two_equal_names_wins():
    assert targets(["sku", "SKU", "name"]) == ["sku", "attribute", "name"]


def test_extra_columns_are_attributes_or_ignored():
    assert targets(["sku", "name", "colour"]) == ["sku", "name", "attribute"]
    assert targets(["sku", "name", "colour"], extra="ignore") == ["sku", "name", "ignore"]


class TestMap:
    def test_wins_over_aliases(self):
        assert targets(["sku", "name", "Code"], map={"Code": "sku"}) == ["attribute", "name", "sku"]

    def test_column_is_found_in_any_case_and_field_too(self):
        assert targets(["Code", "name"], map={" code": "SKU"}) == ["sku", "name"]

    def test_exact_column_wins_over_another_case(self):
        assert targets(["CODE", "code", "name"], map={"code": "sku"}) == ["attribute", "sku", "name"]

    def test_attribute_keeps_and_ignore_drops_a_column(self):
        wanted = {"price": "attribute", "cost": "ignore", "size": "attribute"}
        header = ["sku", "name", "price", "cost", "size", "colour"]
        assert targets(header, map=wanted, extra="ignore") == [
            "sku",
            "name",
            "attribute",
            "ignore",
            "attribute",
            "ignore",
        ]

    def test_what_is_shown_can_be_given_back(self):
        header = ["column 1", "Title", "Variant SKU", "SKU", "x"]
        mapping = resolve_mapping(header, ImportOptions())
        again = resolve_mapping(header, ImportOptions(map=mapping.as_dict(), extra="ignore"))
        assert again == mapping

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({"colour": "sku"}, ["'colour'", '"sku", "name", "Code", "CODE"']),
            ({"Code": "ean"}, ["'ean'", "sku, name, description, price, active"]),
            ({"sku": "name", "name": "name"}, ["'sku'", "'name'", "both mapped to name"]),
            ({"sku": "sku", "SKU": "sku"}, ["twice"]),
            ({"cOdE": "sku"}, ["several columns"]),
        ],
    )
    def test_refusals_say_what_there_is(self, wanted, words):
        with pytest.raises(UsageError) as refusal:
            targets(["sku", "name", "Code", "CODE"], map=wanted)
        assert [word for word in words if word not in str(refusal.value)] == []


class TestMissingColumn:
    def refusal(self, header, **options):
        with pytest.raises(FileError) as refusal:
            targets(header, **options)
        assert refusal.value.code == "missing_column"
        assert refusal.value.line == 1
        return str(refusal.value)

    def asked(self, header, **options):
        """Column → the field that it is asked to hold."""
        with pytest.raises(QuestionsOpen) as asked:
            targets(header, **options)
        questions = asked.value.questions
        for question in questions:
            assert (question.option, question.column) == ("map", question.key)
            assert question.code == f"{question.answers[0].value}_column"
            described = question.code == "name_column" and "escri" in question.key
            assert question.answers[1].value == ("description" if described else "attribute")
        return {question.key: question.answers[0].value for question in questions}

    def test_names_the_columns(self):
        message = self.refusal(["Foo", "Name", "Price"])
        assert "no sku column" in message
        assert '--map "COLUMN=sku"' in message
        assert '"Foo", "Name", "Price"' in message

    def test_asks_for_a_likely_column_until_none_is_left(self):
        header = ["Code", "id", "Name"]
        assert self.asked(header) == {"Code": "sku"}
        assert self.asked(header, map={"Code": "attribute"}) == {"id": "sku"}
        assert "no sku column" in self.refusal(header, map={"Code": "attribute", "id": "attribute"})
        assert targets(header, map={"Code": "sku"}) == ["sku", "attribute", "name"]

    def test_asks_for_all_fields_at_once(self):
        assert self.asked(["Code", "Label", "Preis"]) == {"Code": "sku", "Label": "name"}
        assert self.asked(["Code", "Foo", "Preis"]) == {"Code": "sku"}

    def test_names_all_that_is_missing(self):
        message = self.refusal(["Handle", "Vendor"])
        assert "no sku column and no name column" in message
        assert '--map "Handle=sku" --map "COLUMN=name"' in message

    @pytest.mark.parametrize(
        ("header", "column"),
        [
            (["id", "Handle", "Seller SKU", "name"], "Seller SKU"),
            (["Product ID", "name", "Internal Reference"], "Internal Reference"),
            (["id", "name", "default_code", "barcode"], "default_code"),
            (["Id", "Parent SKU", "name", "Reference #"], "Reference #"),
            (["id", "name", "Artikel", "Preis"], "Artikel"),
            (["id", "name", "Код", "Цена"], "Код"),
            (["ID", "EAN", "name"], "EAN"),
            (["ID", "name", "ＳＫＵ (parent)"], "ＳＫＵ (parent)"),
            (["id", "name"], "id"),
        ],
    )
    def test_a_database_s_id_is_asked_for_only_where_nothing_better_is_there(self, header, column):
        assert self.asked(header) == {column: "sku"}

    def test_one_column_is_not_asked_for_twice(self):
        assert self.asked(["Article", "Item"]) == {"Article": "sku", "Item": "name"}

    def test_a_line_that_was_not_split_is_no_column_to_suggest(self):
        assert '--map "COLUMN=sku"' in self.refusal(["sku~name~price"])

    def test_a_column_that_may_hold_names_is_asked_about(self):
        assert self.asked(["sku", "Label", "price"]) == {"Label": "name"}
        assert "no sku column" in self.refusal(["sku", "name"], map={"sku": "attribute"})

    def test_a_description_may_be_the_name_of_products_without_one(self):
        header = ["Article no.", "Description", "Price"]
        assert self.asked(header) == {"Description": "name"}
        assert self.asked(["Codice", "Descrizione"]) == {"Codice": "sku", "Descrizione": "name"}
        assert self.asked(["Article no.", "Label", "Description"]) == {"Label": "name"}
        assert targets(header, map={"Description": "description"}) == ["sku", "description", "price"]
        assert targets(header, mode="update") == ["sku", "description", "price"]
        assert targets(["sku", "name", "description"])[-1] == "description"

    def test_a_french_list_without_accents_raises_one_question(self):
        assert self.asked(["code", "designation", "prix TTC"]) == {"code": "sku"}

    def test_data_instead_of_names(self):
        assert "looks like a product" in self.refusal(["A-1", "Lamp", "19.99"])
        assert "looks like a product" in self.refusal(["A-1", "Lamp", "€ 19,99"])

    def test_a_header_with_a_number_is_still_a_header(self):
        assert "looks like" not in self.refusal(["name", "2024"])

    def test_long_headers_are_cut(self):
        message = self.refusal(["x" * 5000, *map(str, range(2000, 4000))])
        assert len(message) < 1000
        assert "and 1971 more" in message


def test_names_of_attributes_are_bounded():
    header = ["sku", "name", "x" * MAX_ATTRIBUTE_NAMES]
    assert targets(header)[-1] == "attribute"
    with pytest.raises(FileError) as refusal:
        targets([*header, "y"])
    assert refusal.value.code == "header_too_long"
    assert targets([*header, "y"], extra="ignore")[-1] == "ignore"


def test_columns_of_fields():
    mapping = resolve_mapping(["Title", "SKU", "size", "colour"], ImportOptions())
    assert (mapping.column_of("name"), mapping.index_of("name")) == ("Title", 0)
    assert (mapping.column_of("price"), mapping.index_of("price")) == (None, None)
    assert [use.column for use in mapping.attributes] == ["size", "colour"]


@given(st.lists(st.text(max_size=12) | st.sampled_from(["sku", "SKU", "Title", "name", "price"]), max_size=8))
def test_any_header_is_mapped_whole_or_refused(header):
    try:
        mapping = resolve_mapping(header, ImportOptions())
    except FileError:
        return
    assert [use.column for use in mapping.columns] == header
    for field in FIELDS:
        assert sum(use.target == field for use in mapping.columns) <= 1


def test_a_header_that_is_too_long_is_refused_before_its_words_are_compared():
    header = ["sku", "name", *(f"{number:04d}{'x' * 100_000}" for number in range(1_000))]
    began = time.process_time()
    with pytest.raises(FileError) as raised:
        resolve_mapping(header, ImportOptions())
    assert raised.value.code == "header_too_long"
    assert time.process_time() - began < 0.5


def test_a_long_header_passes_where_its_long_columns_are_no_attributes():
    long = ["x" * 40_000, "y" * 40_000]
    options = ImportOptions(map=dict.fromkeys(long, "ignore"))
    assert not resolve_mapping(["sku", "name", *long], options).attributes


@pytest.mark.parametrize(
    ("header", "options", "repeated"),
    [
        (["sku", "name", "price", "price (2)", "price (3)"], {}, ["price (2)", "price (3)"]),
        (["sku", "name", "price", "price (2)"], {"map": {"price (2)": "price"}}, []),
        (["sku", "name", "image", "image (2)", "price (2)"], {}, []),
    ],
)
def test_columns_with_a_fields_header_once_more_are_named(header, options, repeated):
    warnings = resolve_mapping(header, ImportOptions(**options)).warnings
    found = [warning for warning in warnings if warning.code == "column_repeated"]
    assert [warning.column for warning in found] == repeated
    assert all("'price'" in warning.message for warning in found)
