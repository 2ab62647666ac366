"""A file whose header isn't split is refused with the delimiter that it seems to have."""

import pytest

from product_importer import ImportOptions
from product_importer.errors import FileError, QuestionsOpen
from product_importer.model import Dialect
from product_importer.pipeline.header_hints import explained

MISSING = FileError("The file has no sku column.", code="missing_column", line=1)


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ('"sku,name,price"\n"A1,Tea,4.50"\n', "delimiter_unclear", 1, "one quoted cell"),
        ("sku     name     price\nA1      Tea      4.50\n", "delimiter_unclear", 1, "aligned by spaces"),
        ("a,b\n1,2\n", "missing_column", 1, "no sku column"),
        ("", "missing_column", 1, "no sku column"),
        ("colour~size\nred~L\n", "missing_column", 1, "no sku column"),
        ("sku\nA\n", "missing_column", 1, "no sku column"),
    ],
)
def test_hints(text, code, line, said):
    error = explained(MISSING, text.encode(), Dialect(), ImportOptions())
    assert (error.code, error.line) == (code, line)
    assert said in str(error)


@pytest.mark.parametrize(
    ("text", "delimiter"), [("sku~name~price\nA1~Tea~4.50\n", "~"), ("SKU\x1fTitle\nA\x1fB\n", "\x1f")]
)
def test_an_unusual_delimiter_is_asked_for(text, delimiter):
    asked = explained(MISSING, text.encode(), Dialect(), ImportOptions())
    assert isinstance(asked, QuestionsOpen)
    (question,) = asked.questions
    assert (question.code, question.option, question.line) == ("delimiter_unclear", "delimiter", 1)
    assert [answer.value for answer in question.answers] == [delimiter, ","]
    assert question.words.isprintable()
    assert explained(MISSING, text.encode(), Dialect(), ImportOptions(delimiter=",")) is MISSING


def test_other_errors_stay_as_they_are():
    other = FileError("No.", code="header_too_long")
    assert explained(other, b"sku~name\n", Dialect(), ImportOptions()) is other


async def test_an_import_asks_it(shop):
    importer = await shop.importer()

    report = await importer.run(shop.file(b"sku~name~price\nA1~Tea~4.50\n"), ImportOptions())
    assert [question.code for question in report.state.questions] == ["delimiter_unclear"]
    named = ImportOptions(delimiter="~")
    assert (await importer.run(shop.file(b"sku~name~price\nA1~Tea~4.50\n"), named)).created == 1


async def test_a_late_accent_is_read_and_the_encoding_said(shop):
    importer = await shop.importer()
    rows = "".join(f"A{row},Tisch aus Holz\n" for row in range(20_000))
    late = "B1,Löffel für Gäste\nB2,weiße Schüssel\n"
    path = shop.file(("sku,name\n" + rows + late).encode("cp1252"))
    report = await importer.run(path, ImportOptions())
    assert report.state.dialect is not None
    assert (report.created, report.state.dialect.encoding) == (20_002, "cp1252")


def test_a_file_with_a_sku_column_is_separated_as_it_was_read():
    missing = FileError("The file has no name column.", code="missing_column")
    assert (
        explained(missing, b"SKU *,Title (required),Price*\nA,Tea,4.50\n", Dialect(), ImportOptions())
        is missing
    )
