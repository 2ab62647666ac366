"""PapaParse's own cases: the same records, except where this table says why not.

Cases about what we don't offer (comments, other quotes, types, previews …) are judged by csv.reader's records
in test_csv_records.py, as all files are.
"""

import json

import pytest
from csv_oracle import DATA
from test_csv_records import read

from product_importer.delimited.dialect import detect
from product_importer.model import ParseOptions

CASES = DATA / "parser" / "papaparse" / "cases"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")

COMPARABLE = {"delimiter", "newline", "fastMode", "header"}

STRAY_QUOTE = (
    "after a closing quote we go on with an ordinary cell, as csv.reader does; PapaParse goes on quoted"
)
SPACE_AFTER_QUOTE = (
    "whitespace after a closing quote belongs to the cell, as for csv.reader; PapaParse drops it"
)
BLANK_LINE = "a blank line is a record without cells; PapaParse gives it one empty cell"
LAST_LINE_END = "a line end at the end of the file begins no record"
CR_ENDS_RECORDS = "LF, CRLF and CR all end records, also mixed; PapaParse goes by the first one"
REPEATED_NAMES = "repeated column names are refused, later; PapaParse renames them"
OPEN_QUOTE = "a quote that is never closed refuses the file; PapaParse only warns"
ONE_CHARACTER = "delimiters are single characters other than line ends"

DIFFERENCES = {
    "core-020": OPEN_QUOTE,
    "core-021": STRAY_QUOTE,
    "core-022": STRAY_QUOTE,
    "core-023": STRAY_QUOTE,
    "core-024": STRAY_QUOTE,
    "parse-006": SPACE_AFTER_QUOTE,
    "parse-007": SPACE_AFTER_QUOTE,
    "parse-008": SPACE_AFTER_QUOTE,
    "parse-091": SPACE_AFTER_QUOTE,
    "parse-092": SPACE_AFTER_QUOTE,
    "core-055": BLANK_LINE,
    "parse-043": BLANK_LINE,
    "parse-044": BLANK_LINE,
    "parse-045": BLANK_LINE,
    "parse-060": BLANK_LINE,
    "core-059": LAST_LINE_END,
    "parse-010": CR_ENDS_RECORDS,
    "core-060": REPEATED_NAMES,
    "core-062": REPEATED_NAMES,
    "core-063": REPEATED_NAMES,
    "parse-025": ONE_CHARACTER,
    "parse-026": ONE_CHARACTER,
    "parse-027": ONE_CHARACTER,
    "parse-028": ONE_CHARACTER,
}


def comparable_cases() -> list[dict]:
    if not CASES.is_dir():
        return []
    cases = json.loads((CASES / "expected.json").read_text())
    return [
        case
        for case in cases
        if case["config"].keys() <= COMPARABLE and (CASES / f"{case['id']}.csv").exists()
    ]


@pytest.mark.parametrize("case", comparable_cases(), ids=lambda case: case["id"])
def test_papaparse(case):
    path = CASES / f"{case['id']}.csv"
    delimiter = case["config"].get("delimiter") or detect(path, ParseOptions()).delimiter
    if DIFFERENCES.get(case["id"]) == ONE_CHARACTER:
        assert len(delimiter) != 1 or delimiter == "\n"
        return
    text = path.read_bytes().decode().removeprefix("\ufeff")
    records, refusal = read(text, delimiter)
    if DIFFERENCES.get(case["id"]) == OPEN_QUOTE:
        assert refusal == "unterminated_quote"
        assert case["expected"]["errors"][0]["code"] == "MissingQuotes"
        return
    theirs = case["expected"]["data"]
    if case["config"].get("header"):
        header, *records = records
        records = [as_papaparse_does(header, record) for record in records]
    assert not refusal
    assert (records != theirs) == (case["id"] in DIFFERENCES), (records, theirs)


def as_papaparse_does(header: list[str], record: list[str]) -> dict[str, object]:
    row: dict[str, object] = dict(zip(header, record, strict=False))
    if len(record) > len(header):
        row["__parsed_extra"] = record[len(header) :]
    return row


def test_the_table_names_no_case_that_is_not_compared():
    assert DIFFERENCES.keys() <= {case["id"] for case in comparable_cases()}
