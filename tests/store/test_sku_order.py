"""Pages of keys in their order, found without sorting all of them."""

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from product_importer.store.sku_order import page_by_key

KEYS = st.lists(st.text(st.sampled_from("ab\0é😀-"), max_size=12), max_size=40)


@given(st.text(max_size=3), KEYS, st.integers(0, 45), st.integers(1, 12))
@example("", [], 0, 1)
@example("", ["", ""], 0, 2)
@example("common to all ", ["b", "a", "", "a"], 1, 2)
@example("", ["a" * 30 + "b", "a" * 30 + "a", "z"], 0, 3)
def test_a_page_is_a_part_of_the_sorted_keys(beginning, ends, after, limit):
    keys = [beginning + end for end in ends]
    expected = sorted(range(len(keys)), key=lambda place: (keys[place].encode(), place))

    assert page_by_key(pa.array(keys, pa.string()), after, limit).tolist() == expected[after : after + limit]


def test_keys_may_be_a_part_of_a_longer_array():
    keys = pa.array(["x", "c", "b", "a", "y"]).slice(1, 3)
    assert page_by_key(keys, 0, 2).tolist() == [2, 1]
