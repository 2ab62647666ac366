"""Transforms of plugins: what they may do, and how a faulty one is named."""

import dataclasses

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from cut_batches import raw_batches

from product_importer import hookimpl
from product_importer.errors import PluginError, UsageError
from product_importer.model import ImportOptions
from product_importer.model.transforms import ByPlugin, Constant, Trim
from product_importer.pipeline.transforms.preparing import prepare
from product_importer.ports import LeftOut
from product_importer.testing import check_transform, plugin_set

HEADER = ("sku", "name")
ROWS = [("A", "tea"), ("-", "no product"), ("B", "cup")]


class Numbering:
    """Numbers the rows, and leaves out those whose first cell is the option ``mark``."""

    name = "numbering"

    def start(self, header, options):
        return Run(header, options["mark"])


class Run:
    def __init__(self, header, mark):
        self.header = (*header, "number")
        self.mark = mark
        self.seen = 0

    def apply(self, batch):
        kept = pc.not_equal(batch.cells.column(0), self.mark)
        left = [LeftOut(n, n, "No product.") for n in batch.records.filter(pc.invert(kept)).to_pylist()]
        cells = batch.cells.filter(kept)
        numbers = [str(self.seen + n) for n in range(cells.num_rows)]
        self.seen += len(numbers)
        cells = pa.RecordBatch.from_arrays(
            [*cells.columns, pa.array(numbers, pa.string())], names=self.header
        )
        return dataclasses.replace(
            batch,
            cells=cells,
            lines=batch.lines.filter(kept),
            records=batch.records.filter(kept),
            left_out=(*batch.left_out, *left),
        )


def plugins(transform):
    class Plugin:
        @hookimpl
        def product_importer_transforms(self):
            return [transform]

    return plugin_set(Plugin())


def prepared(transform, *steps):
    return prepare(HEADER, ImportOptions(transforms=steps, shop="none"), plugins(transform))


def test_it_changes_adds_and_leaves_out():
    step = ByPlugin(name="numbering", options={"mark": "-"})
    run = prepared(Numbering(), Constant(into="a", value="x"), step, Constant(into="b", value="y"))
    found = []
    for raw in raw_batches(HEADER, ROWS, 2):
        batch = run.apply(raw)[0]
        found += zip(*batch.cells.to_pydict().values(), strict=True)
        assert [row.record for row in batch.left_out] == ([2] if raw.first_record == 1 else [])
    assert run.header == ("sku", "name", "a", "number", "b")
    assert found == [("A", "tea", "x", "0", "y"), ("B", "cup", "x", "1", "y")]


def test_the_check_accepts_it():
    check_transform(Numbering(), HEADER, ROWS, {"mark": "-"})


def test_the_check_finds_what_depends_on_batches():
    class Forgetful(Numbering):
        def start(self, header, options):
            run = Run(header, "-")
            apply = run.apply

            def forgetting(batch):
                run.seen = 0
                return apply(batch)

            run.apply = forgetting
            return run

    with pytest.raises(AssertionError, match="batches of 1 rows"):
        check_transform(Forgetful(), HEADER, ROWS)


def test_a_transform_that_no_plugin_brings_is_named():
    with pytest.raises(UsageError, match="'shout'.*Known: numbering"):
        prepared(Numbering(), ByPlugin(name="shout"))


def faulty(change):
    class Faulty(Numbering):
        def start(self, header, options):
            run = Run(header, "-")
            apply = run.apply
            run.apply = lambda batch: change(apply(batch))
            return run

    return Faulty()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda batch: 1 / 0, "ZeroDivisionError"),
        (lambda batch: None, "gave a NoneType"),
        (lambda batch: dataclasses.replace(batch, left_out=()), "3 rows became 2, with 0 in left_out"),
        (lambda batch: dataclasses.replace(batch, cells=batch.cells.select([0, 1])), "the header"),
        (
            lambda batch: dataclasses.replace(
                batch,
                cells=batch.cells.set_column(1, "name", pa.nulls(batch.cells.num_rows, pa.string())),
            ),
            "without nulls",
        ),
    ],
)
def test_a_faulty_one_is_named(change, message):
    run = prepared(faulty(change), Trim(columns=("sku",)), ByPlugin(name="numbering"))
    with pytest.raises(PluginError, match=rf"'numbering'.*records 1–3.*{message}"):
        run.apply(next(raw_batches(HEADER, ROWS, 3)))


def test_columns_are_only_added_at_the_end():
    class Moving(Numbering):
        def start(self, header, options):
            run = Run(header, "-")
            run.header = ("number", *header)
            return run

    with pytest.raises(PluginError, match="only be added at the end"):
        prepared(Moving(), ByPlugin(name="numbering"))
