"""The JSON parser: layouts, types, places and damage."""

import json
import tracemalloc
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.errors import FileError
from product_importer.model import Limits, ParseOptions, TableInfo
from product_importer.ports import FormatParser, InputFile
from product_importer.testing import check_parser
from product_importer_jsonlines import JsonParser


def read(path, reading=(), **options):
    file = InputFile(path, path.name, path.stat().st_size)
    with JsonParser().open(file, ParseOptions(reading=dict(reading), **options)) as table:
        return table, list(table)


@pytest.fixture
def rows_of(tmp_path):
    def rows_of(text, reading=(), **options):
        path = tmp_path / "file.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        table, batches = read(path, reading, **options)
        rows = [row for batch in batches for row in batch.cells.to_pylist()]
        places = [line for batch in batches for line in batch.lines.to_pylist()]
        return table, rows, places, [row for batch in batches for row in batch.malformed]

    return rows_of


TWO = [{"sku": "A1", "name": "Tea"}, {"sku": "A2", "name": "Cup"}]
LAYOUTS = [
    ('{"sku":"A1","name":"Tea"}\n{"sku":"A2","name":"Cup"}\n', "JSON Lines", "line", [1, 2]),
    ('\ufeff{"sku":"A1","name":"Tea"}\r\n\r\n{"sku":"A2","name":"Cup"}', "JSON Lines", "line", [1, 3]),
    (json.dumps(TWO), "a JSON array", "item", [1, 2]),
    (json.dumps(TWO, indent=2), "a JSON array", "item", [1, 2]),
    ("\n".join(json.dumps(row, indent=1) for row in TWO), "JSON objects", "item", [1, 2]),
    (
        json.dumps({"count": 2, "tags": ["x"], "meta": {"a": [{}]}, "products": TWO, "next": None}),
        "JSON, the array “products”",
        "item",
        [1, 2],
    ),
]


@pytest.mark.parametrize(("text", "words", "place", "places"), LAYOUTS)
def test_each_layout_gives_the_same_rows(rows_of, text, words, place, places):
    table, rows, found, malformed = rows_of(text)

    assert (rows, found, malformed) == (TWO, places, [])
    assert (table.read_as.words, table.read_as.place) == (words, place)


@pytest.mark.parametrize(("text", "words", "place", "places"), LAYOUTS)
def test_each_layout_is_recognised(text, words, place, places):
    assert JsonParser().recognises(text.encode(), "file") == 1.0


@pytest.mark.parametrize("text", ["sku,name\n", "[1] sku;name", "{sku}\tname", "", "<a/>"])
def test_other_texts_are_not_recognised(text):
    assert isinstance(JsonParser(), FormatParser)
    assert JsonParser().recognises(text.encode(), "file.csv") < 0.5


@pytest.mark.parametrize("text", ['{"a":1}\n{"a":"x"}\n{"a\n{"b":[1]}', '[{"a":1}, {"b":null}, {"a":{}}]'])
def test_the_contract_of_formats(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    check_parser(JsonParser(), path)


def test_the_option_names_another_array(rows_of):
    text = json.dumps({"old": [{"sku": "X"}], "new": [{"sku": "A1"}]})

    assert rows_of(text)[1] == [{"sku": "X"}]
    assert rows_of(text, {"path": "new"})[1] == [{"sku": "A1"}]
    with pytest.raises(FileError, match="no array of objects named 'other'"):
        rows_of(text, {"path": "other"})


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_all_arrays_of_objects_are_found(rows_of, tmp_path, monkeypatch, block, indent):
    monkeypatch.setattr("product_importer_jsonlines.arrays._BLOCK_BYTES", block)
    content = {
        "errors": [],
        "tags": ["a", {"x": 1}],
        "meta": {"a": [{}]},
        'x "[\\': [{"sku": "B", "note": '}]\\"', "in": [{"a": {}}]}],
        "products": [{"sku": "A1", "in": [{}, {}]}, {"sku": "A2"}],
        "next": None,
    }
    text = json.dumps(content, indent=indent)

    table, rows, _, _ = rows_of(text)

    assert ([row["sku"] for row in rows], table.read_as.values) == (["A1", "A2"], {"path": "products"})
    tables = JsonParser().tables(InputFile.at(tmp_path / "file.json"))
    assert tables == (
        TableInfo("errors", 0, likely=False),
        TableInfo('x "[\\', 1),
        TableInfo("products", 2),
    )
    assert [row["sku"] for row in rows_of(text, {"path": 'x "[\\'})[1]] == ["B"]


def test_arrays_within_products_are_no_tables(rows_of, tmp_path):
    products = [{"sku": f"A{n}", "images": [{"url": "x"}], "others": [{}]} for n in range(3)]

    for text in ("\n".join(json.dumps(row, indent=1) for row in products), json.dumps(products)):
        assert [row["sku"] for row in rows_of(text)[1]] == ["A0", "A1", "A2"]
        assert JsonParser().tables(InputFile.at(tmp_path / "file.json")) == ()
        with pytest.raises(FileError) as caught:
            rows_of(text, {"path": "images"})
        assert caught.value.code == "no_list"


def test_an_array_of_which_the_first_part_of_the_file_shows_nothing_is_found(tmp_path):
    path = tmp_path / "file.json"
    large = [{"sku": f"A{n}", "name": "x" * 1000} for n in range(2000)]
    path.write_text(json.dumps({"products": large, "variants": [{"sku": "B"}]}))

    assert JsonParser().tables(InputFile.at(path)) == (TableInfo("products", 2000), TableInfo("variants", 1))


def test_a_missing_name_and_null_are_absent_and_an_empty_text_is_blank(rows_of):
    table, rows, _, _ = rows_of('{"sku":"A1","price":null}\n{"sku":"A2","name":""}')

    assert table.header == ("sku", "price", "name")
    assert rows == [
        {"sku": "A1", "price": None, "name": None},
        {"sku": "A2", "price": None, "name": ""},
    ]


def test_values_keep_their_types_and_digits(rows_of):
    _, rows, _, _ = rows_of(
        '{"price":123456789012345.6789,"big":123456789012345678901234567890,"on":true,'
        '"size":{"b":1.10,"a":[1]},"mixed":"four"}\n{"price":5,"mixed":4}\n{"mixed":false}'
    )

    assert [row["price"] for row in rows] == [Decimal("123456789012345.6789"), Decimal(5), None]
    assert rows[0]["big"] == "123456789012345678901234567890"
    assert rows[0]["on"] is True
    assert rows[0]["size"] == '{"b":1.10,"a":[1]}'
    assert [row["mixed"] for row in rows] == ["four", 4, False]


def test_numbers_beyond_all_bounds_are_texts(rows_of):
    _, rows, _, _ = rows_of(
        '{"a":1e9999999999999999999,"b":[1e9999999999999999999]}\n{"a":1e-90}\n{"a":2.5e80}'
    )

    assert [row["a"] for row in rows][::2] == ["1e9999999999999999999", "25" + 79 * "0"]
    assert float(rows[1]["a"]) == 1e-90
    assert rows[0]["b"] == '["1e9999999999999999999"]'


def test_a_broken_line_is_rejected_at_its_place(rows_of):
    _, rows, places, malformed = rows_of(
        '{"sku":"A1"}\n{"sku":"A2"\n[1]\n{"sku":"\udc80"}\n{"sku":"A3"}'.encode("utf-8", "surrogateescape")
    )

    assert [row["sku"] for row in rows] == ["A1", "A3"]
    assert places == [1, 5]
    assert [(row.line, row.record, row.error.code) for row in malformed] == [
        (2, 2, "malformed_json"),
        (3, 3, "not_an_object"),
        (4, 4, "malformed_json"),
    ]
    assert malformed[0].cells == ('{"sku":"A2"',)


@pytest.mark.parametrize("depth", [101, 900, 100_000])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("form", ["{}\n{}\n{}", "[{},{},{}]"])
def test_a_row_that_is_nested_too_deeply_is_rejected(rows_of, depth, place, form):
    texts = ['{"sku":"A1"}', '{"sku":"A2","tags":' + "[" * 99 + "]" * 99 + "}"]
    texts.insert(place, '{"sku":"A3","x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}")

    _, rows, places, malformed = rows_of(form.format(*texts))

    assert [row["sku"] for row in rows] == ["A1", "A2"]
    assert [(row.line, row.error.code) for row in malformed] == [(place + 1, "malformed_json")]
    assert place + 1 not in places


def test_a_broken_item_is_rejected_and_the_others_are_read(rows_of):
    _, rows, places, malformed = rows_of('[{"sku":"A1"},{"sku":NaN},[1],{"sku":"A2"}]')

    assert [row["sku"] for row in rows] == ["A1", "A2"]
    assert places == [1, 4]
    assert [(row.line, row.error.code) for row in malformed] == [(2, "malformed_json"), (3, "not_an_object")]


@pytest.mark.parametrize("url", ["x", "http://a:8/", '\\\\\\":', ":[{"])
@pytest.mark.parametrize("space", ["", " "])
def test_a_row_that_has_a_name_twice_is_rejected(rows_of, url, space):
    good = f'{{"sku":"A1","url"{space}:"{url}","size":{{"a":1,"b":[{{"a":2}},{{"a":3}}]}}}}'
    bad = [
        f'{good[:-1]},"size":{space}9}}',
        f'{{"a":{{"price":5,"b":1,"price":5}},"url":"{url}"}}',
        f'{{"a"{space}:1,"\\u0061":2}}',
    ]
    _, rows, _, malformed = rows_of("\n".join([good, *bad, good]))

    assert [row["sku"] for row in rows] == ["A1", "A1"]
    assert [(row.line, row.error.code) for row in malformed] == [(n, "malformed_json") for n in (2, 3, 4)]
    for row, name in zip(malformed, ("size", "price", "a"), strict=True):
        assert f"the name '{name}' twice" in row.error.message


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('[{"sku":"A1"},{"sku":"A2"', "damaged_file", "ends within item 2"),
        ('[{"sku":"A1"}', "damaged_file", "ends within item 2"),
        ('[{"sku":"A1"}] [{"sku":"A2"}]', "damaged_file", "more text follows"),
        ('[{"sku":"A1"}, 5, {"sku":"A2"}]', "damaged_file", "Before item 2"),
        ('[{"sku":"A1"} {"sku":"A2"}]', "damaged_file", "Before item 2"),
        ('[{"sku":"A1"},{"sku":"A2"},]', "damaged_file", "Before item 3"),
        ('{"a":[{"sku":"A1"}],"b":5', "damaged_file", "after the array 'a'"),
        ('{"a":[{"sku":"A1"}],"a":[{"sku":"A2"}]}', "damaged_file", "several arrays named 'a'"),
        ('{"a":[{"sku":"A1"}]} and more', "damaged_file", "within item 2"),
        ('{"a":[{}],' + ",".join(f'"{n}":[]' for n in range(1001)) + "}", "no_list", "more than 1,000"),
        ("[]", "no_header", "no object"),
        ("17", "no_list", "nor a JSON array"),
        ('{"a":1}'.encode("utf-16"), "undecodable", "UTF-16"),
    ],
)
def test_damaged_files_are_refused(rows_of, text, code, words):
    with pytest.raises(FileError, match=words) as caught:
        rows_of(text)
    assert caught.value.code == code


def test_a_part_of_a_file_ends_without_an_error(tmp_path):
    path = tmp_path / "part.json"
    path.write_text('[{"sku":"A1"},{"sku":"A2"},{"sk')
    file = InputFile(path, path.name, path.stat().st_size, complete=False)

    with JsonParser().open(file, ParseOptions()) as table:
        assert [row["sku"] for batch in table for row in batch.cells.to_pylist()] == ["A1", "A2"]


@given(
    rows=st.lists(
        st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()) | st.none(), min_size=1),
        min_size=1,
    ),
    layout=st.sampled_from(["lines", "array", "indented", "wrapped"]),
    ascii_only=st.booleans(),
)
def test_any_rows_are_read_as_written(tmp_path_factory, rows, layout, ascii_only):
    path = tmp_path_factory.mktemp("json") / "file.json"
    if layout == "lines":
        text = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
        if len(rows) == 1:
            text += "\n{}"
    else:
        given = {"n": ']}[{\\"', "rows": rows} if layout == "wrapped" else rows
        text = json.dumps(given, indent=1 if layout == "indented" else None, ensure_ascii=ascii_only)
    path.write_text(text, encoding="utf-8", newline="")

    _, batches = read(path, batch_rows=2)

    found = [row for batch in batches for row in batch.cells.to_pylist()]
    assert not any(batch.malformed for batch in batches)
    for row, wanted in zip(found, rows, strict=False):
        for name, value in wanted.items():
            if isinstance(value, list):
                assert json.loads(row[name]) == value
            else:
                assert row[name] == value or row[name] == str(value)
    assert len(found) >= len(rows)


def test_items_of_any_size_are_read_across_blocks(rows_of, monkeypatch):
    monkeypatch.setattr("product_importer_jsonlines.blocks._BLOCK_BYTES", 7)
    rows = [{"sku": f"A{n}", "name": "x" * n + '"\\'} for n in range(40)]

    assert rows_of(json.dumps(rows))[1] == rows
    assert rows_of("\n".join(map(json.dumps, rows)))[1] == rows


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        path = tmp_path / "file.json"
        path.write_text("[" + ",".join(f'{{"sku":"A{n}","name":"{"x" * 90}"}}' for n in range(count)) + "]")
        tracemalloc.start()
        with JsonParser().open(InputFile(path, "file.json", path.stat().st_size), ParseOptions()) as table:
            assert sum(batch.cells.num_rows for batch in table) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(60_000) < 1.5 * peak(20_000)


def test_an_object_beyond_the_limit_is_refused(rows_of):
    with pytest.raises(FileError) as caught:
        rows_of('[{"sku":"' + "x" * 3_000_000 + '"', limits=Limits(row_chars=1000))
    assert caught.value.code == "row_too_long"


def test_names_beyond_the_limit_are_refused_while_they_are_collected(rows_of, tmp_path):
    rows = [{f"name {row}.{n}": 1 for n in range(50)} for row in range(4000)]
    assert len(rows_of(json.dumps(rows[:2]), limits=Limits(columns=100))[0].header) == 100
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    done = []
    file = InputFile(path, path.name, path.stat().st_size, beat=done.append)

    options = ParseOptions(limits=Limits(columns=100))
    with (
        pytest.raises(FileError, match="more than 100 different names") as caught,
        JsonParser().open(file, options),
    ):
        pass

    assert caught.value.code == "too_many_columns"
    assert max(done) < 0.5


def test_cells_are_arrow(rows_of, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\n{"a":2}')
    _, batches = read(path)
    assert batches[0].cells.schema.field("a").type == pa.int64()
