"""Global Trade Item Numbers (GTIN): the numbers in the barcodes of goods, also called EAN, UPC and JAN.

A GTIN has 8, 12, 13 or 14 digits. The last one is a check digit: with the digits before it multiplied by
3, 1, 3, 1 … from the right, it makes the sum a multiple of 10 (GS1 General Specifications, 7.9.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from product_importer.cells.leading import Leading

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]

LENGTHS: Final = (8, 12, 13, 14)

SHORT_LENGTHS: Final = (7, 11)
"""The lengths of GTINs that have lost a leading zero."""

_ZERO: Final = ord("0")
_NINE: Final = 9


def wrong_check_digits(barcodes: pa.StringArray) -> pa.BooleanArray | None:
    """True where the barcode has as many digits as a GTIN, but a wrong check digit; None if none has."""
    return _marked(barcodes, LENGTHS, fits=False)


def lost_zeros(barcodes: pa.StringArray) -> pa.BooleanArray | None:
    """True where the barcode would be a GTIN with a leading zero; None if none would."""
    return _marked(barcodes, SHORT_LENGTHS, fits=True)


def _marked(barcodes: pa.StringArray, lengths: tuple[int, ...], *, fits: bool) -> pa.BooleanArray | None:
    ends = Leading(barcodes)
    marked = np.zeros(len(barcodes), np.bool_)
    for length in lengths:
        places = np.flatnonzero(ends.lengths == length)
        if len(places):
            numbers, fitting = _checked(ends, length, places)
            marked[places[numbers & (fitting == fits)]] = True
    return pa.array(marked) if marked.any() else None


def _checked(ends: Leading, length: int, places: npt.NDArray[np.intp]) -> tuple[Flags, Flags]:
    """Tells which of the barcodes at these places, all of this length, have digits only, and a right check
    digit.

    Leading zeros change neither result.
    """
    digits = np.stack([ends.from_end(place)[places].astype(np.int16) for place in range(1, length + 1)])
    digits -= _ZERO
    numbers: Flags = np.all((digits >= 0) & (digits <= _NINE), axis=0)
    sums = digits[::2].sum(axis=0) + 3 * digits[1::2].sum(axis=0)
    return numbers, sums % 10 == 0
