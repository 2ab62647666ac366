"""Raw batches to typed product fields."""

from decimal import Decimal

import pytest
from batches import raw_batch
from hypothesis import given
from hypothesis import strategies as st

from product_importer.builtin.validators import PRODUCT_VALIDATORS
from product_importer.cells.sku import visible_sku
from product_importer.delimited.formulas import unmarked_text
from product_importer.model import ImportOptions
from product_importer.pipeline.convert import MAPPED_SCHEMA, convert
from product_importer.pipeline.mapping import resolve_mapping

HEADER = ["Colour", "SKU", "Title", "Body (HTML)", "Price", "Active"]


def converted(rows, header=HEADER, **options):
    return convert(raw_batch(header, rows), resolve_mapping(header, ImportOptions(**options)))


def test_a_whole_row():
    batch, findings, blank, _ = converted(
        [[" red", "\u00a0Ab-1 ", " A \n lamp\t", " <p>Bright</p>\n", " 19.90 ", "Yes"]]
    )
    assert batch.schema == MAPPED_SCHEMA
    assert batch.to_pylist() == [
        {
            "line": 2,
            "record": 1,
            "sku": "Ab-1",
            "sku_key": "ab-1",
            "name": "A \n lamp",
            "description": " <p>Bright</p>\n",
            "price": Decimal("19.9000"),
            "active": True,
            "attributes": '{"Colour": " red"}',
            "barcode": None,
            "stock": None,
        }
    ]
    assert findings == []
    assert blank.to_pylist() == [False]


def test_blank_cells_and_absent_columns_are_null():
    row = converted([[" ", "x", " \t", "\n ", "\u00a0", ""]]).batch.to_pylist()[0]
    assert {column for column, value in row.items() if value is None} == {
        "name",
        "description",
        "price",
        "active",
        "attributes",
        "barcode",
        "stock",
    }
    row = converted([["x", "y"]], ["sku", "name"]).batch.to_pylist()[0]
    assert {column for column, value in row.items() if value is None} == {
        "description",
        "price",
        "active",
        "attributes",
        "barcode",
        "stock",
    }


def test_ignored_columns_leave_no_attributes():
    row = ["red", "x", "y", "", "", ""]
    assert converted([row], extra="ignore").batch.column("attributes").to_pylist() == [None]
    assert converted([row], map={"Colour": "ignore"}).batch.column("attributes").to_pylist() == [None]


def test_only_rows_without_anything_are_blank():
    rows = [[" ", "", "\t", "\u00a0", "", "\u3000"], ["", "", "", "", "", "no"], ["red", "", "", "", "", ""]]
    assert converted(rows).blank.to_pylist() == [True, False, False]
    assert converted(rows, extra="ignore").blank.to_pylist() == [True, False, False]


def test_findings_name_field_and_rows():
    rows = [["", "a", "A", "", "9,50", "?"], ["", "b", "B", "", "9.50", "1"], ["", "c", "C", "", "", "?"]]
    batch, findings, _, _ = converted(rows)
    assert [(finding.field, finding.code, finding.rows.to_pylist()) for finding in findings] == [
        ("price", "price_decimal_comma", [True, False, False]),
        ("active", "active_unclear", [True, False, True]),
    ]
    assert batch.column("price").to_pylist() == [None, Decimal("9.50"), None]
    assert batch.column("active").to_pylist() == [None, True, None]


def test_lines_and_records_are_kept():
    batch = converted([["", "a", "A", "", "", ""]] * 3).batch
    assert batch.column("line").to_pylist() == [2, 3, 4]
    assert batch.column("record").to_pylist() == [1, 2, 3]


def test_no_rows():
    batch, findings, blank, _ = converted([])
    assert (batch.num_rows, findings, len(blank)) == (0, [], 0)
    assert [finding for validator in PRODUCT_VALIDATORS for finding in validator.check(batch)] == []


CELL = st.text(st.sampled_from('aZ1.,- \t\x1f\u00a0é\ufdfa\u200b"\\€')) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
)


@given(st.lists(st.lists(CELL, min_size=6, max_size=6), max_size=6))
def test_any_text_is_converted_and_checked(rows):
    batch, findings, blank, _ = converted(rows)
    assert batch.schema == MAPPED_SCHEMA
    batch.validate(full=True)
    found = [*findings, *(finding for validator in PRODUCT_VALIDATORS for finding in validator.check(batch))]
    for finding in found:
        assert len(finding.rows) == batch.num_rows == len(rows)
        assert finding.rows.null_count == 0
        assert any(finding.rows.to_pylist())
    assert blank.to_pylist() == [not any(cell.strip() for cell in row) for row in rows]
    assert batch.column("sku").to_pylist() == [sku_of(row[1]) for row in rows]
    assert batch.column("description").to_pylist() == [row[3] if row[3].strip() else None for row in rows]


def sku_of(cell):
    return visible_sku(unmarked_text(visible_sku(cell).strip())).strip() or None


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_slice_of_a_batch(rows):
    raw = raw_batch(HEADER, [[f"c{n}", f"S{n}", f"N{n}", f"d{n}", str(n), "no"] for n in range(rows + 3)])
    mapping = resolve_mapping(HEADER, ImportOptions())
    sliced = type(raw)(raw.cells[3:], raw.lines[3:], raw.records[3:], 4, rows + 3, (), 0, 0)
    assert convert(sliced, mapping).batch == convert(raw, mapping).batch[3:]
