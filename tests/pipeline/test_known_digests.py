"""A set of digests finds those that were put into it, and no others."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.digest import DIGEST
from product_importer.pipeline.known_digests import KnownDigests

digest = st.binary(min_size=16, max_size=16)
related = digest | st.builds(
    lambda start, end: start * 8 + end * 8, *[st.sampled_from([b"\0", b"a", b"\xff"])] * 2
)
"""Some begin or end alike."""


def merged(*pieces):
    digests = KnownDigests()
    for piece in pieces:
        digests.add(pa.array(piece, DIGEST))
    digests.sort()
    return digests


@given(st.lists(st.lists(related, max_size=20), max_size=3), st.lists(digest, max_size=20))
def test_what_was_added_is_found(pieces, others):
    added = {each for piece in pieces for each in piece}
    halves = {each[:8] for each in added}, {each[8:] for each in added}
    others = [each for each in others if each[:8] not in halves[0] or each[8:] not in halves[1]]

    found = merged(*pieces).contains(pa.array([*added, *others], DIGEST))

    assert found.tolist() == [True] * len(added) + [False] * len(others)


@pytest.mark.parametrize("unlike", [b"a" * 8 + b"z" * 8, b"z" * 8 + b"a" * 8], ids=["start", "end"])
def test_half_a_digest_is_not_enough(unlike):
    assert merged([b"a" * 16]).contains(pa.array([unlike, b"a" * 16], DIGEST)).tolist() == [False, True]


def test_a_part_of_an_array_is_asked_for_as_a_whole_one_is():
    asked = pa.array([b"a" * 16, b"b" * 16, b"c" * 16], DIGEST)
    assert merged(asked.slice(1, 1).to_pylist()).contains(asked.slice(1)).tolist() == [True, False]
    assert merged().contains(asked).tolist() == [False] * 3
    assert merged(asked.to_pylist()).contains(asked.slice(3)).tolist() == []
