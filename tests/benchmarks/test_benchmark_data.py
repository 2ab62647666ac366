"""The generator's files, read back by the standard library, are what it says they are."""

from __future__ import annotations

import csv
import dataclasses
import itertools

import pytest

from benchmarks import data
from benchmarks.data import Row


def read(dataset):
    csv.field_size_limit(200_000)
    with dataset.path.open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file)
    assert tuple(header) == dataset.columns
    assert len(records) == dataset.rows
    return [Row(*record[:5], tuple(record[5:])) for record in records]


def test_price_lists_give_each_product_of_the_first_edition_another_price(tmp_path):
    products = winners(read(data.products(tmp_path / "products.csv", 1_000)))
    before = {sku: row.price for sku, row in products.items()}
    for edition in (1, 2, 10):
        prices = data.prices(tmp_path / "prices.csv", len(products), edition=edition)
        with prices.path.open(encoding="utf-8", newline="") as file:
            listed = {row["sku"].lower(): row["price"] for row in csv.DictReader(file)}
        assert listed.keys() == products.keys()
        assert all(float(listed[sku]) != float(price) for sku, price in before.items())
        expected = [dataclasses.replace(row, price=listed[sku]) for sku, row in products.items()]
        assert prices.fingerprint == sum(row.digest() for row in expected)
        before = listed


def test_the_products_of_a_category_are_counted(tmp_path):
    products = winners(read(data.products(tmp_path / "products.csv", 5_000)))
    for category in data.CATEGORIES:
        expected = sum(row.sku.startswith(category) for row in products.values())
        assert data.in_category(len(products), category) == expected


def winners(rows):
    return {row.sku.lower(): row for row in rows}


@pytest.mark.parametrize("rows", [1, 99, 21_000])
@pytest.mark.parametrize("edition", [1, 2])
def test_products_hold_what_the_dataset_promises(tmp_path, rows, edition):
    dataset = data.products(tmp_path / "products.csv", rows, edition=edition)
    expected = winners(read(dataset))
    assert dataset.products == len(expected) == rows - round(rows * 0.02)
    assert dataset.duplicates == round(rows * 0.02)
    assert dataset.fingerprint == sum(row.digest() for row in expected.values())


def test_products_are_shuffled_with_distant_duplicates_and_multi_line_cells(tmp_path):
    rows = read(data.products(tmp_path / "products.csv", 20_000))
    skus = [row.sku for row in rows]
    places = {}
    distances = []
    for place, sku in enumerate(skus):
        if (before := places.get(sku.upper())) is not None:
            assert skus[before] != sku
            distances.append(place - before)
        places[sku.upper()] = place
    assert sorted(distances)[len(distances) // 2] > 1_000
    assert sum("\n" in row.description for row in rows) / len(rows) == pytest.approx(0.05, abs=0.01)
    assert sum(one < other for one, other in itertools.pairwise(skus)) < 0.6 * len(rows)


def test_the_second_edition_changes_every_product_and_no_sku(tmp_path):
    one = winners(read(data.products(tmp_path / "1.csv", 5_000)))
    two = winners(read(data.products(tmp_path / "2.csv", 5_000, edition=2)))
    assert one.keys() == two.keys()
    assert all(two[key].name != row.name and two[key].price != row.price for key, row in one.items())
    assert all(two[key].sku == row.sku for key, row in one.items())


@pytest.mark.parametrize("make", [data.all_duplicates, data.wide, data.long_cells])
def test_worst_cases_hold_what_the_dataset_promises(tmp_path, make):
    dataset = make(tmp_path / "worst.csv", 60)
    expected = winners(read(dataset))
    assert dataset.products == len(expected)
    assert dataset.fingerprint == sum(row.digest() for row in expected.values())


def test_worst_cases_are_bad_in_the_way_they_are_named_for(tmp_path):
    assert data.all_duplicates(tmp_path / "d.csv", 60).products == 1
    assert len(read(data.wide(tmp_path / "w.csv", 3))[0].attributes) == 75
    assert all(
        99_000 < len(row.description) <= 100_000 for row in read(data.long_cells(tmp_path / "l.csv", 3))
    )
    invalid = data.all_invalid(tmp_path / "i.csv", 60)
    assert (invalid.products, invalid.invalid, invalid.fingerprint) == (0, 60, 0)
    for row in read(invalid):
        assert not row.sku or not row.name or row.price == "on request" or row.active == "perhaps"
