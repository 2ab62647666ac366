"""A profile is what the options say about the file and the merge."""

from dataclasses import fields

from product_importer.model import ImportOptions, Profile, options_with, profile_of

OF_ONE_IMPORT = {
    *("on_error", "max_errors", "on_warning", "dry_run", "limits", "questions", "confirm_missing"),
    "profile_name",
}
"""Options that say nothing about how a file is read and merged. Each other option belongs to the profile."""


def test_each_option_belongs_to_the_profile_or_to_one_import_only():
    options, profile = ({each.name for each in fields(kind)} for kind in (ImportOptions, Profile))
    assert options - profile == OF_ONE_IMPORT


def test_what_is_given_by_hand_wins_even_where_it_is_the_default():
    profile = Profile(duplicates="first", decimal="comma", map={"Preis": "price", "Nr": "ignore"})
    options = options_with(profile, {"duplicates": "last", "dry_run": True, "map": {"Nr": "sku"}})

    assert options == ImportOptions(
        duplicates="last", decimal="comma", dry_run=True, map={"Preis": "price", "Nr": "sku"}
    )
    assert profile_of(options).decimal == "comma"


def test_options_without_anything_given_are_those_of_the_profile():
    profile = Profile(encoding="cp1252", delimiter=";", blank="clear")
    assert profile_of(options_with(profile, {})) == profile
