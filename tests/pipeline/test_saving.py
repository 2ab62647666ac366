"""Spooled batches become chunks: whole ones, and the rest of those that were saved in part."""

import contextlib

import pyarrow as pa
import pytest

from product_importer.model import ImportOptions
from product_importer.pipeline.dedupe import RepeatedHashes
from product_importer.pipeline.digest import digests
from product_importer.pipeline.keyhash import KeyHasher
from product_importer.pipeline.known_digests import KnownDigests
from product_importer.pipeline.mapping import guess_mapping
from product_importer.pipeline.rejects import Reject, reject_batch
from product_importer.pipeline.saving import ChunkMaker, Contents
from product_importer.pipeline.spool import Spool, SpooledBatch
from product_importer.pipeline.twins import TwinSearch
from product_importer.pipeline.warning_codes import WarningCode
from product_importer.pipeline.warning_log import WarningLog
from product_importer.ports import Terms
from product_importer.testing import plugin_set, sample_batch

TERMS = Terms(frozenset(), None, dry_run=False)
NOTHING_SAVED, NOTHING_MERGED = (), KnownDigests()
RECORDS = [
    [("D", "Tea"), ("A", "Tea"), None, ("B", ""), ("A", "Mate"), ("C", "Tea")],
    [("E", "Tea"), ("A", "Rum"), ("c", "Tea")],
]
"""Two batches: record 3 is blank, 4 is rejected; A is on the lines 3, 6 and 9, C on 7 and 10."""


def spooled(first, records):
    rows, rejects = [], []
    for number, record in enumerate(records, start=first):
        if record is None:
            continue
        sku, name = record
        if name:
            rows.append({"sku": sku, "name": name, "record": number, "line": number + 1})
        else:
            rejects.append(Reject(number, number + 1, record, (), sku.lower()))
    cells = pa.array([[row["sku"], row["name"]] for row in rows], pa.list_(pa.string()))
    last = first + len(records) - 1
    batch = sample_batch([{key: row[key] for key in ("sku", "name")} for row in rows])
    for column in ("line", "record"):
        place = batch.schema.get_field_index(column)
        batch = batch.set_column(place, column, pa.array([row[column] for row in rows], pa.int64()))
    return SpooledBatch(first, last, batch.append_column("cells", cells), reject_batch(rejects))


@contextlib.contextmanager
def maker_of(*batches, duplicates="last", terms=TERMS):
    plugins = plugin_set()
    hasher, first, hashes = KeyHasher(), 1, []
    with Spool() as spool:
        for records in batches:
            spool.append(spooled(first, records))
            first += len(records)
        hashes = [hasher(batch.rows.column("sku_key")) for batch in spool]
        mapping = guess_mapping(("sku", "name"), ImportOptions())
        contents = Contents(spool, RepeatedHashes(hashes), mapping, WarningLog(), TwinSearch(), "line")
        with ChunkMaker(contents, plugins, plugins.dedupe_policies[duplicates], terms) as maker:
            maker.resolve()
            yield maker


def summary(chunk):
    """Its records, the keys and rejected records in it, and what is only counted."""
    return (
        (chunk.first, chunk.last),
        chunk.rows.column("sku_key").to_pylist(),
        chunk.rejects.column("record").to_pylist(),
        (chunk.unchanged, chunk.duplicate, chunk.skipped),
    )


def test_a_batch_is_one_chunk_sorted_by_key():
    with maker_of(*RECORDS) as maker:
        (first,), (second,) = (maker.chunks(n, NOTHING_SAVED, NOTHING_MERGED) for n in (0, 1))
    assert summary(first) == ((1, 6), ["d"], [4], (0, 3, 1))
    assert summary(second) == ((7, 9), ["a", "c", "e"], [], (0, 0, 0))
    assert (first.read, second.read) == (6, 3)
    assert second.rows.column("name").to_pylist() == ["Rum", "Tea", "Tea"]


@pytest.mark.parametrize(
    ("saved", "chunks"),
    [
        ([(1, 6)], []),
        ([(1, 9)], []),
        ([(7, 9)], [((1, 6), ["d"], [4], (0, 3, 1))]),
        ([(1, 1)], [((2, 6), [], [4], (0, 3, 1))]),
        ([(2, 6)], [((1, 1), ["d"], [], (0, 0, 0))]),
        ([(4, 4)], [((1, 3), ["d"], [], (0, 1, 1)), ((5, 6), [], [], (0, 2, 0))]),
        ([(1, 2), (5, 20)], [((3, 4), [], [4], (0, 0, 1))]),
    ],
)
def test_of_a_batch_that_was_saved_in_part_the_rest_is_made(saved, chunks):
    with maker_of(*RECORDS) as maker:
        assert [summary(chunk) for chunk in maker.chunks(0, saved, NOTHING_MERGED)] == chunks


def test_rows_that_products_show_are_only_counted():
    with maker_of(*RECORDS) as maker:
        (chunk,) = maker.chunks(1, NOTHING_SAVED, NOTHING_MERGED)
        merged = KnownDigests()
        merged.add(chunk.rows.slice(0, 2).column("digest"))
        merged.sort()
        assert [summary(each) for each in maker.chunks(1, [(8, 8)], merged)] == [
            ((7, 7), ["e"], [], (0, 0, 0)),
            ((9, 9), [], [], (1, 0, 0)),
        ]
        assert summary(maker.chunks(1, NOTHING_SAVED, merged)[0]) == ((7, 9), ["e"], [], (2, 0, 0))


def test_duplicates_are_listed_with_the_line_of_the_row_that_counts():
    with maker_of(*RECORDS) as maker:
        maker.list_duplicates(warnings := WarningLog())
    assert warnings.counts == {WarningCode.DUPLICATE: 3}
    assert [(row.line, row.record, row.column, row.value) for row in warnings] == [
        (3, 2, "sku", "A"),
        (6, 5, "sku", "A"),
        (7, 6, "sku", "C"),
    ]
    assert [row.message.split(",")[0] for row in warnings] == [
        f"The row gives way to line {line}" for line in (9, 9, 10)
    ]


@pytest.mark.parametrize(
    ("kept", "lines", "judged"), [(2, [2, 3], 1), (3, [2, 3, 4], 1), (4, [2, 3, 4, 5], 2)]
)
def test_duplicates_that_are_not_listed_any_more_are_counted(monkeypatch, kept, lines, judged):
    monkeypatch.setattr("product_importer.pipeline.warning_log.KEPT_ROWS", kept)
    batches = [[("A", "Tea")] * 3, [("A", "Tea")] * 3, [("A", "Tea"), ("B", "Tea")]]
    with maker_of(*batches) as maker:
        maker.list_duplicates(warnings := WarningLog())
        asked = maker.answers
    assert (warnings.counts, [row.line for row in warnings]) == ({WarningCode.DUPLICATE: 6}, lines)
    assert asked == 3 + judged  # the policy is asked of each batch, and once more of those that are listed


def test_a_file_without_duplicates_asks_no_policy():
    with maker_of([("A", "Tea"), ("B", "Tea")]) as maker:
        maker.list_duplicates(warnings := WarningLog())
        assert (warnings.counts, maker.answers, maker.asking) == ({}, 0, False)
        assert maker.rejected() == 0


def test_a_policy_that_rejects_names_the_other_line():
    with maker_of(*RECORDS, duplicates="error") as maker:
        (first,), (second,) = (maker.chunks(n, NOTHING_SAVED, NOTHING_MERGED) for n in (0, 1))
        assert maker.rejected() == 6
        maker.list_duplicates(warnings := WarningLog())
        only = [maker.rejects_only(number, ()) for number in (0, 1)]
    assert summary(first) == ((1, 6), ["d"], [2, 4, 5, 6], (0, 0, 1))
    assert summary(second) == ((7, 9), ["e"], [8, 9], (0, 0, 0))
    errors = dict(
        zip(*(first.rejects.column(name).to_pylist() for name in ("record", "errors")), strict=True)
    )
    assert "also on line 9" in errors[2]
    assert "also on line 3" in errors[5]
    assert "also on line 10" in errors[6]
    assert first.rejects.column("cells").to_pylist()[2] == ["A", "Mate"]
    assert warnings.counts == {}
    assert [summary(each)[1:] for each in only] == [
        ([], [2, 4, 5, 6], (0, 0, 0)),
        ([], [8, 9], (0, 0, 0)),
    ]


def test_the_keys_of_a_batch_are_also_those_of_its_rejects():
    with maker_of(*RECORDS) as maker:
        assert maker.keys(0).to_pylist() == ["d", "a", "a", "c", "b"]
        assert maker.unknown() == {}


@pytest.mark.parametrize(
    ("batches", "expected"), [(0, []), (1, [1]), (4, [1, 2, 3, 4]), (5, [1, 3, 5]), (9, [1, 4, 7])]
)
def test_a_sample_is_of_at_most_four_batches_from_all_over_the_file(batches, expected):
    with maker_of(*([(f"S{n}", "Tea")] for n in range(1, batches + 1))) as maker:
        keys, found = maker.sample()
    assert keys == [f"s{n}" for n in expected]
    assert len(found) == len(keys)


def test_blank_cells_are_filled_from_rows_above():
    rows = sample_batch([{"sku": "A", "name": "Tea", "price": 3}, {"sku": "A", "name": "Tea"}])
    filled = sample_batch([{"sku": "A", "name": "Tea", "price": 3}])
    plugins = plugin_set()
    for terms, kept in ((TERMS, True), (Terms(frozenset({"price"}), None, dry_run=False), False)):
        with Spool() as spool:
            spool.append(SpooledBatch(1, 2, rows, reject_batch([])))
            repeated = RepeatedHashes([KeyHasher()(rows.column("sku_key"))])
            mapping = guess_mapping(("sku", "name", "price"), ImportOptions())
            contents = Contents(spool, repeated, mapping, WarningLog(), TwinSearch(), "line")
            with ChunkMaker(contents, plugins, plugins.dedupe_policies["last"], terms) as maker:
                maker.resolve()
                (chunk,) = maker.chunks(0, NOTHING_SAVED, NOTHING_MERGED)
        assert (chunk.rows.column("price").to_pylist() == filled.column("price").to_pylist()) is kept
        assert chunk.rows.column("digest").equals(digests(chunk.rows, terms))
