"""Who wins among the rows of one SKU, however the file's batches fall."""

import numpy as np
import pyarrow as pa
import pytest

from product_importer.pipeline.dedupe import Candidates, RepeatedHashes, compete


def winners(batches, hash_of=len):
    """The winning lines; ``batches`` of rows (key, rank), on lines 1, 2, 3, …."""
    line = 1
    candidates = []
    for batch in batches:
        keys = [key for key, _ in batch]
        candidates.append(
            Candidates(
                hashes=np.array([hash_of(key) for key in keys], np.uint64),
                keys=pa.array(keys),
                lines=np.arange(line, line + len(batch)),
                ranks=pa.array([rank for _, rank in batch], pa.int64()),
            )
        )
        line += len(batch)
    competition = compete(RepeatedHashes([each.hashes for each in candidates]), lambda: candidates)
    won = []
    for each in candidates:
        won += each.lines[competition.judge(each).wins].tolist()
        slots, chosen = competition.slots_of(each.hashes, each.keys)
        assert np.array_equal(chosen == each.lines, competition.judge(each).wins)
        assert slots.max() < competition.slots
        assert len(set(zip(slots.tolist(), each.keys.to_pylist(), strict=True))) == len(set(slots.tolist()))
    return won


@pytest.mark.parametrize("batches", [[[("a", 7), ("a", 7)]], [[("a", 7)], [("a", 7)]]])
def test_among_equal_ranks_the_later_line_wins(batches):
    assert winners(batches) == [2]


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_highest_rank_wins_wherever_it_stands(split):
    rows = [("a", 1), ("a", 9), ("a", 3), ("a", 9), ("a", 2)]
    assert winners([rows[:split], rows[split:]]) == [4]


@pytest.mark.parametrize("split", [1, 2, 3])
def test_skus_that_share_a_hash_compete_apart(split):
    rows = [("a", 1), ("b", 9), ("a", 1), ("b", 2)]
    assert winners([rows[:split], rows[split:]]) == [2, 3]
