"""``check_profiles`` finds what is wrong with the profiles of shops."""

import pytest

from product_importer import hookimpl
from product_importer.model import ShopProfiles
from product_importer.testing import check_profiles

TILL = """
title = "Till"
about = "The export of a till."
headers = [["Till number", "Till name"]]
map = { "Till number" = "sku", "Till name" = "name", "Cents" = "price" }
"""
FILE = "Till number,Till name,Cents\nA,Tea,450\nB,Cup,300\n"


class Plugin:
    def __init__(self, folder):
        self.folder = folder

    @hookimpl
    def product_importer_profiles(self):
        return [ShopProfiles("acme", self.folder)]


class Nothing:
    @hookimpl
    def product_importer_profiles(self):
        return []


@pytest.fixture
def check(tmp_path):
    async def check(profile=TILL, file=FILE, names=("till",)):
        folder = tmp_path / "shops"
        folder.mkdir()
        (folder / "till.toml").write_text(profile)
        path = tmp_path / "export.csv"
        path.write_text(file)
        await check_profiles(Plugin(folder), dict.fromkeys(names, path))

    return check


async def test_a_profile_that_is_right(check):
    await check()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"names": ()}, r"there are profiles for \['till'\], files for \[\]"),
        ({"names": ("till", "desk")}, r"files for \['desk', 'till'\]"),
        ({"profile": TILL.replace('"Till"', '" "')}, "the profile of till has no title"),
        ({"profile": TILL.replace('"Till name"]', '"Desk"]')}, "is recognised as one of None"),
        ({"file": FILE + ",Pot,4\n"}, "rows of till's export are rejected"),
        ({"file": "Till number,Till name\n"}, "the export of till has no products"),
    ],
)
async def test_what_is_wrong_is_named(check, given, message):
    with pytest.raises(AssertionError, match=message):
        await check(**given)


async def test_a_plugin_without_profiles_is_named():
    with pytest.raises(AssertionError, match="the plugin brings no profiles"):
        await check_profiles(Nothing(), {})
