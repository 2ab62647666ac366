"""Profiles go to TOML and JSON and come back equal; what can't be used is refused with the place."""

import json
from dataclasses import MISSING, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.errors import InvalidProfile
from product_importer.model import Profile
from product_importer.support.profile_texts import (
    profile_object,
    profile_of_object,
    profile_of_toml,
    profile_toml,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.builds(Profile, map=st.dictionaries(TEXTS, TEXTS), encoding=TEXTS | st.none(), parser=TEXTS))
def test_a_profile_comes_back_from_toml_and_json_as_it_was(profile):
    assert profile_of_toml(profile_toml(profile)) == profile
    assert profile_of_object(json.loads(json.dumps(profile_object(profile)))) == profile


def test_the_written_form_is_explicit():
    written = profile_object(Profile())
    stated = [each.name for each in fields(Profile) if each.default not in (None, MISSING)]
    assert set(written) >= {"version", *stated}


def test_a_profile_by_hand_needs_its_version_and_what_differs_only():
    text = 'version = 1\ndecimal = "comma"\n[map]\n"Art.-Nr." = "sku"\n'
    assert profile_of_toml(text) == replace(Profile(), decimal="comma", map={"Art.-Nr.": "sku"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 1\ndecimal = 'dot'", "'decimal' has to be point or comma; it is 'dot'"),
        ("version = 1\n[map]\nNr = 3", "'map.Nr' has to be a text; it is '3'"),
        ("version = 1\ndelimeter = ';'", "There is no key 'delimeter'. Known: duplicates, missing"),
        ("version = 2", "version is 2, but this program knows version 1 only"),
        ("decimal = 'comma'", "The key 'version' has to be 1, as a number"),
        ("version = 1\ndry_run = true", "There is no key 'dry_run'"),
        ("version = ", "is no valid TOML: "),
        ("version = " + "1" * 5_000, "has a number of too many digits"),
        ("x = " + "[" * 5_000, "too many lists within lists"),
        (".".join("a" * 20_000) + " = 1", "is too long: it has 40,003 characters, and 16,000 is the maximum"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place(text, message):
    with pytest.raises(InvalidProfile) as caught:
        profile_of_toml(text, "The profile supplier.toml")
    assert str(caught.value).startswith("The profile supplier.toml ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "step",
    [
        'kind = "replace"\ncolumns = ["a"]\nold = ""',
        'kind = "split"\ncolumn = "a"\nseparator = ""\ninto = ["b"]',
    ],
)
def test_a_step_that_looks_for_nothing_is_refused(step):
    with pytest.raises(InvalidProfile, match="'transforms.1' has a value .* can't be empty"):
        profile_of_toml(f"version = 1\n[[transforms]]\n{step}\n")


def test_json_that_is_no_object_is_refused():
    with pytest.raises(InvalidProfile, match="It has to be a table of keys with values"):
        profile_of_object([])
