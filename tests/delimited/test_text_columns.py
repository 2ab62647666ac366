"""What is found in columns at Arrow's speed is what Python finds cell by cell."""

from hypothesis import example, given
from hypothesis import strategies as st

from product_importer.delimited.text_columns import columns_of, flat_cells, line_ends, may_contain, may_hold

CELLS = st.text(st.sampled_from("ab\n\r\n\r\0é\U0001f600 "), max_size=8)


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    return width, draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12))


@given(tables())
@example((2, [["a\r", "\nb"], ["", "\r\n"], ["\r", ""], ["\n", ""]]))
@example((1, []))
def test_columns_nul_and_line_ends(table):
    width, records = table
    cells = flat_cells(records)
    columns = columns_of(cells, width)
    assert [column.to_pylist() for column in columns] == [
        [record[n] for record in records] for n in range(width)
    ]
    assert may_contain(cells, "\0") == any("\0" in cell for record in records for cell in record)
    ends = line_ends(cells)
    by_hand = [
        cell.replace("\r\n", "\n").replace("\r", "\n").count("\n") for record in records for cell in record
    ]
    assert (ends is None) == (not any(by_hand))
    found = [] if ends is None else sorted(ends.tolist())
    assert found == [place for place, count in enumerate(by_hand) for _ in range(count)]


@given(st.lists(CELLS | st.sampled_from(["SKU ", "sku", "ſKU", "straße", "STRASSE"])))
def test_a_cell_that_is_there_is_never_missed(cells):
    column = flat_cells([[cell] for cell in cells])
    for cell in cells:
        assert may_hold(column, cell.strip().casefold())
    assert not may_hold(column, "something else")
