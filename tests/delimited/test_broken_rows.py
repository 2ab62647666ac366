"""Which short records may be parts of one row."""

import pytest

from product_importer.delimited.broken_rows import parts_of_rows, starts_alike


@pytest.mark.parametrize(
    ("record", "other", "alike"),
    [
        ("A1,Lamp", "A2,Chair", True),
        ("AB-12,Lamp,9.99", "X9,Chair,12 EUR", True),
        ("1001,Lamp", "7,Chair", True),
        ("A1B2C3,Lamp", "99FF0X,Chair", True),
        ("mug-blue,Mug", "lamp-red,Lamp", True),
        ("Desk lamp,A1,Lamp", "Chair,B2", True),
        (",A1", ",A2", True),
        ("A1,Lamp", "A2", True),
        ("A1,Lamp", "A2,", True),
        ("A1,Lamp", "Second line,9.99", False),
        ("A1,Lamp", "Second,red", False),
        ("A1,Lamp", "16cm,red", False),
        ("A1,Lamp", "B2,9.99", False),
        ("A1,9.99", "B2,Lamp", False),
        ("A1,Lamp", ",9.99", False),
        ("A1,Lamp", "第二行,赤", False),
        ("Desk lamp,1001", "Second line,3", False),
        ("Lamp,First", "Chair,Second", False),
    ],
)
def test_rows_start_alike(record, other, alike):
    assert starts_alike(record.split(","), other.split(",")) == alike


@pytest.mark.parametrize(
    ("records", "parts"),
    [
        ([], set()),
        (["A1,x,y", "and z,2"], {0, 1}),
        (["A1,x,y", "and z"], set()),
        (["A1,x,y", "and z,2", "the end"], {0, 1, 2}),
        (["A1,x,y", "and z,2", "A2"], {0, 1}),
        (["A1,x,y", "A2,x", "Total"], set()),
        (["A0", "A1,x,y", "and z,2"], {1, 2}),
        (["A1,x", "and y", "and z,2,3"], {0, 1, 2}),
        (["x,y,z", "z,2", "x,y,z", "z,2"], {0, 1, 2, 3}),
    ],
)
def test_parts_of_a_row_of_four_cells(records, parts):
    run = [record.split(",") for record in records]
    assert parts_of_rows(range(len(run)), run, 4) == parts


def test_parts_are_near_one_another():
    run = [["A1", "x", "y"], ["and z", "2"]]
    assert parts_of_rows([0, 255], run, 4) == {0, 255}
    assert parts_of_rows([0, 256], run, 4) == set()
