"""The XML parser: lists, columns, places and damage."""

import json
import tracemalloc
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.errors import FileError
from product_importer.model import Limits, ParseOptions
from product_importer.ports import FormatParser, InputFile
from product_importer.testing import check_parser
from product_importer_xml import XmlParser


def read(path, reading=(), complete=True, **options):
    file = InputFile(path, path.name, path.stat().st_size, complete)
    with XmlParser().open(file, ParseOptions(reading=dict(reading), **options)) as table:
        return table, list(table)


@pytest.fixture
def rows_of(tmp_path):
    def rows_of(text, reading=(), **options):
        path = tmp_path / "file.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        table, batches = read(path, reading, **options)
        assert [n for batch in batches for n in batch.lines.to_pylist()] == list(
            range(1, sum(batch.cells.num_rows for batch in batches) + 1)
        )
        return table, [row for batch in batches for row in batch.cells.to_pylist()]

    return rows_of


def test_elements_and_attributes_are_columns(rows_of):
    table, rows = rows_of(
        '<?xml version="1.0"?><products><product sku="A1"><name>\n Tea &amp; <![CDATA[<b>]]></name>'
        '<price currency="EUR">4.50</price></product><product sku="A2"><name/></product></products>'
    )

    assert table.header == ("sku", "name", "price", "price currency")
    assert rows == [
        {"sku": "A1", "name": "Tea & <b>", "price": "4.50", "price currency": "EUR"},
        {"sku": "A2", "name": "", "price": None, "price currency": None},
    ]
    assert table.read_as.words == "XML, the elements “products/product”"
    assert table.read_as.place == "item"


def test_a_feed_with_prefixes(rows_of):
    table, rows = rows_of(
        '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title><link/>'
        "<item><g:id>A1</g:id><title>Tea</title><g:image>1</g:image><g:image>2</g:image></item>"
        "<item><g:id>A2</g:id><title>Cup</title><g:title>Mug</g:title><g:image>3</g:image></item></channel></rss>"
    )

    assert table.header == ("id", "title", "image", "image (2)", "g:title")
    assert list(rows[0].values()) == ["A1", "Tea", "1", "2", None]
    assert list(rows[1].values()) == ["A2", "Cup", "3", "", "Mug"]


def test_a_repeated_element_changes_nothing_in_the_other_products(rows_of):
    alone = "".join(f"<p><sku>A{n}</sku><name>N{n}</name></p>" for n in range(20))
    before = [list(row.values()) for row in rows_of(f"<l>{alone}</l>")[1]]
    names = '<name x="1">Tea</name><name x="2" y="3">Thé</name>'
    twice = f"<p><sku>B1</sku><sku>B2</sku>{names}</p><p><sku>C</sku></p>"

    table, rows = rows_of(f"<l>{alone}{twice}</l>")

    columns = ("sku", "sku (2)", "name", "name x", "name y", "name (2)", "name x (2)", "name y (2)")
    assert table.header == columns
    assert [[row["sku"], row["name"]] for row in rows[:20]] == before
    assert list(rows[0].values()) == ["A0", "", "N0", None, None, "", "", ""]
    assert list(rows[20].values()) == ["B1", "B2", "Tea", "1", None, "Thé", "2", "3"]
    assert list(rows[21].values()) == ["C", "", *[None] * 6]


def test_no_element_changes_how_the_others_with_its_tag_are_read(rows_of):
    _, rows = rows_of(
        "<l><p><n>A &amp; B</n><s><w u='cm'>1</w></s></p><p><n l='de'>A<b>&amp;</b></n><s/></p>"
        "<p><s><w>1</w><w>2</w></s><s k='x' w='9'><w>3</w></s>Text</p></l>"
    )

    assert [row["n"] for row in rows] == ["A & B", "A<b>&amp;</b>", None]
    assert [row["n l"] for row in rows] == [None, "de", None]
    assert json.loads(rows[0]["s"]) == {"w": [{"u": "cm", "": "1"}]}
    assert rows[1]["s"] == ""
    assert json.loads(rows[2]["s"]) == [{"w": ["1", "2"]}, {"k": "x", "w": ["9", "3"]}]
    assert [row["p"] for row in rows] == ["", "", "Text"]


def test_names_that_meet_are_numbered(rows_of):
    assert rows_of('<l><p n="1"><n>2</n><N>3</N></p><p><n>4</n><n>5</n></p></l>')[0].header == (
        "n",
        "n (2)",
        "n (3)",
        "N (4)",
    )


def test_more_columns_than_allowed_are_refused(rows_of):
    text = "<l><p><n/></p><p>" + "<n a='1'/>" * 5 + "</p></l>"
    assert len(rows_of(text, limits=Limits(columns=10))[0].header) == 10
    with pytest.raises(FileError, match="more than the 9 columns") as caught:
        rows_of(text, limits=Limits(columns=9))
    assert caught.value.code == "too_many_columns"


def test_nested_elements_are_json_and_mixed_ones_markup(rows_of):
    _, rows = rows_of(
        "<l><p><sku>A1</sku><size unit='cm'><w>1</w><tag>x</tag><tag>y</tag></size>"
        '<text>A <b class="c">fine</b> tea<br/></text><param name="Colour">red</param><param name="Set"/></p>'
        "<p><sku>A2</sku></p></l>"
    )

    assert json.loads(rows[0]["size"]) == {"unit": "cm", "w": "1", "tag": ["x", "y"]}
    assert rows[0]["text"] == 'A <b class="c">fine</b> tea<br/>'
    assert [rows[0][name] for name in ("param", "param name")] == ["red", "Colour"]
    assert [rows[0][name] for name in ("param (2)", "param name (2)")] == ["", "Set"]
    assert [name for name, cell in rows[1].items() if cell is not None] == ["sku"]


def test_texts_in_an_element_have_columns_if_their_place_is_certain(rows_of):
    table, rows = rows_of(
        '<l><p><sku>A1</sku><x:price kind="net"><x:amount>4.50</x:amount><x:unit/></x:price></p>'
        "<p><sku>A2</sku><x:price/></p><p><sku>A3</sku></p><p><sku>A4</sku><x:price><x:unit>l</x:unit></x:price></p></l>"
    )

    assert table.header == ("sku", "price kind", "price amount", "price unit")
    assert [list(row.values())[1:] for row in rows] == [
        ["net", "4.50", ""],
        [None, "", ""],
        [None, None, None],
        [None, None, "l"],
    ]


@pytest.mark.parametrize(
    "price",
    [
        "<price><amount>1</amount><amount>2</amount></price>",
        "<price><amount>1</amount></price><price><amount>2</amount></price>",
        "<price><amount><net>1</net></amount></price>",
        "<price><amount currency='EUR'>1</amount></price>",
        "<price amount='1'><amount>1</amount></price>",
    ],
)
def test_elements_whose_place_is_not_certain_stay_json(rows_of, price):
    table, rows = rows_of(f"<l><p><sku>A1</sku>{price}</p><p><sku>A2</sku></p></l>")
    assert table.header == ("sku", "price")
    assert json.loads(rows[0]["price"])


def test_the_contract_of_formats(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text("<l><p><n>1</n></p><p><n>2</n><m/><n a='1'>4</n></p><p><n>3</n></p></l>")
    check_parser(XmlParser(), path)


TWO_LISTS = (
    '<shop><categories><category id="1">Tea</category><category id="2">Cups</category></categories>'
    '<offers><offer id="A1"><name>Tea</name></offer><offer id="A2"><name>Cup</name></offer></offers></shop>'
)


def test_several_lists_are_named_and_one_can_be_chosen(rows_of, tmp_path):
    assert [row["id"] for row in rows_of(TWO_LISTS)[1]] == ["A1", "A2"]
    file = InputFile(tmp_path / "file.xml", "file.xml", 1)

    assert [table.name for table in XmlParser().tables(file)] == [
        "shop/categories/category",
        "shop/offers/offer",
    ]
    _, rows = rows_of(TWO_LISTS, {"path": "shop/categories/category"})
    assert rows == [{"id": "1", "category": "Tea"}, {"id": "2", "category": "Cups"}]
    with pytest.raises(FileError, match="no elements 'shop/x'"):
        rows_of(TWO_LISTS, {"path": "shop/x"})


def test_a_list_that_certainly_holds_the_products_needs_no_choice(rows_of, tmp_path):
    groups = '<groups><group id="1" name="Tea"/><group id="2" name="Cups" parent="1"/></groups>'
    offers = "".join(f"<offer><sku>{sku}</sku><name>Tea</name></offer>" for sku in ("A1", "A2"))
    assert [row["sku"] for row in rows_of(f"<shop>{groups}<offers>{offers}</offers></shop>")[1]] == [
        "A1",
        "A2",
    ]
    file = InputFile(tmp_path / "file.xml", "file.xml", 1)
    assert [table.name for table in XmlParser().tables(file)] == ["shop/offers/offer"]


def test_a_document_with_one_product(rows_of):
    _, rows = rows_of('<products><product sku="A1"><name>Tea</name></product></products>')
    assert rows == [{"sku": "A1", "name": "Tea"}]
    assert rows_of('<?xml version="1.0"?>\n<products>\n<product sku="A1" name="Tea"/>\n</products>')[1] == [
        {"sku": "A1", "name": "Tea"}
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1250"])
def test_the_declared_encoding_is_read(rows_of, encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?><l><p><n>Grün</n></p><p><n>é</n></p></l>'
    assert [row["n"] for row in rows_of(text.encode(encoding))[1]] == ["Grün", "é"]
    assert XmlParser().recognises(text.encode(encoding)[:100], "x") == 1


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("<l><p a='1'/><p a='2'/>", "damaged_file", "cut off"),
        ("<l>\n<p a='1'></q></l>", "damaged_file", "line 2"),
        ("<l>plain</l>", "no_list", "no list"),
        ('<!DOCTYPE l [<!ENTITY a "b">]><l><p a="1"/><p a="2"/></l>', "xml_entity", "entity"),
        ('<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l><p>&a;</p></l>', "xml_entity", "entity"),
        ('<!DOCTYPE l [<!ATTLIST p a CDATA "b">]><l><p/><p/></l>', "xml_entity", "attribute"),
        ('<?xml version="1.0" encoding="klingon"?><l/>', "damaged_file|undecodable", "encoding|decode"),
        ('<?xml version="1.0" encoding="utf-8"?><l>\xff</l>'.encode("latin-1"), "damaged_file", "line 1"),
        ("<a>" * 200 + "</a>" * 200, "no_list", "too many"),
    ],
)
def test_damaged_and_hostile_documents_are_refused(rows_of, text, code, words):
    with pytest.raises(FileError, match=words) as caught:
        rows_of(text)
    assert caught.value.code in code.split("|")


@pytest.mark.parametrize(
    "inner", ["<t>" + "x" * 2000 + "</t>", "<t>1234</t>" * 500, f"<t a='{'x' * 2000}'/>", "<t/>" * 50]
)
def test_a_product_is_held_to_the_limit_of_a_row(rows_of, inner):
    text = f"<l><p><t>1</t></p><p>{inner}</p><p><t/></p></l>"

    assert len(rows_of(text)[1]) == 3
    with pytest.raises(FileError, match="Item 2 of the XML document has more than 1,000 char") as caught:
        rows_of(text, limits=Limits(row_chars=1000))
    assert caught.value.code == "row_too_long"


def test_the_text_of_one_product_is_not_collected_beyond_the_limit(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text("<l><p><t>1</t></p><p><t>" + "x\n" * 5_000_000 + "</t></p></l>")
    tracemalloc.start()
    with pytest.raises(FileError, match="Item 2"):
        read(path, limits=Limits(row_chars=100_000))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 << 20


@pytest.mark.parametrize("text", ["<l><p a='{}'/></l>", "<l><!--{}--><p a='1'/></l>"])
def test_a_tag_without_an_end_is_not_collected_beyond_all_bounds(rows_of, monkeypatch, text):
    assert len(rows_of(text.format("x" * 300_000))[1]) == 1
    monkeypatch.setattr("product_importer_xml.reading._TOKEN_BYTES", 100_000)
    with pytest.raises(FileError, match="tag or comment on line 1") as caught:
        rows_of(text.format("x" * 300_000))
    assert caught.value.code == "row_too_long"


def test_attributes_count_in_the_limits_of_a_batch(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text("<l>" + f"<p a='{'x' * 1000}'/>" * 200 + "</l>")
    assert len(read(path, batch_chars=70_000)[1]) > 1


def test_a_part_of_a_file_ends_without_an_error(tmp_path):
    path = tmp_path / "part.xml"
    path.write_text("<l><p><n>1</n></p><p><n>2</n></p><p><n>3")
    _, batches = read(path, complete=False)
    assert [row["n"] for batch in batches for row in batch.cells.to_pylist()] == ["1", "2"]


@pytest.mark.parametrize(
    ("head", "filename", "certainty"),
    [
        (b"<?xml version='1.0'?><a/>", "x", 1.0),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "x", 1.0),
        (b"<products><p/>", "feed.xml", 0.6),
        (b"<products><p/>", "feed.csv", 0.0),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "x.xml", 0.0),
        (b"<html><table>", "x.xml", 0.0),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "x.xls",
            0.0,
        ),
        (b"sku,name\n", "x.xml", 0.0),
    ],
)
def test_what_is_recognised(head, filename, certainty):
    assert isinstance(XmlParser(), FormatParser)
    assert XmlParser().recognises(head, filename) == certainty


@given(
    rows=st.lists(
        st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"])), min_size=2, max_size=2),
        min_size=2,
    ),
    size=st.integers(1, 3),
)
def test_any_texts_are_read_as_written(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("xml") / "file.xml"
    rows = [[cell.replace("\ufffe", "").replace("\uffff", "") for cell in row] for row in rows]
    path.write_text(
        "<l>" + "".join(f"<p><a>{escape(a)}</a><b>{escape(b)}</b></p>" for a, b in rows) + "</l>",
        encoding="utf-8",
        newline="",
    )

    _, batches = read(path, batch_rows=size)

    found = [[row["a"], row["b"]] for batch in batches for row in batch.cells.to_pylist()]
    assert found == [[cell.strip() for cell in row] for row in rows]


def test_batches_keep_to_the_limits_and_memory_is_flat(tmp_path):
    def peak(count):
        path = tmp_path / "file.xml"
        path.write_text("<l>" + "".join(f"<p><n>{n}</n><t>{'x' * 90}</t></p>" for n in range(count)) + "</l>")
        tracemalloc.start()
        file = InputFile(path, "file.xml", path.stat().st_size)
        with XmlParser().open(file, ParseOptions(batch_rows=1000)) as table:
            sizes = [batch.cells.num_rows for batch in table]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sum(sizes) == count
        assert max(sizes) == 1000
        return most

    assert peak(20_000) < 1.5 * peak(8_000)
