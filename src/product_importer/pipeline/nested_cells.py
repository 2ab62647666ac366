"""Writes the lists and structs in a file's cells as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

_DIGITS = 15


def json_text(value: object) -> str:
    """Returns the value as JSON, with numbers as :mod:`product_importer.pipeline.typed_cells` writes them."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(each) for each in value]
    return _plain_single(value)


def _plain_single(value: object) -> object:
    if isinstance(value, Decimal):
        return _plain_float(float(value)) if _is_short(value) else format(value.normalize(), "f")
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, (bytes, timedelta)):
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return value


def _plain_float(number: float) -> float | int | None:
    if math.isnan(number):
        return None
    rounded = float(f"{number:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 10**_DIGITS else rounded


def _is_short(number: Decimal) -> bool:
    return len(number.normalize().as_tuple().digits) <= _DIGITS
