"""What the cells of a whole column show about how they are written."""

import pytest
from batches import raw_batch
from hypothesis import given
from hypothesis import strategies as st

from product_importer.model import ImportOptions
from product_importer.pipeline.assumptions import Assumptions
from product_importer.pipeline.convert import convert
from product_importer.pipeline.evidence import Evidence
from product_importer.pipeline.ruled_columns import ruled_mapping

MANY = ["7"] * 20


def read(cells, column="price", **given):
    """Reads a column as an import does: the column's values, the findings, the evidence."""
    header, options = ("sku", "name", column), ImportOptions(**given)
    raw = raw_batch(header, [[f"p{n}", "P", cell] for n, cell in enumerate(cells)])
    assumed = Assumptions()
    for step in ("at_once", "after_all"):
        while True:
            mapping = ruled_mapping(header, options, assumed)
            evidence = Evidence(assumed, mapping)
            found = convert(raw, mapping, assumed)
            evidence.add(found.signs)
            if (better := getattr(evidence, step)()) is None:
                break
            assumed = better
    return found.batch.column(column).to_pylist(), found.findings, evidence


@pytest.mark.parametrize(
    ("cells", "column", "likely", "shown", "line"),
    [
        (
            ["1.299", *MANY, "3.500"],
            "price",
            "comma",
            ("1.299 is read as 1299", "3.500 is read as 3500"),
            2,
        ),
        ([*MANY, "1,299"], "price", "point", ("1,299 is read as 1299",), 22),
        (["1.200 €"], "price", "comma", ("1.200 is read as 1200",), 2),
        (["1.200", "12.000"], "stock", "comma", ("1.200 is read as 1200", "12.000 is read as 12000"), 2),
    ],
)
def test_the_question_shows_cells_of_the_file_in_each_reading(cells, column, likely, shown, line):
    (question,) = read(cells, column)[2].questions()
    assert (question.option, question.column, question.line) == ("decimal", column, line)
    assert (question.answers[0].value, question.answers[0].shown) == (likely, shown)
    assert {answer.value for answer in question.answers} == {"point", "comma"}
    assert read(cells, column, decimal=likely)[2].questions() == ()


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (["4.50", *MANY], None),
        (["4,50", *MANY], "comma"),
        (["1,299.50", *MANY], "point"),
        (["4,50 €", "NULL"], "comma; EUR; blank: NULL"),
        (["1.299", "12.50"], "point"),
        (["1.299", "12.50", "3,50"], None),
        (MANY, None),
    ],
)
def test_what_is_out_of_the_ordinary_is_said_as_a_rule(cells, rule):
    assert read(cells)[2].rules() == ({} if rule is None else {"price": rule})


@pytest.mark.parametrize(("cells", "said"), [(["1.299", "12.50"], "1.299"), (["1,299", "12,50"], "1,299")])
def test_three_decimals_are_warned_of(cells, said):
    (warning,) = read(cells)[2].warnings()
    assert (warning.code, said in warning.message) == ("price_three_decimals", True)
    assert read(["1.299", "12,50"])[2].warnings() == ()


def test_thousands_of_a_stock_are_not_made_a_few_without_a_word():
    values, _, evidence = read(["1.000", "5", "12.0"], "stock")
    (warning,) = evidence.warnings()
    assert (values[0], warning.code, warning.column) == (1, "stock_three_decimals", "stock")
    assert read(["1,000", "5", "12.0"], "stock")[2].warnings() == ()


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        (["899", "49.90"], True),
        (["899", "49.90", "49.95"], True),
        (["899", *["49.90"] * 3], False),
        (["49.90"], False),
    ],
)
def test_a_few_cells_do_not_decide_for_many_that_may_be_thousands(more, asked):
    cells = [f"{1 + n % 9}.{100 + n}" for n in range(20)] + more
    evidence = read(cells)[2]
    assert [question.code for question in evidence.questions()] == ["decimal_sign"] * asked
    assert len(evidence.warnings()) == 1 - asked
    assert read(cells, decimal="comma")[0][0] == 1100


NOTATIONS = {
    "point": ("", "."), "comma": ("", ","), "english": (",", "."), "german": (".", ","), "swiss": ("'", "."),
    "french": ("\u202f", ","), "spaces": (" ", "."),
}  # fmt: skip


@given(
    st.lists(st.decimals(0, 2_000_000, places=2) | st.decimals(0, 9999, places=3), min_size=1, max_size=6),
    st.sampled_from(sorted(NOTATIONS)),
    st.sampled_from(["{}", "{} €", "EUR {}", "${}"]),
    st.booleans(),
)
def test_a_column_in_any_notation_is_read_right_or_asked_about(values, notation, currency, trim):
    thousands, sign = NOTATIONS[notation]
    texts = [f"{value:,}" for value in values]
    if trim:
        texts = [text.rstrip("0").rstrip(".") if "." in text else text for text in texts]
    swap = {",": thousands, ".": sign}
    cells = [currency.format("".join(swap.get(each, each) for each in text)) for text in texts]
    prices, findings, evidence = read(cells)
    if not evidence.questions():
        assert (prices, findings) == (values, [])
