"""Encodings are those that people's files have."""

import pytest

from product_importer.delimited.encodings.deciding import CANDIDATES
from product_importer.delimited.encodings.names import KNOWN, known_encoding
from product_importer.errors import UsageError


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("latin1", "iso8859-1"),
        ("UTF8", "utf-8"),
        ("windows-1250", "cp1250"),
        ("Shift_JIS", "shift_jis"),
        ("macintosh", "mac-roman"),
    ],
)
def test_usual_names(name, known):
    assert known_encoding(name) == known


@pytest.mark.parametrize(
    "name",
    [
        *(
            "punycode",
            "utf-7",
            "unicode_escape",
            "raw_unicode_escape",
            "idna",
            "undefined",
            "base64",
            "rot13",
        ),
        *("cp037", "cp500", "cp1140", "mbcs", "zlib", "", "nope", "utf\0", "ü", "\ud800", "x" * 10_000),
    ],
)
def test_other_codecs_are_refused_by_name(name):
    with pytest.raises(UsageError, match="no text encoding") as refused:
        known_encoding(name)
    assert refused.value.code == "unknown_encoding"
    assert len(str(refused.value)) < 300


def test_every_candidate_can_be_named():
    assert KNOWN.issuperset(CANDIDATES)


def test_known_names_are_those_that_python_uses():
    for name in KNOWN:
        assert known_encoding(name) == name
