"""Boundaries of records, against the standard library's reader."""

import csv
import io

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from product_importer.errors import ParserDeclined
from product_importer_fastcsv.records import find_records

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
texts = st.text(alphabet='",\n\rab; é', max_size=40)


def by_standard_library(text: str) -> list[tuple[int, list[str]]]:
    """Line (from 0) and cells of each record, without one whose quote is open at the end."""
    exhausted = False

    def lines():
        nonlocal exhausted
        yield from io.StringIO(text, newline="")
        exhausted = True

    reader = csv.reader(lines())
    found, line = [], 0
    for row in reader:
        if exhausted:
            break
        found.append((line, row))
        line = reader.line_num
    return found


def is_damaged(text: str) -> bool:
    """Whether something else than blanks follows a quote that closes a cell."""
    state = "start"
    for char in text:
        if state == "quoted":
            state = "closed" if char == '"' else "quoted"
        elif char in ",\r\n":
            state = "start"
        elif char == '"' and state in {"start", "closed"}:
            state = "quoted"
        elif state in {"closed", "blanks"} and char in " \t":
            state = "blanks"
        elif state in {"closed", "blanks"}:
            return True
        else:
            state = "text"
    return False


def cells_of(text: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(text.decode(), newline="")), [])


@patient
@given(texts)
@example('"a" b')
@example('"a" ,"b"\t\n')
@example('a"b"c\n')
def test_text_after_a_closing_quote_is_left_to_the_built_in_parser(text):
    if is_damaged(text):
        with pytest.raises(ParserDeclined):
            find_records(text.encode(), b",", complete=True)
    else:
        find_records(text.encode(), b",", complete=True)


@pytest.mark.parametrize(("delimiter", "blank"), [(b"\t", b" "), (b" ", b"\t")])
def test_a_delimiter_that_is_a_blank_ends_what_follows_a_closing_quote(delimiter, blank):
    text = b'"a"%b%bb\n3/4"%bc\n' % (blank, delimiter, delimiter)
    assert find_records(text, delimiter, complete=True).starts.tolist() == [0, 7, len(text)]
    with pytest.raises(ParserDeclined):
        find_records(b'"a"%bb\n3/4"%bc\n' % (blank, delimiter), delimiter, complete=True)


@patient
@given(texts)
@example('a,"b\r\nc"\r\n\r\rd')
@example('3/4" pipe,x\n"a""b""c\n",d\n')
@example('"""a""",""\n"\r"')
@example('a,"never closed\n')
@example('a""\n"b"')
def test_a_whole_text_has_the_records_that_the_standard_library_reads(text):
    assume(not is_damaged(text))
    data = text.encode()
    records = find_records(data, b",", complete=True)
    found = [
        (int(line), cells_of(data[start:stop]))
        for line, start, stop in zip(records.lines, records.starts, records.stops, strict=False)
    ]
    assert found == by_standard_library(text)


@patient
@given(texts, st.integers(0, 40))
@example("a\r\nb", 2)
@example('"a"",\n"\nb', 3)
def test_a_part_has_the_records_of_the_whole_that_surely_end_in_it(text, length):
    assume(not is_damaged(text))
    data = text.encode()
    whole = find_records(data, b",", complete=True).starts.tolist()
    part = find_records(data[:length], b",", complete=False).starts.tolist()
    assert part == whole[: len(part)]
    assert len(part) >= sum(start < len(data[:length]) for start in whole)


@patient
@given(texts)
def test_the_lines_of_the_records_and_of_what_follows_are_counted(text):
    assume(not is_damaged(text))
    data = text.encode()
    records = find_records(data, b",", complete=False)
    for start, line in zip(records.starts, records.lines, strict=True):
        assert line == len(io.StringIO(data[:start].decode(), newline="").readlines())
