"""Cells that look damaged are warned of, and no others."""

import pyarrow as pa
import pytest
from batches import raw_batch

from product_importer.model import ImportOptions
from product_importer.pipeline.convert import convert
from product_importer.pipeline.damage import damages
from product_importer.pipeline.decoded_twice import repaired
from product_importer.pipeline.mapping import resolve_mapping

HEADER = ["sku", "name", "price", "colour"]

TEXTS = [
    "Müsli", "Café moulu « Brésil »", "Thé à la menthe", "Pâté forestier", "GRÜSSE", "CAFÉ", "Don’t",
    "5 € – “neu”", "NESCAFÉ®", "BRAND®", "Приветствую", "Ελληνικά νέα", "カタカナ と 漢字",
    "Žluťoučký kůň", "Łódź gęślą",
    "20 °C", "½ Liter",
    "İstanbul ışığı", "Crème brûlée", "😀 Tea",
]  # fmt: skip


def decoded_twice(text, encoding):
    return text.encode().decode(encoding)


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_was_decoded_twice_is_repaired(text):
    assert repaired(decoded_twice(text, "latin-1")) == text


@pytest.mark.parametrize("text", TEXTS)
def test_text_as_it_should_be_is_let_alone(text):
    assert repaired(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("NESCAFÉ®", "NESCAFÉ™", "CAFÉ»", "voilà\u00a0»", "« Thé\u00a0»", "ça\u00a0: «\u00a0né\u00a0»"),
        *("MAÇÃ®", "MAÇÃ™"),
        *("pâ™", "10 Å°"),
        *("São João", "Ñandú", "Âge", "Ãrvore", "“â”", "Preço: À®", "Ø®", "Ð", "Ä°"),
    ],
)  # fmt: skip
def test_marks_after_accented_letters_are_no_damage(text):
    assert repaired(text) is None


def found(*rows, header=HEADER):
    raw = raw_batch(header, [list(row) for row in rows])
    mapping = resolve_mapping(header, ImportOptions())
    converted = convert(raw, mapping)
    return [
        (str(finding.code), finding.column or finding.field, place, finding.message)
        for finding in damages(raw, mapping, converted.batch.column("sku"))
        for place, concerned in enumerate(finding.rows.to_pylist())
        if concerned
    ]


def codes(*rows, **options):
    return [each[:3] for each in found(*rows, **options)]


def test_the_repair_is_offered_for_each_cell():
    rows = found(["A", "MÃ¼sli", "1", ""], ["B", "Tea", "1", "cafÃ©"], ["C", "Müsli", "1", "ŽluÅ¥"])

    assert [row[:3] for row in rows] == [("decoded_twice", "name", 0), ("decoded_twice", "colour", 1)]
    assert "'Müsli'" in rows[0][3]
    assert "'café'" in rows[1][3]


def test_a_slice_of_a_batch_is_looked_at_from_its_own_start():
    raw = raw_batch(
        HEADER, [["Ã¼", "x", "1", ""]] * 3 + [["A", "MÃ¼sli", "1", ""], ["B", "Tea", "1", "NULL"]]
    )
    raw = type(raw)(
        raw.cells.slice(3),
        raw.lines.slice(3),
        raw.records.slice(3),
        4,
        5,
        raw.malformed,
        raw.blank,
        raw.end_offset,
    )
    mapping = resolve_mapping(HEADER, ImportOptions())
    places = [
        (str(finding.code), finding.column, finding.rows.to_pylist())
        for finding in damages(raw, mapping, raw.cells.column("sku"))
    ]
    assert places == [("decoded_twice", "name", [True, False]), ("null_word", "colour", [False, True])]


@pytest.mark.parametrize("word", ["NULL", "null", r"\N", "nan", "NaN", "(null)", "<null>"])
def test_words_for_nothing(word):
    assert codes(["A", word, "1", word], ["B", "New", "1", "Nut"]) == [
        ("null_word", "name", 0),
        ("null_word", "colour", 0),
    ]


@pytest.mark.parametrize("word", ["None", "undefined"])
def test_words_that_an_attribute_may_well_have(word):
    assert codes(["A", word, "1", word]) == [("null_word", "name", 0)]


def test_letters_that_were_lost_before():
    assert codes(["A", "Gr�ner Tee", "1", ""], ["B", "！", "1", "x�"]) == [
        ("replacement_character", "name", 0),
        ("replacement_character", "colour", 1),
    ]


@pytest.mark.parametrize("sku", ["Total", "TOTAL:", "Summe", "gesamt", "Итого", "合计"])
def test_sums(sku):
    assert codes(["A1", "Tea", "1", ""], [sku, "2 products", "2", ""]) == [("total_row", "sku", 1)]
    assert codes([f"{sku} 1", "Tea", "2", ""]) == []


def test_a_second_line_of_names():
    goods = [["A1", "Tea", "1", ""], ["A2", "Cup", "2", "red"]]
    assert codes(["Article no.", "Article name", "", ""], *goods) == [("label_row", "sku", 0)]
    assert codes(["Article no.", "Article name", "1", ""], *goods) == []
    assert codes(["TEA", "Tea", "", ""], ["CUP", "Cup", "1", ""]) == []
    assert codes(["A0", "Free tea", "", ""], *goods) == []
    assert codes(["Tea", "Tea", "", ""], ["A1", "Tea", "", ""], ["A2", "Cup", "1", ""]) == []


def test_columns_that_are_left_out_are_not_looked_at():
    raw = raw_batch(HEADER, [["A", "Tea", "1", "NULL"]])
    mapping = resolve_mapping(HEADER, ImportOptions(extra="ignore"))
    assert list(damages(raw, mapping, pa.array(["A"]))) == []


@pytest.mark.parametrize(
    ("cell", "warned"),
    [("a\x1bb", True), ("a\x0e", True), ("\x0b", True), ("a\tb\r\nc\n", False), ("~é\x7f", False)],
)
def test_control_characters_are_warned_of(cell, warned):
    raw = raw_batch(HEADER, [["A1", "Tea", "1", "x"], ["A2", "Tea", "2", cell], ["A3", "Tea", "3", ""]])
    mapping = resolve_mapping(HEADER, ImportOptions())
    findings = [
        (found.code, found.column, found.rows.to_pylist())
        for found in damages(raw, mapping, convert(raw, mapping).batch.column("sku"))
    ]
    assert findings == ([("control_characters", "colour", [False, True, False])] if warned else [])
