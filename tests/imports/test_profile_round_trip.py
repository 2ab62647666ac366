"""An import's profile, written as TOML and read again, reads the same file in the same way."""

from dataclasses import replace
from pathlib import Path

import pytest

from product_importer.model import ImportOptions, Status, options_with
from product_importer.support.profile_texts import profile_of_toml, profile_toml

CASES = Path(__file__).parents[1] / "cases" / "files"


@pytest.fixture
def server(postgres_18):
    return postgres_18


def reading(report):
    state = report.state
    return (
        report.counts,
        [(each.record, each.errors) for each in report.rejected],
        state.warnings,
        dict(state.mapping),
        dict(state.rules),
        state.read_as,
        state.shop,
    )


async def test_a_shop_that_was_recognised_is_in_the_profile(shop):
    importer = await shop.importer()
    file = CASES / "shop_shopify_export.csv"
    report = await importer.run(file, ImportOptions(dry_run=True))
    assert (report.state.shop, report.state.profile.shop) == ("shopify", "shopify")
    assert (await importer.imports.inspect(file)).profile.shop == "shopify"
    assert (await shop.run("sku,name\nA,Tea\n")).state.profile.shop == "none"


async def test_the_proposed_profile_says_how_numbers_are_read(shop):
    importer = await shop.importer()
    found = await importer.imports.inspect(b"sku;name;price\na;A;1.299,00\n", complete=True)
    assert found.profile.rule == {"price": "comma"}


async def test_every_file_of_the_cases_is_read_in_the_same_way_again(shop):
    importer = await shop.importer()
    different, completed = [], 0
    for path in sorted(CASES.iterdir()):
        report = await importer.run(path, ImportOptions(dry_run=True))
        if report.status is not Status.PLANNED:
            continue
        completed += 1
        profile = profile_of_toml(profile_toml(report.state.profile))
        again = await importer.run(path, replace(options_with(profile, {}), dry_run=True))
        if reading(again) != reading(report):
            different.append(path.name)
    assert different == []
    assert completed > 50
