"""The page about profiles names each key of a profile."""

import re
from pathlib import Path

from product_importer.model import PROFILE_FIELDS
from product_importer.support.profile_texts import profile_of_toml

PAGE = (Path(__file__).parents[1] / "docs" / "profiles.md").read_text(encoding="utf-8")


def test_each_key_is_documented_and_no_other():
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(rows))) == sorted(["version", *PROFILE_FIELDS])


def test_the_example_is_a_profile():
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert profile_of_toml(example).map == {"Art.-Nr.": "sku"}
