"""What was sent is held to its declaration, and every fault is told in a sentence."""

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import pytest
from msgspec import UNSET, Meta, UnsetType, field

from product_importer_web.api import decoding, reading
from product_importer_web.declarations import Body, Moment, Number, NumberOrText, Query, Refusal
from product_importer_web.problems import Problem


class Thing(Body, frozen=True, kw_only=True):
    refusal: ClassVar[Refusal] = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_thing", thing="field", named="The {name}"
    )

    name: str
    count: int = 0
    stars: Annotated[int, Meta(ge=1, le=5_000)] = 1
    rank: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0
    shown: bool | UnsetType = UNSET
    mode: Literal["slow", "fast", "other"] = "slow"
    weight: Number | None = None
    price: NumberOrText | None = None
    since: Moment | None = None
    tags: Annotated[list[str], Meta(extra={"rule": "have to be a list of texts"})] = field(
        default_factory=list
    )


class Page(Query, frozen=True):
    size: Annotated[int, Meta(ge=1, le=200)] = 20
    active: bool | None = None
    words: str = ""
    sort: Literal["up", "down"] = "up"


SENTENCES = {
    "name": "The name has to be a text.",
    "count": "The count has to be a whole number.",
    "stars": "The stars has to be a whole number from 1 to 5,000.",
    "rank": "The rank has to be a whole number from 0 on.",
    "shown": "The shown has to be true or false.",
    "mode": "The mode has to be slow, fast or other.",
    "weight": "The weight has to be a number, or null.",
    "price": "The price has to be a number, or null.",
    "since": "The since has to be a time such as 2026-03-02T09:30:00Z, or null.",
    "tags": "The tags have to be a list of texts.",
}


def refusal(call, *arguments):
    with pytest.raises(Problem) as refused:
        call(*arguments)
    return refused.value


def test_what_fits_is_made():
    sent = {"name": "A", "shown": False, "weight": Decimal("0.1"), "price": "1,5", "tags": ["x"]}
    thing = decoding.made(Thing, sent | {"since": "2026-03-02T09:30:00+01:00"})
    assert (thing.name, thing.shown, thing.stars, thing.tags) == ("A", False, 1, ["x"])
    assert (thing.weight.value, thing.price.value) == (Decimal("0.1"), "1,5")
    assert thing.since.isoformat() == "2026-03-02T09:30:00+01:00"
    assert decoding.made(Thing, {"name": "", "weight": 7}).weight.value == Decimal(7)
    assert decoding.made(Thing, {"name": ""}).shown is UNSET


def test_every_fault_is_named_in_the_order_in_which_it_was_sent():
    sent = {name: {} for name in SENTENCES} | {"colour": "red"}
    problem = refusal(decoding.made, Thing, sent)
    assert (problem.status, problem.code) == (422, "invalid_thing")
    *wrong, unknown = problem.members["errors"]
    assert {each["field"]: each["message"] for each in wrong} == SENTENCES
    assert {each["code"] for each in wrong} == {"wrong_type"}
    assert (unknown["field"], unknown["code"]) == ("colour", "unknown_field")
    assert unknown["message"] == f"There is no field 'colour'. Known: {', '.join(SENTENCES)}."
    assert problem.detail == " ".join(each["message"] for each in problem.members["errors"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("name", value) for value in (None, 1, ["a"])),
        *(("count", value) for value in (True, "1", Decimal("1.0"), None)),
        *(("stars", value) for value in (0, 5_001, -1)),
        *(("rank", value) for value in (-1, 1 << 63, 10**39)),
        *(("shown", value) for value in (0, "true", None)),
        *(("mode", value) for value in ("", "Slow", ["slow"], None)),
        *(("weight", value) for value in (True, "1", {})),
        *(("price", value) for value in (False, [])),
        *(("since", value) for value in ("yesterday", "2026-03-02T09:30:00", "0001-01-01T00:00:00+23:59", 5)),
        *(("tags", value) for value in ("x", [1], {"a": "b"})),
    ],
    ids=str,
)
def test_what_is_of_another_kind_is_refused(name, value):
    problem = refusal(decoding.made, Thing, {"name": "A", name: value})
    assert [(each["field"], each["message"]) for each in problem.members["errors"]] == [
        (name, SENTENCES[name])
    ]


def test_what_is_missing_is_named():
    problem = refusal(decoding.made, Thing, {"count": "x"})
    assert [(each["field"], each["code"]) for each in problem.members["errors"]] == [
        ("count", "wrong_type"),
        ("name", "name_missing"),
    ]
    assert problem.detail.endswith("The name is missing.")


def test_faults_without_end_are_not_listed_without_end():
    problem = refusal(decoding.made, Thing, {"name": "A", **{f"n{number}": 1 for number in range(5_000)}})
    assert len(problem.members["errors"]) == 100
    assert len(problem.detail) < 20_000


def test_texts_are_read_as_their_members_have_them():
    page = reading.of_texts(Page, [("size", "007"), ("active", "false"), ("words", "1"), ("sort", "")])
    assert page == Page(size=7, active=False, words="1", sort="up")
    assert reading.of_texts(Page, [("size", ""), ("active", "")]) == Page()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "The parameter 'size' is '0'; it has to be a whole number from 1 to 200."),
        ("+1", "The parameter 'size' is '+1'; it has to be a whole number from 1 to 200."),
        ("1_0", "The parameter 'size' is '1_0'; it has to be a whole number from 1 to 200."),
        ("٣", "The parameter 'size' is '٣'; it has to be a whole number from 1 to 200."),
        ("9" * 99, f"The parameter 'size' is '{'9' * 80}…'; it has to be a whole number from 1 to 200."),
    ],
)
def test_a_number_is_digits(text, message):
    assert refusal(reading.of_texts, Page, [("size", text)]).detail == message


def test_every_wrong_parameter_is_named():
    pairs = [("size", "x"), ("active", "yes"), ("sort", "in"), ("sort", "up"), ("colour", ""), ("words", "a")]
    problem = refusal(reading.of_texts, Page, pairs)
    assert (problem.status, problem.code) == (400, "usage")
    assert {(each["field"], each["code"], each["message"]) for each in problem.members["errors"]} == {
        ("size", "wrong_type", "The parameter 'size' is 'x'; it has to be a whole number from 1 to 200."),
        ("active", "wrong_type", "The parameter 'active' is 'yes'; it has to be true or false."),
        ("sort", "wrong_type", "The parameter 'sort' is 'in'; it has to be up or down."),
        ("sort", "given_twice", "The parameter 'sort' is given twice. Give it once."),
        (
            "colour",
            "unknown_field",
            "There is no parameter 'colour'. Known: size, active, words, sort.",
        ),
    }


def test_ids_are_ids():
    class Ids(Body, frozen=True):
        ids: Annotated[list[UUID], Meta(extra={"rule": "have to be a list of ids"})]

    one = "0b1f9d2e-5c1a-4f6e-9a57-3c2b1d0e4f5a"
    assert decoding.made(Ids, {"ids": [one]}).ids == [UUID(one)]
    assert refusal(decoding.made, Ids, {"ids": ["x"]}).detail == "ids have to be a list of ids."


class Shape(Body, frozen=True):
    side: float


class Odd(Body, frozen=True):
    """Members of types that a plugin may declare, without sentences of their own."""

    texts: list[str] = field(default_factory=list)
    sides: float = 1.0
    whole: Decimal = Decimal(1)
    shape: Shape | None = None
    noted: Annotated[str, Meta(extra={"unit": "cm"})] = ""
    big_one: int = field(default=0, name="bigOne")


@pytest.mark.parametrize("name", ["texts", "sides", "whole", "shape", "noted", "bigOne"])
def test_a_member_of_any_type_is_refused_in_words(name):
    with pytest.raises(Problem) as refusal:
        decoding.made(Odd, {name: {"x": "a"}})
    (fault,) = refusal.value.members["errors"]
    assert (fault["field"], fault["code"]) == (name, "wrong_type")
    assert fault["message"].startswith(f"{name} has to be ")


def test_members_that_do_not_fit_together_are_refused_in_words():
    class Range(Body, frozen=True):
        least: int
        most: int

        def __post_init__(self):
            if self.least > self.most:
                raise ValueError("least is above most")

    with pytest.raises(Problem) as refusal:
        decoding.made(Range, {"least": 2, "most": 1})
    assert refusal.value.members["errors"] == [
        {"field": None, "code": "wrong_type", "message": "least is above most."}
    ]
