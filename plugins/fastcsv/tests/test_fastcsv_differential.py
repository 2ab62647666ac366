"""Every input is read as the built-in parser reads it, or declined."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from outcomes import Declined, InSmallReads, Read, Refused, outcome, same_outcome

from product_importer.builtin.csv_parser import CsvParser
from product_importer.model import Limits, ParseOptions
from product_importer_fastcsv import FastCsvParser

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
SHARED = Path(__file__).parents[4] / "shared" / "data"
FRAGMENTS = [b"a", b",", b"\n", b'"', b"\xc3\xa9", b"\xc3", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]


def quote(text):
    return '"' + text.replace('"', '""') + '"'


line_ends = st.sampled_from(["\n", "\r\n", "\r"])
plain_cells = st.text(alphabet="aB é漢", max_size=5)
quoted_cells = st.text(alphabet='a" é\n\r,', max_size=5).map(quote)
wild_cells = st.text(alphabet='a" é\n\r,;\0\ufeff', max_size=5)
reads = st.integers(1, 40)
any_options = st.builds(
    ParseOptions,
    delimiter=st.sampled_from([None, *",;\t| a^]\\-"]),
    limits=st.builds(
        Limits,
        field_chars=st.sampled_from([1_000, 10, 4]),
        row_chars=st.sampled_from([1_000, 20, 8]),
        columns=st.sampled_from([100, 2]),
    ),
    batch_rows=st.integers(1, 5),
    batch_chars=st.sampled_from([1_000, 10, 1]),
)


@st.composite
def regular_files(draw):
    """RFC 4180 in all its variants: every row as wide as the header, blank lines, all line ends."""
    width = draw(st.integers(1, 4))
    header = ",".join(f"{draw(st.sampled_from(['SKU', 'Ñ']))} {number}" for number in range(width))
    row = st.lists(plain_cells | quoted_cells, min_size=width, max_size=width).map(",".join)
    text = "".join(
        line + draw(line_ends) for line in [header, *draw(st.lists(row | st.just(""), max_size=8))]
    )
    return draw(st.sampled_from(["", "\ufeff"])) + (text.rstrip("\r\n") if draw(st.booleans()) else text)


@st.composite
def irregular_files(draw):
    """Rows of any width, repeated headers, stray quotes, NULs, byte order marks anywhere."""
    header = draw(st.sampled_from(["a,b", "sku", '"S K","é\nx"', "a;b;", "a,a", "", "a b\tc", "é,漢"]))
    row = st.lists(plain_cells | quoted_cells | wild_cells, max_size=3).map(",".join)
    lines = draw(st.lists(row | st.sampled_from([header, header.upper(), f" {header}\t"]), max_size=6))
    return header + "\n" + "".join(line + draw(line_ends) for line in lines)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fastcsv") / "file.csv"


@patient
@given(regular_files(), reads, st.integers(1, 5))
@example("a,b\n1,2\n", 1, 1)
def test_regular_files_are_read_and_never_declined(path, text, least_read, batch_rows):
    path.write_bytes(text.encode())
    options = ParseOptions(delimiter=",", batch_rows=batch_rows)
    found = same_outcome(path, options, InSmallReads(least_read))
    if isinstance(found, Declined):  # a cell happens to look like one row's end and the next one's start
        expected = outcome(CsvParser(), path, options)
        assert "text_after_quote" in {row.error.code for row in expected.malformed}


@patient
@given(irregular_files(), any_options, reads)
@example('a,b\n1,2,\n3,4\n5,6,"7"\n', ParseOptions(), 40)
@example("a,b\n\ufeffA, b\n\ufeff1,2\n", ParseOptions(batch_rows=1), 40)
@example('a,b\n3/4" pipe,"x"y"\n"\r\n",1\n', ParseOptions(), 1)
def test_irregular_files_are_read_alike_or_declined(path, text, options, least_read):
    path.write_bytes(text.encode())
    same_outcome(path, options, InSmallReads(least_read))


@patient
@given(st.text(alphabet='",\n\ra é', max_size=30), reads)
def test_what_is_irregular_is_no_reason_to_decline(path, text, least_read):
    """Only a quote that is never closed is, and a closing one is added here where one lacks.

    The other reason is what the built-in parser finds damaged.
    """
    if ' "' in text:
        return  # which may be how all of the file's cells are quoted
    for closing in ("", '"'):
        path.write_bytes(f"a,b\n{text}{closing}\n".encode())
        found = same_outcome(path, ParseOptions(delimiter=","), InSmallReads(least_read))
        if isinstance(found, Read):
            return
        if "never closed" not in found.reason:
            expected = outcome(CsvParser(), path, ParseOptions(delimiter=","))
            codes = (
                {expected.code}
                if isinstance(expected, Refused)
                else {row.error.code for row in expected.malformed}
            )
            assert codes & {"text_after_quote", "too_few_cells", "unterminated_quote"}
            return
    pytest.fail("declined with either number of quotes")


@patient
@given(st.lists(st.sampled_from(FRAGMENTS)).map(b"".join), reads)
@example(b'1,2,"\xff"\n', 40)
def test_broken_utf_8_is_declined(path, body, least_read):
    path.write_bytes(b"a,b\n" + body)
    found = same_outcome(path, ParseOptions(encoding="utf-8"), InSmallReads(least_read))
    try:
        body.decode()
    except UnicodeDecodeError:
        assert isinstance(found, Declined)


@pytest.mark.skipif(not SHARED.is_dir(), reason="there is no ../shared/data beside the project")
def test_only_what_is_not_utf_8_or_refused_is_declined():
    options = ParseOptions(batch_rows=500)
    read = 0
    for file in filter(Path.is_file, SHARED.rglob("*")):
        found = same_outcome(file, options, FastCsvParser())
        if isinstance(found, Declined):
            expected = outcome(CsvParser(), file, options)
            assert (
                isinstance(expected, Refused)
                or expected.dialect.encoding != "utf-8"
                or expected.dialect.skip_blanks
                or {"text_after_quote", "too_few_cells"} & {row.error.code for row in expected.malformed}
            ), file
        read += isinstance(found, Read)
    assert read >= 400
