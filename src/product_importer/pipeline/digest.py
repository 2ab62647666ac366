"""Digests of rows: two rows of the same digest have the same content, and are merged into a product alike."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_128_digest

from product_importer.fields import NAMES
from product_importer.ports import DIGEST_BYTES, Terms

DIGEST: Final = pa.binary(DIGEST_BYTES)

_SEPARATOR: Final = "\0"
"""Stands in no cell, and no cell is empty (those are null), so no two rows are spelled alike."""

_FIRST: Final = NAMES[:6]
"""The fields that are part of every digest. The others came later: they are part of the digests of rows that
have them, so that the stored digests of all other rows stay what they are.
"""

_LATER: Final = NAMES[6:]


def digests(rows: pa.RecordBatch, terms: Terms) -> pa.FixedSizeBinaryArray:
    """One of 128 bits for each row (the columns of :class:`~product_importer.ports.Validator`'s batch).

    ``terms`` are part of it where they say what a blank cell does, and by their ``place``. The odds that two
    different rows meet are those of 128 random bits; a product whose digest was met by chance would stay as
    it is.
    """
    texts = [rows.column(name).cast(pa.string()) for name in _FIRST]
    later = [
        _labelled(name, rows.column(name)) for name in _LATER if rows.column(name).null_count < len(rows)
    ]
    spelled = pc.binary_join_element_wise(
        _blanks(terms), *texts, _SEPARATOR, null_handling="replace", null_replacement=""
    )
    if later:
        spelled = pc.binary_join_element_wise(
            spelled, *later, "", null_handling="replace", null_replacement=""
        )
    ends = np.frombuffer(spelled.buffers()[1], np.int32, len(spelled) + 1).tolist()
    text = spelled.buffers()[2].to_pybytes()  # of which slices are made sooner than of a view
    found = b"".join([xxh3_128_digest(text[start:end]) for start, end in pairwise(ends)])
    return pa.FixedSizeBinaryArray.from_buffers(DIGEST, len(spelled), [None, pa.py_buffer(found)])


def _labelled(name: str, values: pa.Array) -> pa.StringArray:
    """The field's name and value; null where the row has none."""
    return pc.binary_join_element_wise(_SEPARATOR + name, values.cast(pa.string()), _SEPARATOR)


def _blanks(terms: Terms) -> str:
    """What a blank cell does, as text, and where the products lie if that isn't where they were made."""
    clears = ("description" in terms.clear, "price" in terms.clear, terms.clear_attributes)
    later = [name for name in _LATER if name in terms.clear]
    return repr(clears) + (repr(later) if later else "") + terms.place
