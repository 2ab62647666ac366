"""Rows are alike if their digests are."""

from itertools import combinations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from product_importer.pipeline.digest import DIGEST, digests
from product_importer.ports import Terms
from product_importer.testing import sample_batch

KEEP = Terms(frozenset(), None, dry_run=False)

cells = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)
rows = st.fixed_dictionaries(
    {
        "sku": cells,
        "name": cells,
        "description": cells,
        "price": st.none() | st.decimals(0, 20, places=4),
        "active": st.none() | st.booleans(),
        "attributes": cells,
        "barcode": cells,
        "stock": st.none() | st.integers(-9, 9),
    }
)


@given(st.lists(rows, min_size=1, max_size=20))
def test_rows_have_one_digest_exactly_if_they_are_equal(rows):
    found = digests(sample_batch(rows), KEEP)

    assert found.type == DIGEST
    for (one, digest), (other, its) in combinations(zip(rows, found.to_pylist(), strict=True), 2):
        assert (digest == its) is (one == other)


def test_where_a_row_stands_is_not_part_of_it():
    batch = sample_batch()
    assert digests(batch.slice(1, 2), KEEP).equals(digests(batch, KEEP).slice(1, 2))
    assert digests(batch.slice(0, 0), KEEP).equals(pa.array([], DIGEST))


def test_what_blank_cells_do_is_part_of_a_row():
    others = (
        Terms(frozenset({"description"}), None, dry_run=False),
        Terms(frozenset({"price"}), None, dry_run=False),
        Terms(frozenset(), ("colour",), dry_run=False),
        Terms(frozenset(), ("colour", "size"), dry_run=False),
    )
    found = [digests(sample_batch(), terms)[0].as_py() for terms in (KEEP, *others)]
    assert len(set(found)) == len(found)
    tried_or_not = digests(sample_batch(), Terms(frozenset(), None, dry_run=True))
    assert tried_or_not.equals(digests(sample_batch(), KEEP))


def test_digests_that_are_stored_stay_what_they_are():
    """Otherwise every product would count as changed once, after an upgrade."""
    clear = Terms(frozenset({"price", "description"}), ("origin",), dry_run=False, place="x")
    found = [digests(sample_batch(), terms)[0].as_py().hex() for terms in (KEEP, clear)]

    assert found == ["90590bc923ad7731d40c6ca0cfc040a6", "ad263e76780334ee49a87c3c760d4f03"]
