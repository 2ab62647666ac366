"""Files whose header isn't on the first line are read as the built-in parser reads them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outcomes import InSmallReads, Read, Refused, same_outcome

from product_importer.model import ParseOptions
from product_importer_fastcsv import FastCsvParser

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("header") / "file.csv"


def test_lines_and_records_are_the_files_own(path):
    path.write_bytes('\ufeffOur "list\r\n\r\nsku;name\r\nA;"x\r\ny"\r\n\r\nB;z\r\nC;u;v\r\n'.encode())
    found = same_outcome(path, ParseOptions(), FastCsvParser())
    assert isinstance(found, Read)
    assert (found.dialect.header_line, found.header) == (3, ("sku", "name"))
    assert found.rows == [(1, 4, ("A", "x\r\ny")), (3, 7, ("B", "z"))]
    assert [(row.line, row.error.code) for row in found.malformed] == [(8, "too_many_cells")]


def test_a_given_line_is_not_doubted(path):
    path.write_bytes(b"sku,name\nx,y\nArticle,Label\nA,B\n")
    found = same_outcome(path, ParseOptions(reading={"header_line": "3"}), FastCsvParser())
    assert (found.header, found.rows) == (("Article", "Label"), [(1, 4, ("A", "B"))])
    assert isinstance(
        same_outcome(path, ParseOptions(reading={"header_line": "9"}), FastCsvParser()), Refused
    )


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        (
            '"Name\n(text)",SKU,Price\nFoo,A1,12.50\n',
            ("Name\n(text)", "SKU", "Price"),
            [(1, 3, ("Foo", "A1", "12.50"))],
        ),
        (
            '"ID","Text ""a\nb""",SKU,Name\n1,x,A,Tea\n',
            ("ID", 'Text "a\nb"', "SKU", "Name"),
            [(1, 3, ("1", "x", "A", "Tea"))],
        ),
        ('"List\nSKU,Name",\nSKU,Name\nA,Tea\n', ("SKU", "Name"), [(1, 4, ("A", "Tea"))]),
    ],
)
def test_line_ends_in_quoted_cells_end_no_line(path, text, header, rows):
    path.write_text(text, newline="")
    found = same_outcome(path, ParseOptions(), FastCsvParser())
    assert isinstance(found, Read)
    assert (found.header, found.rows) == (header, rows)


@patient
@given(
    st.lists(st.text('a;,"é \ufeff', max_size=6) | st.sampled_from(['"a\nsku;name"', '"\r\n";']), max_size=4),
    st.sampled_from(["sku;name;x", '"sku\n(text)";"na""me";x', '"x\r\n""y""";SKU;name']),
    st.lists(st.text('a;"é \n', max_size=8), max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\ufeff"]),
    st.integers(1, 6),
    st.integers(1, 40),
)
def test_both_parsers_agree_below_any_lines(path, above, header, rows, end, mark, line, least_read):
    text = mark + end.join([*above, header, *rows]) + end
    path.write_bytes(text.encode())
    same_outcome(path, ParseOptions(), InSmallReads(least_read))
    same_outcome(path, ParseOptions(reading={"header_line": str(line)}), InSmallReads(least_read))
