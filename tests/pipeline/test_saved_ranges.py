"""Which parts of a batch are still to be saved."""

import pytest

from product_importer.pipeline.saved_ranges import gaps_in


@pytest.mark.parametrize(
    ("saved", "gaps"),
    [
        ([], [(10, 19)]),
        ([(1, 9), (20, 30)], [(10, 19)]),
        ([(1, 10)], [(11, 19)]),
        ([(1, 18)], [(19, 19)]),
        ([(19, 25)], [(10, 18)]),
        ([(11, 25)], [(10, 10)]),
        ([(10, 19)], []),
        ([(1, 30)], []),
        ([(10, 14), (15, 19)], []),
        ([(10, 12), (14, 14), (18, 19)], [(13, 13), (15, 17)]),
    ],
)
def test_gaps_are_what_no_range_covers(saved, gaps):
    assert list(gaps_in((10, 19), saved)) == gaps
