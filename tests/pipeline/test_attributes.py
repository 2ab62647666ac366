"""Extra columns as JSON objects."""

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.attributes import attribute_objects

CELL = st.text(st.sampled_from(' \t\n\r"\\/\x01\x0b\x1f\x7f\u2028aéß日\U0001f600')) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
)
TABLE = st.integers(0, 5).flatmap(
    lambda rows: st.dictionaries(CELL, st.lists(CELL, min_size=rows, max_size=rows), max_size=5).map(
        lambda columns: (columns, rows)
    )
)


def objects(columns, rows):
    arrays = [(name, pa.array(cells, pa.string())) for name, cells in columns.items()]
    return attribute_objects(arrays, rows)


@given(TABLE)
def test_json_says_what_the_cells_say(table):
    columns, rows = table
    result = objects(columns, rows)
    assert result.type == pa.string()
    expected = [
        {name: cells[row] for name, cells in columns.items() if cells[row].strip()} for row in range(rows)
    ]
    assert [{} if text is None else json.loads(text) for text in result.to_pylist()] == expected
    assert [text is None for text in result.to_pylist()] == [not attributes for attributes in expected]


@given(TABLE, st.integers(0, 5))
def test_a_slice_gives_its_own_rows(table, start):
    columns, rows = table
    start = min(start, rows)
    arrays = [(name, pa.array(cells, pa.string())[start:]) for name, cells in columns.items()]
    assert attribute_objects(arrays, rows - start).to_pylist() == objects(columns, rows).to_pylist()[start:]


def test_text_is_plain_json_in_the_columns_order():
    columns = {"size": ["XL", " "], 'the "b"': [' "q"\n', ""], "a": ["\\ é\x02", "\t"]}
    assert objects(columns, 2).to_pylist() == [
        r'{"size": "XL", "the \"b\"": " \"q\"\n", "a": "\\ é\u0002"}',
        None,
    ]


def test_no_columns():
    assert objects({}, 2).to_pylist() == [None, None]
