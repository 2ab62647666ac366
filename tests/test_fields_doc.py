"""docs/fields.md says what the code does."""

import re
from pathlib import Path

from product_importer.builtin import validators
from product_importer.cells.headers.languages import LANGUAGES
from product_importer.fields import FIELDS, PRODUCT
from product_importer.pipeline import cells, mapping_refusals, nameless, price_flaws
from product_importer.pipeline.active_words import (
    FALSE_WORDS,
    HIDDEN,
    LANGUAGES_FALSE,
    LANGUAGES_TRUE,
    MARKS_FALSE,
    MARKS_TRUE,
    SHOWN,
    SPREADSHEETS_FALSE,
    SPREADSHEETS_TRUE,
    TRUE_WORDS,
)
from product_importer.pipeline.warning_codes import WarningCode

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")


def row(first):
    """The second cell of the last table row that begins with ``first``, as a list."""
    return re.findall(rf"^\| {re.escape(first)} \| (.*?) \|", DOC, re.MULTILINE)[-1].split(", ")


def test_aliases():
    for field in (field for field in PRODUCT if field.aliases):
        documented = [name.lower() for name in row(f"`{field.name}`")]
        assert documented == list(field.aliases)


def test_names_in_other_languages():
    text = (ROOT / "docs" / "header-names.md").read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    assert list(sections) == [language.name for language in LANGUAGES]
    for language in LANGUAGES:
        assert f"Sources: {language.sources}." in sections[language.name]
        for field in FIELDS:
            (documented,) = re.findall(rf"^\| `{field}` \| (.*) \|$", sections[language.name], re.MULTILINE)
            names = [name.split("; ") for name in documented.split(" \\| ")]
            assert names == [re.split(r"; *", part.strip()) for part in language.names_of(field).split("|")]


def test_words():
    assert sorted(row("true")) == sorted(TRUE_WORDS)
    assert sorted(row("false")) == sorted(FALSE_WORDS)
    assert row("TRUE") == list(SPREADSHEETS_TRUE)
    assert row("FALSE") == [word for word in SPREADSHEETS_FALSE if word != "yanliş"]  # the same in capitals
    assert row("yes") == list(LANGUAGES_TRUE)
    assert row("no") == list(LANGUAGES_FALSE)
    assert row("shown") == list(SHOWN)
    assert row("hidden") == list(HIDDEN)
    assert re.findall(r"`(.*?)`", DOC[DOC.index("Marks are read as well: ") :])[:14] == [
        *MARKS_TRUE,
        *MARKS_FALSE,
    ]


def test_codes():
    documented = set(re.findall(r"^\| `([a-z]+_[a-z_]+)` \|", DOC, re.MULTILINE))
    sources = [
        Path(module.__file__) for module in (mapping_refusals, price_flaws, validators, cells, nameless)
    ]
    text = "".join(path.read_text(encoding="utf-8") for path in [*sources, sources[1].with_name("active.py")])
    used = set(
        re.findall(
            r'"((?:sku|name|price|active|missing|header|spreadsheet|scientific|invisible)_[a-z_]+)"', text
        )
    ) - {"sku_key", "sku_column", "name_column", "price_column"}
    used |= {WarningCode.MARK_REMOVED, WarningCode.INVISIBLE_REMOVED}
    assert documented == used


def test_limits():
    assert f"{mapping_refusals.MAX_ATTRIBUTE_NAMES:,} bytes" in DOC
    assert f"1 to {validators.MAX_SKU_CHARS} characters" in DOC
