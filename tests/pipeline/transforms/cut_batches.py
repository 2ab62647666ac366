"""Raw batches of a certain size, as a parser makes them."""

import pyarrow as pa

from product_importer.ports import RawBatch


def raw_batches(header, rows, size):
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        columns = [pa.array([row[place] for row in part], pa.string()) for place in range(len(header))]
        numbers = pa.array(range(start + 1, start + 1 + len(part)), pa.int64())
        cells = pa.RecordBatch.from_arrays(columns, names=list(header))
        yield RawBatch(cells, numbers, numbers, start + 1, start + len(part))
