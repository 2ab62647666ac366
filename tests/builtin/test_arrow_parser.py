"""Arrow files: those that could take memory without a bound are refused, or read in small pieces."""

import io
import struct

import pyarrow as pa
import pytest

from product_importer.builtin.arrow_parser import ArrowParser
from product_importer.errors import FileError
from product_importer.model import ParseOptions
from product_importer.ports import InputFile

LONG = "x" * 1_000_000
SHARED = pa.DictionaryArray.from_arrays(pa.array([0, *[1] * 2_999]), ["short", LONG])
RUNS = pa.RunEndEncodedArray.from_arrays(pa.array([1, 3_000], pa.int32()), ["short", LONG])
VIEWS = pa.Array.from_buffers(
    pa.string_view(),
    3_000,
    [
        None,
        pa.py_buffer(struct.pack("<i4sii", len(LONG), b"xxxx", 0, 0) * 3_000),
        pa.py_buffer(LONG.encode()),
    ],
)
PLAIN = pa.table(
    {"sku": [f"A{n}" for n in range(100)], "colour": pa.array(["red", "blue"] * 50).dictionary_encode()}
)


def arrow(table, **options):
    target = io.BytesIO()
    with pa.ipc.new_file(target, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return target.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "a.arrow"
        path.write_bytes(content)
        with ArrowParser().open(InputFile.at(path), ParseOptions()) as table:
            return [batch.cells for batch in table]

    return read


@pytest.mark.parametrize("version", [pa.ipc.MetadataVersion.V4, pa.ipc.MetadataVersion.V5])
def test_a_file_without_compression_is_read(read, version):
    assert pa.Table.from_batches(read(arrow(PLAIN, metadata_version=version))).equals(PLAIN)


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("columns", [["sku"], ["sku", "colour"]])
def test_compressed_buffers_are_refused(read, compression, columns):
    with pytest.raises(FileError, match="without compression") as caught:
        read(arrow(PLAIN.select(columns), compression=compression))
    assert caught.value.code == "compressed_buffers"


@pytest.mark.parametrize("place", [*range(-6, -400, -7)])
def test_a_damaged_footer_is_no_crash(read, place):
    content = bytearray(arrow(PLAIN))
    content[place - 4 : place] = b"\xff\xff\xff\x7f"
    try:
        read(bytes(content))
    except FileError:
        return


@pytest.mark.parametrize(
    "column",
    [SHARED, pa.StructArray.from_arrays([SHARED], ["text"]), RUNS, VIEWS],
    ids=["dictionary", "nested", "runs", "views"],
)
def test_values_that_rows_share_come_in_small_batches(read, column):
    batches = read(arrow(pa.table({"text": column})))
    assert sum(batch.num_rows for batch in batches) == 3_000
    assert max(batch.num_rows for batch in batches) == 67  # 64 MB
