"""``check_parser`` holds formats to their contract."""

import contextlib
from dataclasses import replace

import pyarrow as pa
import pytest

from books import Books, book
from product_importer.model import Dialect, Option, ReadAs, TableInfo
from product_importer.ports import RawBatch
from product_importer.testing import check_parser

ROWS = [["sku", "price", "note"], ["A", 1.5, None], ["#", None, None], ["B", 2, "x"], ["C", None, ""]]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "products.book"
    path.write_bytes(book(One=ROWS))
    return path


def test_a_format_with_types_keeps_the_contract(path):
    check_parser(Books(), path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "title is ''; give a text"),
        ({"version": 1}, "version is 1; give a text"),
        ({"suffixes": ("book",)}, "begins with a dot"),
        ({"options": (Option("a", "A"), Option("a", "B"))}, "two options have one name"),
        ({"options": (Option("a", "A", kind="choice"),)}, "if, and only if, it is of the kind choice"),
        ({"options": (Option("a", "A", kind="date"),)}, "is of the kind date"),
        ({"recognises": lambda head, name: 0.0}, "the file isn't recognised"),
        ({"recognises": lambda head, name: len(head) / 100}, "recognises\\(\\) gives|isn't recognised"),
        ({"tables": lambda file: [TableInfo("a"), TableInfo("a")]}, "two tables have one name"),
    ],
)
def test_what_a_format_states_is_checked(path, changes, message):
    spoilt = Books()
    for name, value in changes.items():
        setattr(spoilt, name, value)
    with pytest.raises(AssertionError, match=message):
        check_parser(spoilt, path)


class Spoilt(Books):
    """Changes each batch, or what it says of the table."""

    def __init__(self, change=lambda batch: batch, read_as=None):
        super().__init__()
        self.change, self.read_as = change, read_as

    @contextlib.contextmanager
    def open(self, file, options):
        with super().open(file, options) as sheet:
            yield self.Table(self, sheet)

    class Table:
        def __init__(self, spoilt, sheet):
            self.header, self._spoilt, self._sheet = sheet.header, spoilt, sheet
            self.read_as = spoilt.read_as or sheet.read_as

        def __iter__(self):
            return map(self._spoilt.change, self._sheet)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda batch: replace(batch, left_out=()), "rows, malformed and blank make"),
        (lambda batch: replace(batch, done=1.5), "done is 1.5 after 0"),
        (lambda batch: replace(batch, done=1 - batch.done / 2), "done is 0.5 after"),
        (
            lambda batch: replace(
                batch,
                cells=batch.cells.set_column(2, "note", pa.array(["a\0b"] * batch.cells.num_rows)),
            ),
            "a cell holds a NUL character",
        ),
    ],
)
def test_a_spoilt_batch_is_caught(path, change, message):
    with pytest.raises(AssertionError, match=message):
        check_parser(Spoilt(change), path)


def test_what_is_said_of_the_table_is_checked(path):
    check_parser(Spoilt(read_as=ReadAs("a book")), path)
    with pytest.raises(TypeError, match="read_as is 'a book'"):
        check_parser(Spoilt(read_as="a book"), path)


def test_a_format_that_fails_at_a_part_of_a_file_is_caught(path):
    in_parts = Books()
    in_parts.needs_whole_file = False
    with pytest.raises(ValueError, match="Unterminated|Expecting"):
        check_parser(in_parts, path)


class Plain:
    """A parser that is no format."""

    name = "plain"

    def open(self, path, options):
        return contextlib.nullcontext(self)

    dialect = Dialect()
    header = ("sku",)

    def __iter__(self):
        ones = pa.array([1])
        yield RawBatch(pa.record_batch({"sku": [1]}), ones, ones, 1, 1)


def test_types_are_for_formats_only(path):
    with pytest.raises(AssertionError, match="a cell is no string"):
        check_parser(Plain(), path)


def test_values_that_are_no_options_or_read_the_file_otherwise_are_caught(path):
    with pytest.raises(AssertionError, match=r"read_as has values for \['colour'\], which are no options"):
        check_parser(Spoilt(read_as=ReadAs("a book", {"colour": "red"})), path)
    with pytest.raises(AssertionError, match="with read_as.values, {'skip': '2'}, the file"):
        check_parser(Spoilt(read_as=ReadAs("a book", {"skip": "2"})), path)
