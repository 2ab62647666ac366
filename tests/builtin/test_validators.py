"""What every product must have."""

from decimal import Decimal

import pyarrow as pa
import pytest

from product_importer.builtin.validators import MAX_KEY_BYTES, PRODUCT_VALIDATORS
from product_importer.cells.sku import sku_key
from product_importer.ports import Validator


def check(*products):
    """Code → rows, of products given as (sku, name)."""
    batch = pa.record_batch(
        {
            "line": pa.array(range(len(products)), pa.int64()),
            "record": pa.array(range(len(products)), pa.int64()),
            "sku": pa.array([sku for sku, _ in products], pa.string()),
            "sku_key": pa.array([sku if sku is None else sku_key(sku) for sku, _ in products], pa.string()),
            "name": pa.array([name for _, name in products], pa.string()),
            "description": pa.nulls(len(products), pa.string()),
            "price": pa.array([Decimal(1)] * len(products), pa.decimal128(19, 4)),
            "active": pa.nulls(len(products), pa.bool_()),
            "attributes": pa.nulls(len(products), pa.string()),
        }
    )
    findings = [finding for validator in PRODUCT_VALIDATORS for finding in validator.check(batch)]
    assert {finding.field for finding in findings} <= {"sku", "name"}
    assert all(finding.rows.null_count == 0 for finding in findings)
    return {finding.code: finding.rows.to_pylist() for finding in findings}


def test_shape():
    assert all(isinstance(validator, Validator) for validator in PRODUCT_VALIDATORS)
    assert [validator.name for validator in PRODUCT_VALIDATORS] == ["product-sku", "product-name"]


def test_good_products_have_no_findings():
    assert check(("A-1", "Lamp"), ("日本 é", "é\n"), ("x" * 255, "y" * 5000), ("\U0001f600" * 255, "z")) == {}


@pytest.mark.parametrize("sku", [None, "\u200b", "\ufeff\u2060"])
def test_sku_missing(sku):
    assert check(("a", "A"), (sku, "B")) == {"sku_missing": [False, True]}


def test_sku_too_long_counts_characters():
    assert check(("é" * 255, "A"), ("é" * 256, "B")) == {"sku_too_long": [False, True]}


def test_sku_key_too_long():
    longest = "\ufdfa" * (MAX_KEY_BYTES // len(sku_key("\ufdfa").encode()))
    assert check((longest, "A"), (longest + "\ufdfa", "B")) == {"sku_key_too_long": [False, True]}


@pytest.mark.parametrize("character", ["\t", "\n", "\x01", "\x1f", "\x7f", "\x85", "\x9f"])
def test_sku_control_character(character):
    assert check((None, "A"), (f"a{character}b", "B"), ("é", "C")) == {
        "sku_missing": [True, False, False],
        "sku_control_character": [False, True, False],
    }


def test_a_name_may_be_missing():
    assert check(("a", None), ("b", "B"), (None, None)) == {"sku_missing": [False, False, True]}


@pytest.mark.parametrize("value", ["#N/A", "#REF!", "#DIV/0!", "#" * 64])
def test_a_spreadsheets_error_is_no_value(value):
    assert check(("A", "Lamp"), (value, "B")) == {"spreadsheet_error": [False, True]}
    assert check(("A", "Lamp"), ("B", value)) == {"spreadsheet_error": [False, True]}


@pytest.mark.parametrize("value", ["#1", "# A", "##", "#" * 65, "No #N/A"])
def test_what_only_looks_like_a_spreadsheets_error_is_a_value(value):
    assert check((value, "Lamp"), ("B", value)) == {}
