import pyarrow.compute as pc
import pytest

from product_importer.builtin.dedupe import DEDUPE_POLICIES
from product_importer.testing import check_dedupe_policy, sample_batch

POLICIES = {policy.name: policy for policy in DEDUPE_POLICIES}


@pytest.mark.parametrize("name", ["last", "first", "error"])
def test_the_policies_keep_the_contract(name):
    check_dedupe_policy(POLICIES[name])


@pytest.mark.parametrize(("name", "winner"), [("last", "5.0001"), ("first", "4.5000")])
def test_last_and_first_pick_by_the_line_in_the_file(name, winner):
    batch = sample_batch()
    same = batch.filter(pc.equal(batch["sku_key"], "tea-1"))

    for rows in (same, same.take([1, 0])):
        best = pc.sort_indices(POLICIES[name].rank(rows), sort_keys=[("", "descending")])[0].as_py()
        assert str(rows["price"][best]) == winner


def test_error_rejects_every_row():
    assert POLICIES["error"].rejects
    assert POLICIES["error"].rank(sample_batch()).null_count == 5
    assert not POLICIES["last"].rejects
    assert not POLICIES["first"].rejects
