"""The one conversion of typed cells to text."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.errors import FileError
from product_importer.model import ImportOptions
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.mapping import guess_mapping
from product_importer.pipeline.ruled_columns import ruled
from product_importer.pipeline.typed_cells import as_text, is_text
from product_importer.pipeline.typed_numbers import TypedNumbers
from product_importer.ports import RawBatch

MOMENT = datetime.fromisoformat("2024-01-02T03:04:05")


def raw(*columns):
    size = len(columns[0])
    numbers = pa.array(np.arange(1, size + 1))
    names = [f"c{place}" for place in range(len(columns))]
    cells = pa.RecordBatch.from_arrays(list(columns), names=names)
    return RawBatch(
        cells=cells,
        lines=numbers,
        records=numbers,
        first_record=1,
        last_record=size,
        malformed=(),
        blank=0,
        end_offset=0,
    )


def texts(values, kind=None):
    column = values if isinstance(values, pa.Array) else pa.array(values, kind)
    batch, _ = as_text(raw(column))
    assert is_text(batch.cells)
    return batch.cells.column(0).to_pylist()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4.0, "4"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1.1 * 3, "3.3"),
        (4006381333931.0, "4006381333931"),
        (999999999999999.0, "999999999999999"),
        (1e-7, "0.0000001"),
        (1.5e-12, "0.0000000000015"),
        (1234567.891, "1234567.891"),
        (-17.25, "-17.25"),
        (2.0**63, "9223372036854776000"),
        (1e21, "1000000000000000000000"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (1 / 3, "0.333333333333333"),
    ],
)
def test_floats_have_15_digits_and_no_exponent(number, text):
    assert texts([number]) == [text]


@given(st.decimals(min_value=0, max_value=Decimal("99999999999.9999"), places=4))
def test_every_price_survives_as_a_float(price):
    assert Decimal(texts([float(price)])[0]) == price


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_every_whole_number_survives_as_a_float(number):
    assert texts([float(number)]) == [str(number)]


def test_narrow_floats_have_the_digits_that_were_written():
    assert texts([0.1, 4, 16777216, 1e10], pa.float32()) == ["0.1", "4", "16777216", "10000000000"]
    assert texts(np.array([0.5, 2], np.float16)) == ["0.5", "2"]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pa.array([1, -(2**63)], pa.int64()), ["1", "-9223372036854775808"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (
            pa.array([Decimal("4.5000"), Decimal(100), Decimal(0)], pa.decimal128(19, 4)),
            ["4.5", "100", "0"],
        ),
        (pa.array([Decimal("123456789012345.6789")], pa.decimal128(19, 4)), ["123456789012345.6789"]),
        (pa.array([Decimal("0.000000001")], pa.decimal128(19, 10)), ["0.000000001"]),
        (pa.array([Decimal("12E3")], pa.decimal128(5, -3)), ["12000"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([MOMENT], pa.timestamp("ns")), ["2024-01-02T03:04:05"]),
        (pa.array([MOMENT.replace(microsecond=120000)]), ["2024-01-02T03:04:05.12"]),
        (
            pa.array([datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin")),
            ["2024-01-02T02:04:05Z"],
        ),
        (pa.array([time(3, 4, 5)]), ["03:04:05"]),
        (pa.array([timedelta(hours=25, minutes=1)]), ["25:01:00"]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([1.0, 2.5, 1.0]).dictionary_encode(), ["1", "2.5", "1"]),
        (pa.array(["ä"], pa.large_string()), ["ä"]),
        (pa.array(["ä".encode()]), ["ä"]),
        (pa.array([b"ab"], pa.binary(2)), ["ab"]),
        (pa.array([["a", "ö"], []]), ['["a", "ö"]', "[]"]),
        (pa.array([{"a": 4.0, "b": None, "c": 0.1 + 0.2}]), ['{"a": 4, "b": null, "c": 0.3}']),
        (pa.array([[Decimal("4.50"), Decimal("1234567890123456.5")]]), ['[4.5, "1234567890123456.5"]']),
        (pa.array([[date(2024, 1, 2)]]), ['["2024-01-02"]']),
        (pa.array([{"a": 1}], pa.map_(pa.string(), pa.int64())), ['{"a": 1}']),
    ],
)
def test_each_type_has_one_form(column, wanted):
    assert texts(column) == wanted


def test_a_uuid_is_written_as_such():
    number = uuid.UUID("12345678-1234-5678-1234-567812345678")
    assert texts(pa.ExtensionArray.from_storage(pa.uuid(), pa.array([number.bytes], pa.binary(16)))) == [
        str(number)
    ]


def test_null_and_nan_are_absent_and_an_empty_text_is_blank():
    columns = (
        pa.array(["", None, "a"]),
        pa.array([float("nan"), None, 2.0]),
        pa.nulls(3),
        pa.array([None, ["a"], None]),
    )

    batch, notes = as_text(raw(*columns))

    assert batch.cells.to_pydict() == {
        "c0": ["", "", "a"],
        "c1": ["", "", "2"],
        "c2": ["", "", ""],
        "c3": ["", '["a"]', ""],
    }
    absent = {place: records.to_pylist() for place, records in notes.absent.items()}
    assert absent == {0: [2], 1: [1, 2], 2: [1, 2, 3], 3: [1, 3]}


def test_cells_of_several_types_in_one_column():
    column = pa.UnionArray.from_dense(
        pa.array([1, 0, 0, 2, 1], pa.int8()),
        pa.array([0, 0, 1, 0, 1], pa.int32()),
        [pa.array([4.0, 1e16]), pa.array(["four", ""]), pa.array([True])],
    )

    batch, notes = as_text(raw(column))

    assert batch.cells.column(0).to_pylist() == ["four", "4", "10000000000000000", "true", ""]
    assert {place: rows.to_pylist() for place, rows in notes.lost.items()} == {0: [3]}
    assert not notes.absent


def test_numbers_that_may_have_lost_digits_are_noted():
    numbers = pa.array([1e15, 1e15 - 1, -1.5e16, 123456789012.3456, 12345678901.2345, None, 1e300])

    _, notes = as_text(raw(numbers))

    assert notes.lost[0].to_pylist() == [1, 3, 4, 7]


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(FileError, match="column 'c0' holds bytes") as caught:
        texts([b"\xff\xfe"])
    assert caught.value.code == "not_text"


def test_text_is_text_already():
    assert is_text(raw(pa.array(["a"])).cells)
    assert not is_text(raw(pa.array(["a", None])).cells)
    assert not is_text(raw(pa.array([1])).cells)


def test_prices_with_three_decimals_are_no_thousands():
    column = pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()),
        pa.array([0, 0, 1], pa.int32()),
        [pa.array([1.299, 4.5]), pa.array(["2.499"])],
    )
    batch, notes = as_text(raw(column, pa.array([1.299, 2.0, None])))

    def prices(decimal):
        options, assumed = ImportOptions(map={"c0": "price"}, decimal=decimal), Assumptions()
        mapping = ruled(guess_mapping(("c0", "c1"), options), options, assumed)
        numbers = TypedNumbers(mapping)
        marked = numbers.marked(batch, notes)
        assert marked.cells.to_pydict()["c0"] == ["1.2990000000", "2.499", "4.5000000000"]
        return numbers.unmarked(marked).certain(mapping, assumed).cells.to_pydict()

    assert prices(None) == {"c0": ["1.2990", "2.499", "4.5"], "c1": ["1.299", "2", ""]}
    assert prices("comma")["c0"] == ["1,2990", "2.499", "4,5"]
