from pathlib import Path

import pyarrow as pa
import pytest

from product_importer import hookimpl
from product_importer.errors import FileError, ParserDeclined, PluginError
from product_importer.guards import findings_of, guard, opened, ranks_of
from product_importer.model import Dialect, ParseOptions, ReadAs
from product_importer.ports import Finding, InputFile, RawBatch
from product_importer.testing import plugin_set, sample_batch

FILE = InputFile(Path("products.csv"), "products.csv", 10)
UTF_8 = {"encoding": "utf-8", "delimiter": ","}


class Failing:
    """A plugin and all its objects in one; ``deed`` is what they do."""

    name = "odd"
    rejects = False
    dialect = Dialect()
    header = ("sku",)

    def __init__(self, deed):
        self.deed = deed

    def check(self, batch):
        return self.deed(batch)

    def rank(self, batch):
        return self.deed(batch)

    def open(self, _path, _options):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def __iter__(self):
        cells = pa.record_batch({"sku": ["A"]})
        ones = pa.array([1])
        yield RawBatch(cells, ones, ones, 1, 1, (), 0, 10)
        self.deed(cells)

    @hookimpl
    def product_importer_validators(self):
        return [self]

    @hookimpl
    def product_importer_dedupe_policies(self):
        return [self]

    @hookimpl
    def product_importer_parsers(self):
        return [self]


def divide(batch):
    return 1 / 0


def plugins_that(deed):
    plugin = Failing(deed)
    return plugin_set(plugin), plugin


def test_a_failing_validator_is_named_with_its_plugin_and_the_records():
    plugins, validator = plugins_that(divide)

    with pytest.raises(PluginError) as caught:
        findings_of(plugins, validator, sample_batch())

    assert str(caught.value) == (
        "The validator 'odd' (Failing, given in code) failed on records 1–5: "
        "ZeroDivisionError: division by zero"
    )
    assert caught.value.plugin == "Failing, given in code"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_validator_that_fails_while_its_findings_are_read_is_named_too():
    def lazily(batch):
        yield divide(batch)

    plugins, validator = plugins_that(lazily)

    with pytest.raises(PluginError, match="validator 'odd'"):
        findings_of(plugins, validator, sample_batch())


def test_nulls_in_a_finding_count_as_false():
    plugins, validator = plugins_that(
        lambda _: [Finding("price", "x", "X.", pa.array([True, None, False, None, None]))]
    )

    (finding,) = findings_of(plugins, validator, sample_batch())

    assert finding.rows.to_pylist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "TypeError: 'NoneType' object is not iterable"),
        (["wrong"], "TypeError: check() gave 'wrong', which is not a product_importer.ports.Finding."),
        (
            [Finding("sku", "x", "X.", pa.array([True]))],
            (
                "ValueError: The finding 'x' has bool × 1 as rows; "
                "give a boolean array of 5, one for each row of the batch."
            ),
        ),
        (
            [Finding("sku", "x", "X.", [True] * 5)],
            (
                "ValueError: The finding 'x' has list as rows; "
                "give a boolean array of 5, one for each row of the batch."
            ),
        ),
    ],
)
def test_findings_that_do_not_fit_are_blamed_on_the_validator(returned, message):
    plugins, validator = plugins_that(lambda _: returned)

    with pytest.raises(PluginError) as caught:
        findings_of(plugins, validator, sample_batch())

    assert str(caught.value).endswith(f"records 1–5: {message}")


@pytest.mark.parametrize(
    ("ranks", "message"),
    [
        (pa.array([1.0] * 5), "rank() gave double × 5; give an int64 array of 5"),
        (pa.array([1]), "rank() gave int64 × 1; give an int64 array of 5"),
        (
            pa.array([1, 2, 3, 4, None]),
            "rank() gave nulls, which reject rows, but the policy's rejects is false",
        ),
    ],
)
def test_ranks_that_do_not_fit_are_blamed_on_the_policy(ranks, message):
    plugins, policy = plugins_that(lambda _: ranks)

    with pytest.raises(PluginError) as caught:
        ranks_of(plugins, policy, sample_batch())

    assert str(caught.value).startswith(
        "The dedupe policy 'odd' (Failing, given in code) failed on records 1–5"
    )
    assert message in str(caught.value)


def test_ranks_that_fit_pass():
    plugins, policy = plugins_that(lambda batch: batch["line"])

    assert ranks_of(plugins, policy, sample_batch()).to_pylist() == [2, 3, 4, 5, 6]


def test_a_parser_that_fails_half_way_is_named_with_what_it_had_read():
    plugins, parser = plugins_that(divide)

    with opened(plugins, parser, FILE, ParseOptions()) as parsed:
        assert parsed.header == ("sku",)
        assert parsed.read_as == ReadAs("utf-8, cells separated by commas", UTF_8)
        with pytest.raises(PluginError, match=r"'odd' .* failed on the records after 1: ZeroDivisionError"):
            list(parsed)


@pytest.mark.parametrize("error", [FileError("It ends in the middle."), ParserDeclined("Not mine.")])
def test_what_parsers_say_on_purpose_passes(error):
    def speak(batch):
        raise error

    plugins, parser = plugins_that(speak)

    with (
        opened(plugins, parser, FILE, ParseOptions()) as parsed,
        pytest.raises(type(error)) as caught,
    ):
        list(parsed)

    assert caught.value is error


def test_the_callers_own_errors_are_not_blamed_on_the_parser():
    plugins, parser = plugins_that(lambda _: None)

    def read():
        with opened(plugins, parser, FILE, ParseOptions()) as parsed:
            for _ in parsed:
                raise LookupError

    with pytest.raises(LookupError):
        read()


def test_cancelling_passes():
    plugins, _ = plugins_that(divide)

    with pytest.raises(KeyboardInterrupt), guard(plugins, "validator", "odd"):
        raise KeyboardInterrupt
