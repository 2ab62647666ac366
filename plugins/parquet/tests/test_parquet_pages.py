"""The sizes of unpacked pages are known before a page is unpacked."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from product_importer.errors import FileError
from product_importer.model import ParseOptions
from product_importer.ports import InputFile
from product_importer_parquet import ParquetParser, pages

TABLE = pa.table(
    {
        "sku": [f"A{number}" for number in range(3_000)],
        "name": [f"{number} " + "x" * 1_000 for number in range(3_000)],
        "tags": [["a", None], []] * 1_500,
        "size": [{"width": 1.5, "unit": "cm"}, None] * 1_500,
        "empty": pa.nulls(3_000, pa.string()),
    }
)


def read(path):
    file = InputFile(path, path.name, path.stat().st_size)
    with ParquetParser().open(file, ParseOptions()) as table:
        return pa.Table.from_batches([batch.cells for batch in table])


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"compression": "none", "row_group_size": 700},
        {"compression": "zstd", "data_page_version": "2.0", "data_page_size": 1_000},
        {"compression": "gzip", "use_dictionary": False, "write_page_index": True},
        {"write_page_checksum": True, "write_batch_size": 10},
    ],
    ids=lambda written: " ".join(map(str, written.values())),
)
def test_pages_of_all_kinds_are_read(tmp_path, written):
    pq.write_table(TABLE, tmp_path / "a.parquet", **written)
    assert read(tmp_path / "a.parquet").equals(TABLE)


def test_a_page_that_unpacks_to_too_much_is_refused_before(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 1 << 20)
    path = tmp_path / "a.parquet"
    table = pa.table({"sku": ["A"], "name": ["x" * (2 << 20)]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    assert path.stat().st_size < 10_000

    with pytest.raises(FileError) as refused:
        read(path)
    assert refused.value.code == "page_too_large"
    assert str(refused.value).startswith("A page of the column “name” takes 2 MB once it is unpacked; 1 MB")


def test_a_size_that_the_footer_hides_is_seen(tmp_path):
    """The library would ask for 1.9 GB of memory."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"sku": ["A"]}), path, compression="zstd", use_dictionary=False)
    content = path.read_bytes()
    place = pq.ParquetFile(path).metadata.row_group(0).column(0).data_page_offset
    header = content[place : place + 5]
    assert header[:4] == bytes([0x15, 0x00, 0x15, header[3]])
    assert header[3] < 0x80, "one byte, in which five have room if the next fields are given up"
    size = bytes([0xFE, 0xFF, 0xFF, 0xFF, 0x0E])
    path.write_bytes(content[: place + 3] + size + bytes([0x15, 0x02, 0x00]) + content[place + 11 :])

    with pytest.raises(FileError) as refused:
        read(path)
    assert refused.value.code == "page_too_large"


@pytest.mark.parametrize(
    "junk", [b"\xff" * 40, b"\x15\x00\x15\x01\x15\x01\x00", b"\x19" * 40, b"\x15" + b"\xff" * 39]
)
def test_a_damaged_header_is_named(tmp_path, junk):
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path)
    content = path.read_bytes()
    path.write_bytes(content[:4] + junk + content[4 + len(junk) :])

    with pytest.raises(FileError) as refused:
        read(path)
    assert (refused.value.code, "page at byte 4 is damaged" in str(refused.value)) == ("damaged_file", True)
