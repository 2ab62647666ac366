"""What a batch is built of."""

from product_importer.delimited.raw_batches import RawBatchBuilder
from product_importer.model import Limits


class Unsearchable(list[int]):
    """Places that come as a list: looking for one of them in it takes longer, the more there are."""

    def __contains__(self, place: object) -> bool:
        raise AssertionError(f"{place} is looked for from the list's start.")


def test_rows_are_not_looked_for_in_lists():
    builder = RawBatchBuilder(["a", "b", "c"], line=1, limits=Limits(), delimiter=",")
    records = [["1", "2", "3"], ["4", "5"], ["6", "7"], ["8", "9", "x"], ["y"]]
    batch = builder.build(records, 0, Unsearchable([1, 2, 4]), Unsearchable([3]), Unsearchable([1, 2]))
    assert [row.error.code for row in batch.malformed] == [
        "too_few_cells",
        "too_few_cells",
        "text_after_quote",
    ]
    assert batch.cells.to_pydict() == {"a": ["1", "y"], "b": ["2", ""], "c": ["3", ""]}
