"""Digests of rows: rows with the same digest have the same content and change a product in the same way."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_128_digest

from product_importer.fields import LATER, NAMES
from product_importer.pipeline.cell_notes import ABSENT
from product_importer.ports import DIGEST_BYTES, Terms

DIGEST: Final = pa.binary(DIGEST_BYTES)

_SEPARATOR: Final = "\0"
"""Occurs in no cell, and no cell is empty (those are null), so different rows have different spellings."""

_FIRST: Final = tuple(name for name in NAMES if name not in LATER)


def digests(rows: pa.RecordBatch, terms: Terms) -> pa.FixedSizeBinaryArray:
    """Returns a digest of 128 bits for each row (with columns as in a
    :class:`~product_importer.ports.Validator`'s batch).

    The digest covers what ``terms`` say about blank cells, and their ``place``. Two different rows have the
    same digest as rarely as two random numbers of 128 bits are equal; such a row would leave its product
    unchanged.
    """
    texts = [rows.column(name).cast(pa.string()) for name in _FIRST]
    names = (*LATER, *((ABSENT,) if ABSENT in rows.schema.names else ()))
    later = [_labelled(name, rows.column(name)) for name in names if rows.column(name).null_count < len(rows)]
    spelled = pc.binary_join_element_wise(
        _blanks(terms), *texts, _SEPARATOR, null_handling="replace", null_replacement=""
    )
    if later:
        spelled = pc.binary_join_element_wise(
            spelled, *later, "", null_handling="replace", null_replacement=""
        )
    ends = np.frombuffer(spelled.buffers()[1], np.int32, len(spelled) + 1).tolist()
    text = spelled.buffers()[2].to_pybytes()  # slices of bytes are faster than slices of a view
    found = b"".join([xxh3_128_digest(text[start:end]) for start, end in pairwise(ends)])
    return pa.FixedSizeBinaryArray.from_buffers(DIGEST, len(spelled), [None, pa.py_buffer(found)])


def _labelled(name: str, values: pa.Array) -> pa.StringArray:
    """The field's name and value; null where the row has no value."""
    return pc.binary_join_element_wise(_SEPARATOR + name, values.cast(pa.string()), _SEPARATOR)


def _blanks(terms: Terms) -> str:
    """The effect of a blank cell, as text, and the products' place, if that isn't where they were made."""
    clears = ("description" in terms.clear, "price" in terms.clear, terms.clear_attributes)
    later = [name for name in LATER if name in terms.clear]
    return repr(clears) + (repr(later) if later else "") + terms.place
