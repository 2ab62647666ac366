"""Rows come back from what is written."""

import csv
import io

import pytest

from product_importer.delimited.csv_writing import CsvWriter


@pytest.mark.parametrize("cell", ["", "a", "\r", "a\rb", "\n", "\r\n", "a\r\n", ",", '"', '""', " ", "'"])
def test_cells_come_back(cell):
    text = io.StringIO()
    writer = CsvWriter(text)
    rows = [[cell, "x"], ["y", cell], [cell], [cell, cell]]
    for row in rows:
        writer.writerow(row)

    assert list(csv.reader(io.StringIO(text.getvalue(), newline=""))) == rows
    assert text.getvalue().endswith("\n")
    assert not text.getvalue().endswith("\r\n")
