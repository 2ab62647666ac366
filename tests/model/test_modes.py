"""The modes, and the words for them."""

import pytest

from product_importer.model import LEFT_OUT, MODES, TOUCHABLE, split_names
from product_importer.model.modes import COMMANDS
from product_importer.pipeline.warning_codes import WarningCode


def test_rows_that_are_left_out_have_codes_of_warnings():
    assert set(LEFT_OUT) == {WarningCode.UNKNOWN_SKU, WarningCode.KNOWN_SKU}


def test_the_commands_are_the_modes_and_one_for_rows_that_are_left_out():
    assert (*MODES, "ignore") == COMMANDS


@pytest.mark.parametrize(
    ("text", "names"), [("price, Active", ("price", "active")), (" ,", ()), (None, ()), ("", ())]
)
def test_names_of_fields_are_split(text, names):
    assert split_names(text) == names
    assert set(names) <= set(TOUCHABLE)
