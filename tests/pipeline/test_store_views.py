"""Rows that hold one store view's texts."""

import pyarrow as pa
import pytest

from product_importer.delimited.rejects_file import Origin
from product_importer.model import ImportOptions
from product_importer.pipeline.mapping import resolve_mapping
from product_importer.pipeline.store_views import store_view_rows

HEADER = ("sku", "Store_View_Code ", "name")


def found(views, header=HEADER, **options):
    cells = pa.RecordBatch.from_arrays(
        [pa.array(texts, pa.string()) for texts in (["A"] * len(views), views, ["Tea"] * len(views))],
        list(header),
    )
    return list(store_view_rows(cells, resolve_mapping(header, ImportOptions(**options)).store_views))


@pytest.mark.parametrize("options", [{}, {"extra": "ignore"}])
def test_each_view_is_named(options):
    german, french = found(["", "de", "fr", " ", "de"], **options)
    assert german.rows.to_pylist() == [False, True, False, False, True]
    assert french.rows.to_pylist() == [False, False, True, False, False]
    assert {german.code, french.code} == {"store_view_row"}
    assert "store view 'de'" in german.message
    assert german.column == HEADER[1]
    assert not german.warning


@pytest.mark.parametrize("target", ["attribute", "ignore", "description"])
def test_a_column_that_a_person_mapped_is_left_alone(target):
    assert found(["de"], map={"store_view_code": target}) == []


def test_very_many_views_lose_no_row():
    views = [f"view {number}" for number in range(1_000)]
    findings = found(views)
    assert len(findings) == 101
    assert sum(finding.rows.true_count for finding in findings) == len(views)


def test_the_column_is_found_by_its_whole_name_only():
    assert resolve_mapping(["sku", "name", "store", "_store"], ImportOptions()).store_views == (3,)


@pytest.mark.parametrize(("named", "places"), [({}, (1,)), ({"store_view_code": "attribute"}, ())])
def test_a_file_of_rejected_rows_is_read_as_its_import_was(named, places):
    header = ("sku", "store_view_code", "name")
    options = ImportOptions(map=named)
    origin = Origin(resolve_mapping(header, options).as_dict(), options)
    again = resolve_mapping(header, origin.read_like(header, ImportOptions()))
    assert again.store_views == places


def test_a_message_holds_no_more_of_the_header_than_is_needed():
    (finding,) = found(["de"], ("sku", "store_view_code" + " " * 20_000, "name"))
    assert len(finding.message) < 1_000
