"""Each kind of transform, on batches of several sizes: how a file is cut makes no difference."""

import csv
import io

import pytest
from cut_batches import raw_batches
from hypothesis import given
from hypothesis import strategies as st

from product_importer.errors import UsageError
from product_importer.model import ImportOptions
from product_importer.model.transforms import (
    ByPlugin,
    Constant,
    FillDown,
    FillGroup,
    FillParent,
    Join,
    LeaveOut,
    Move,
    OneView,
    Recode,
    Replace,
    Split,
    Transform,
    Trim,
)
from product_importer.pipeline.transforms.preparing import prepare
from product_importer.support.records import InvalidRecord, plain, record
from product_importer.testing import plugin_set

PLUGINS = plugin_set()


def transformed(text, *transforms, size=100, options=None):
    """The table after the transforms, without its header, and what was told: (record, code, warning)."""
    header, *rows = csv.reader(io.StringIO(text.strip().replace(" ; ", ",")))
    options = options or ImportOptions(transforms=transforms, shop="none")
    prepared = prepare(header, options, PLUGINS)
    found, told = [], []
    for raw in raw_batches(header, rows, size):
        after, findings, _ = prepared.apply(raw)
        assert after.cells.num_rows + after.blank == raw.cells.num_rows
        assert tuple(after.cells.schema.names) == prepared.header
        found += zip(*after.cells.to_pydict().values(), strict=True)
        for before, finding in findings:
            told += [(each, finding.code) for each in before.records.filter(finding.rows).to_pylist()]
    return ["|".join(row) for row in found], told


SIZES = pytest.mark.parametrize("size", [1, 2, 3, 100])


def test_trim_and_replace_and_recode():
    found, _ = transformed(
        "sku,a,b\nA, x y ,No\nB,yy,maybe",
        Trim(columns=("a",)),
        Replace(columns=("a", "b"), old="y", new="z"),
        Recode(columns=("B",), words={"no": "0"}),
    )
    assert found == ["A|x z|0", "B|zz|mazbe"]


def test_split_and_join_and_constant():
    found, _ = transformed(
        "sku,size\nA,10 x 20 x 30\nB,7\n",
        Split(column="size", separator="x", into=("width", "rest")),
        Join(into="label", columns=("sku", "width", "rest"), separator="/", without=("7",)),
        Constant(into="unit", value="mm"),
    )
    assert found == ["A|10 x 20 x 30|10|20 x 30|A/10/20 x 30|mm", "B|7|7||B|mm"]


@pytest.mark.parametrize("into", [("SKU", "rest"), ("width", "Name")])
def test_a_split_overwrites_no_other_column(into):
    with pytest.raises(UsageError, match=r"would overwrite the column '(sku|name)'"):
        transformed("sku,name,size\nA,Tea,1x2\n", Split(column="size", separator="x", into=into))


def test_a_split_may_overwrite_its_own_column():
    step = Split(column="size", separator="x", into=("size", "height"))
    assert transformed("sku,size\nA,1x2\n", step)[0] == ["A|1|2"]


def test_move():
    found, _ = transformed(
        "sku,name\nA,Shirt\nB,[S]Size=L\nC,{x}\n", Move(column="name", into="options", starts=("[", "{"))
    )
    assert found == ["A|Shirt|", "B||[S]Size=L", "C||{x}"]


def test_stars_stand_for_columns():
    found, _ = transformed(
        "sku,my note,note,notes,x\nA,-,-,-,-\n",
        Replace(columns=("note*",), old="-", new="+"),
        Replace(columns=("*note*",), old="-", new="~"),
    )
    assert found == ["A|~|+|+|-"]


def test_join_and_constant_keep_what_is_filled():
    found, _ = transformed(
        "sku,name,unit\nA,Tea,\nB,,cm\n",
        Join(into="name", columns=("sku",)),
        Constant(into="unit", value="mm"),
    )
    assert found == ["A|Tea|mm", "B|B|cm"]


@SIZES
@pytest.mark.parametrize("columns", [("a",), ("a", "b")])
def test_join_keeps_rows_in_which_there_is_nothing_to_join(columns, size):
    found, _ = transformed("sku,a,b\nA,,\nB,x,\nC,,\n", Join(into="c", columns=columns), size=size)
    assert found == ["A|||", "B|x||x", "C|||"]


@SIZES
def test_fill_group(size):
    text = "handle,title,vendor\nh1,One,\nh1,,Own\nh2,Two,V\n,,\n,Lone,\nh1,,\nh2,,\n"
    found, told = transformed(text, FillGroup(columns=("title", "vendor"), group="handle"), size=size)
    assert found == ["h1|One|", "h1|One|Own", "h2|Two|V", "|Lone|", "h1|One|", "h2|Two|V"]
    assert told == [(4, "blank_row")]


@SIZES
def test_fill_down(size):
    text = "name,sku,text\n,S0,\nOne,S1,a\n,S2,\n,S3,b\nTwo,S4,\n,S5,\n"
    found, _ = transformed(text, FillDown(columns=("text",), start="name"), size=size)
    assert found == ["|S0|", "One|S1|a", "One|S2|a", "One|S3|b", "Two|S4|", "Two|S5|"]


@SIZES
def test_fill_parent_by_name_or_number_over_generations(size):
    text = "id,sku,parent,name\n1,P,,Shirt\n2,R,P,\n3,S,R,\n4,T,id:1,Own\n5,U,id:2,\n6,V,gone,\n"
    found, told = transformed(
        text, FillParent(columns=("name",), parent="parent", keys={"sku": "", "id": "id:"}), size=size
    )
    names = [row.rpartition("|")[2] for row in found]
    assert names == ["Shirt", "Shirt", "Shirt", "Own", "Shirt", ""]
    assert told == [(6, "parent_unknown")]


def test_steps_of_a_shop_for_files_in_another_language_are_left_out():
    """Its profile has some for each language of its exports; the columns' names are the same in part."""
    header = "ID,Type,SKU,Name,Published,Regular price,Parent"
    text = f"{header}\n1,variable,P,Shirt,1,5,\n2,variation,R,,1,5,P\n3,variation,S,,1,5,id:1\n"
    found, told = transformed(text, options=ImportOptions(shop="woocommerce"))
    assert [row.split("|")[3] for row in found] == ["Shirt", "Shirt", "Shirt"]
    assert told == []


@SIZES
def test_leave_out(size):
    step = LeaveOut(code="image", message="An image.", blank=("sku",), filled=("src", "alt"))
    rule = LeaveOut(code="rule", message="A rule.", holds={"type": ("Rule", "note")})
    text = "sku,src,alt,type\nA,x,,\n,y,,\n,,z,\n,,,p\nB,,,RULE\nC,,,note \n"
    found, told = transformed(text, step, rule, size=size)
    assert found == ["A|x||", "|||p"]
    assert sorted(told) == [(2, "image"), (3, "image"), (5, "rule"), (6, "rule")]


@SIZES
def test_one_view(size):
    text = "sku,view,cur\nA,,USD\nA,de,USD\nB,,USD\nA,fr,\nB,,EUR\nC,,\n"
    money = OneView(column="cur", code="currency_row", holds="the price in")
    found, told = transformed(text, OneView(column="View"), money, size=size)
    assert found == ["A||USD", "B||USD", "C||"]
    assert sorted(told) == [(2, "store_view_row"), (4, "store_view_row"), (5, "currency_row")]


@SIZES
def test_skus_are_made_where_there_are_none(size):
    options = ImportOptions(shop="none", sku_from="Handle + Size")
    found, _ = transformed("handle,sku,name,size\nh,,A,L\nh,X,B,M\nk,,C,\n", options=options, size=size)
    assert found == ["h|h-L|A|L", "h|X|B|M", "k|k|C|"]


def test_a_sku_column_is_added_if_there_is_none():
    found, _ = transformed("handle,name\nh,A\n", options=ImportOptions(shop="none", sku_from="handle"))
    assert found == ["h|A|h"]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(UsageError, match=r"'colour'.*not in the file.*\"sku\""):
        transformed("sku\nA\n", Trim(columns=("colour",)))
    with pytest.raises(UsageError, match="'colour'"):
        transformed("sku\nA\n", options=ImportOptions(sku_from="colour"))


cells = st.sampled_from(["", " ", "a", "b", "long text"])
TABLES = st.lists(st.tuples(cells, cells, cells), max_size=12)


@given(TABLES, st.integers(1, 5))
def test_where_batches_end_makes_no_difference(rows, size):
    text = "g,x,y\n" + "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    steps = (
        FillGroup(columns=("x",), group="g"),
        FillDown(columns=("y",), start="x"),
        LeaveOut(code="c", message="M.", blank=("y",)),
        OneView(column="g"),
    )
    found, told = transformed(text, *steps)
    again, told_again = transformed(text, *steps, size=size)
    assert (again, sorted(told_again)) == (found, sorted(told))


ALL = (
    Trim(columns=("a",)),
    Replace(columns=("a", "b*"), old="x"),
    Recode(columns=("a",), words={"2": "0"}),
    Move(column="a", into="b", starts=("[",)),
    Split(column="a", separator="/", into=("b", "c")),
    Join(into="a", columns=("b",), without=("-",)),
    Constant(into="a", value="b"),
    FillGroup(columns=("a",), group="b"),
    FillDown(columns=("a",), start="b"),
    FillParent(columns=("a",), parent="b", keys={"c": "id:"}),
    LeaveOut(code="c", message="M.", holds={"a": ("b",)}),
    OneView(column="a"),
    ByPlugin(name="acme", options={"a": "b"}),
)


@pytest.mark.parametrize("step", ALL, ids=lambda step: step.kind)
def test_they_are_written_as_data(step):
    options = ImportOptions(transforms=(step,))
    assert record(ImportOptions, plain(options)) == options


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "shout"}, "transforms.1.kind.*one of trim, "),
        ({}, "transforms.1.kind"),
        ({"kind": "trim"}, "transforms.1.columns.*missing"),
        ({"kind": "trim", "columns": "a"}, "transforms.1.columns.*a list"),
        ({"kind": "trim", "columns": [], "colour": 1}, "no key 'transforms.1.colour'"),
        ({"kind": "replace", "columns": ["a"], "old": ""}, "transforms.1' .* 'old', so that can't be empty"),
        (
            {"kind": "split", "column": "a", "separator": "", "into": ["b"]},
            "'separator', so that can't be empty",
        ),
    ],
)
def test_flaws_are_named(values, message):
    with pytest.raises(InvalidRecord, match=message):
        record(ImportOptions, {"transforms": [values]})


def test_all_kinds_are_tested():
    assert {type(step) for step in ALL} == set(Transform.__args__)
