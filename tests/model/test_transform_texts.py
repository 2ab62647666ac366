"""Steps as people write them: read, written again, and refused with what is wrong."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.model.transform_texts import text_of, transform_of
from product_importer.model.transforms import (
    Constant,
    FillDown,
    FillGroup,
    Join,
    LeaveOut,
    Move,
    Recode,
    Replace,
    Split,
    Trim,
)

WRITTEN = {
    "Name=trim": Trim(columns=("Name",)),
    "A=B=trim": Trim(columns=("A=B",)),
    "Price=replace: €": Replace(columns=("Price",), old="€"),
    'Price=replace: ",", .': Replace(columns=("Price",), old=",", new="."),
    'Name=replace: " 5"" ", a = b': Replace(columns=("Name",), old=' 5" ', new="a = b"),
    "Status=recode: 2, 0, 3, 1": Recode(columns=("Status",), words={"2": "0", "3": "1"}),
    "Size=split: x, Width, Height": Split(column="Size", separator="x", into=("Width", "Height")),
    'Name=join: " ", Brand, Model': Join(into="Name", columns=("Brand", "Model"), separator=" "),
    "Brand=constant: Acme": Constant(into="Brand", value="Acme"),
    "Title=fill_group: Handle": FillGroup(columns=("Title",), group="Handle"),
    "Category=fill_down: Category": FillDown(columns=("Category",), start="Category"),
    "SKU=move: Parent, P-": Move(column="SKU", into="Parent", starts=("P-",)),
}


@pytest.mark.parametrize(("text", "step"), WRITTEN.items())
def test_a_step_is_read_and_written(text, step):
    assert transform_of(text) == step
    assert text_of(step) == text


QUOTES = '""' * 50_000
TEXTS = st.text(min_size=1, max_size=8)


@given(TEXTS, TEXTS)
def test_any_texts_are_read_as_they_were_written(old, new):
    step = Replace(columns=("Price",), old=old, new=new)
    assert transform_of(text_of(step)) == step


def test_the_time_grows_with_the_length_of_the_text_only():
    """A request may have a megabyte of blanks."""
    begun = time.process_time()
    assert len(transform_of(f"Price=replace: x{' ' * 100_000}y").old) == 100_002
    assert transform_of(f'Price=replace: "{QUOTES}x').old == f'"{QUOTES}x'
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Price", "'Price' is not COLUMN=STEP, for example 'Price=replace: €, EUR'. The steps are trim, "),
        ("=trim", "is not COLUMN=STEP"),
        ("Price=round: 2", "is not COLUMN=STEP"),
        ("Price=trimmed", "is not COLUMN=STEP"),
        ("Price=replace", "needs one argument or 2. Write it like 'Price=replace: €, EUR'"),
        ('Price=replace: "", x', "looks for the text 'old', so that can't be empty"),
        ("Name=trim: x", "needs no argument"),
        ("Status=recode: 2", "needs at least 2 arguments"),
        ("Status=recode: 2, 0, 3", "Each word of a step 'recode' needs the text"),
        ("Brand=constant: a, b", "needs one argument"),
        ("Size=split: x, ", "names a column without a name"),
    ],
)
def test_what_is_no_step_is_refused(text, told):
    with pytest.raises(ValueError, match="step|STEP") as caught:
        transform_of(text)
    assert told in str(caught.value)


def test_steps_that_only_profiles_have_are_named_by_their_kind():
    assert text_of(LeaveOut(code="image_row", message="An image.")) == "leave_out"
    assert text_of(Join(into="A", columns=("B",), without=("x",))) == "join"
