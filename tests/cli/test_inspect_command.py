"""``product-importer inspect``."""

import json

from product_importer.support.profile_texts import profile_of_toml

FILE = "SKU;Title;Price\nA1;Tea;4.50\nA2;Cup;12.00\nA3;Pot;\n"


def test_a_file_is_described(shop, invoke):
    ended = invoke("inspect", shop.file(FILE, "tea.csv"))

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("tea.csv: Delimited text (CSV), 3 rows\n")
    assert "  SKU: sku; 3 cells (3 like A1)" in ended.stdout
    assert "  Price: price; 2 cells, 1 blank (2 like 4.50)" in ended.stdout


def test_the_description_is_json_or_a_profile(shop, invoke):
    path = shop.file(FILE)
    told = json.loads(invoke("inspect", path, "--json").stdout)
    profile = profile_of_toml(invoke("inspect", path, "--profile").stdout)

    assert [column["use"] for column in told["columns"]] == ["sku", "name", "price"]
    assert told["profile"]["delimiter"] == profile.delimiter == ";"


def test_questions_and_problems_are_told_with_status_2(shop, invoke):
    asked = invoke("inspect", shop.file(b"sku,name\nA,sch\x9an\n"))
    refused = invoke("inspect", shop.file(""))

    assert (asked.code, refused.code) == (2, 2)
    assert "--encoding mac-roman" in asked.stderr
    assert refused.stderr.startswith("An import would refuse ")
    assert refused.stdout == ""
