from decimal import Decimal

import pytest

from product_importer import hookimpl
from product_importer.errors import PluginError
from product_importer.guards import findings_of
from product_importer.model import RowError
from product_importer.plugins.rowwise import row_validator
from product_importer.ports import Validator
from product_importer.testing import check_validator, plugin_set, sample_batch


def found(function, batch=None, **options):
    validator = row_validator(function, name="price-cap", **options)
    return [
        (finding.field, finding.code, finding.message, finding.rows.to_pylist())
        for finding in validator.check(sample_batch() if batch is None else batch)
    ]


def cap(row):
    return "Too dear." if row["price"] and row["price"] > 5 else None


def test_a_function_of_one_row_becomes_a_validator():
    validator = row_validator(cap, name="price-cap")

    assert isinstance(validator, Validator)
    assert validator.name == "price-cap"
    check_validator(validator)


def test_rows_with_one_message_make_one_finding():
    assert found(cap, field="price") == [
        ("price", "price_cap", "Too dear.", [False, False, True, True, False])
    ]


def test_the_function_sees_python_values():
    rows = []
    found(rows.append)

    assert rows[0] == {
        "line": 2,
        "record": 1,
        "sku": "TEA-1",
        "sku_key": "tea-1",
        "name": "Green tea",
        "description": "Loose leaves",
        "price": Decimal("4.5000"),
        "active": True,
        "barcode": None,
        "stock": None,
        "attributes": None,
    }
    assert set(rows[4].values()) == {6, 5, None}


def test_row_errors_bring_their_code_and_field():
    def check(row):
        if row["sku"] == "CUP-1":
            yield RowError("no_cups", "We sell no cups.", column="name")
            yield "Ask us first."
        elif row["sku"] is None:
            yield RowError("no_sku", "Give it a SKU.")

    assert found(check, field="sku") == [
        ("name", "no_cups", "We sell no cups.", [False, False, True, False, False]),
        ("sku", "price_cap", "Ask us first.", [False, False, True, False, False]),
        ("sku", "no_sku", "Give it a SKU.", [False, False, False, False, True]),
    ]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda row: row["colour"], "KeyError: 'colour' (record 1, line 2)"),
        (
            lambda row: row["record"] == 3 or None,
            (
                "TypeError: the function returned True; return a message, a RowError, several, or None "
                "(record 3, line 4)"
            ),
        ),
    ],
)
def test_a_failing_function_is_named_with_the_row(function, reason):
    validator = row_validator(function, name="odd")

    class Plugin:
        @hookimpl
        def product_importer_validators(self):
            return [validator]

    with pytest.raises(PluginError) as caught:
        findings_of(plugin_set(Plugin()), validator, sample_batch())

    assert str(caught.value) == f"The validator 'odd' (Plugin, given in code) failed on records 1–5: {reason}"
