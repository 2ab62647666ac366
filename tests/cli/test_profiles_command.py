"""``product-importer profiles`` and ``import --profile``."""

import json

FILE = "Nr|Title|Price\n1|Tea|4,50\n1|Cup|1,20\n"
PROFILE = """version = 1
delimiter = "|"
decimal = "comma"
duplicates = "first"

[map]
Nr = "sku"
"""


def test_an_import_with_a_profile(shop, invoke):
    path = shop.folder / "supplier.toml"
    path.write_text(PROFILE)
    ended = invoke("import", shop.file(FILE), "--profile", path, "--map", "Title=name", "--json")
    told = json.loads(ended.stdout)

    assert (ended.code, told["created"], told["duplicate"]) == (0, 1, 1)
    assert told["options"]["map"] == {"Nr": "sku", "Title": "name"}

    ended = invoke(
        "import", shop.file(FILE), "--profile", "./supplier.toml", "--duplicates", "last", "--json"
    )
    assert json.loads(ended.stdout)["options"]["duplicates"] == "last"


def test_profiles_are_saved_listed_printed_and_deleted(shop, invoke):
    path = shop.folder / "supplier.toml"
    path.write_text(PROFILE)
    assert invoke("profiles", "Supplier", "--save", path).code == 0
    assert invoke("profiles").stdout == "Supplier\n"
    printed = invoke("profiles", "Supplier").stdout
    assert 'decimal = "comma"' in printed
    assert invoke("import", shop.file(FILE), "--profile", "Supplier", "--quiet").code == 0
    assert invoke("profiles", "Supplier", "--delete").code == 0
    assert invoke("profiles").stdout == ""


def test_what_cannot_be_used_is_refused(shop, invoke):
    path = shop.folder / "bad.toml"
    path.write_text("version = 1\ndecimal = 'dot'\n")
    refused = invoke("import", shop.file(FILE), "--profile", "bad.toml")

    assert refused.code == 2
    assert "bad.toml" in refused.complaint
    assert "'decimal' has to be point or comma" in refused.complaint
    assert invoke("import", shop.file(FILE), "--profile", "Nobody").code == 1
    assert invoke("import", shop.file(FILE), "--profile", "none.toml").code == 2
    assert invoke("profiles", "--delete").code == 2
