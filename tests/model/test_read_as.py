"""How a parser says that it reads a table."""

import pytest

from product_importer.model import ReadAs


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"header_line": "3"}, 3),
        ({"sheet": "2", "header_row": "12"}, 12),
        ({"sheet": "2"}, None),
        ({"header_row": "the first"}, None),
        ({"header_row": ""}, None),
    ],
)
def test_the_line_of_the_header_is_a_number_or_unknown(values, line):
    assert ReadAs("a sheet", values).header_line == line
