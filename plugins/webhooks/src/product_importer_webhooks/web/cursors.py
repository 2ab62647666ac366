"""Cursors: places in lists, as responses give them and requests send them back."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from product_importer.cells.storable import text_flaw
from product_importer.errors import UsageError
from product_importer_web.declarations import Moment, custom
from product_importer_webhooks.model import LoggedDelivery
from product_importer_webhooks.webhooks import START, Place

_LARGEST: Final = (1 << 63) - 1
_Place = tuple[Moment, str, Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]]


def text_of_delivery(delivery: LoggedDelivery) -> str:
    """Returns the cursor of a delivery among those of its webhook."""
    return f"{delivery.created_at.isoformat()}_{delivery.id}"


def delivery_of(text: str) -> tuple[datetime, UUID] | None:
    """Returns the place that :func:`text_of_delivery` encoded. Raises UsageError."""
    if not text:
        return None
    moment, _, last = text.replace(" ", "+").rpartition("_")
    try:
        return Moment.taken(moment), UUID(last)
    except ValueError:
        raise UsageError("The parameter 'before' isn't one that a list of deliveries gave.") from None


def text_of_place(place: Place) -> str:
    """Returns the cursor of a place among the changes of an import."""
    moment, batch_id, first = place
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), batch_id, first]).encode()).decode()


def place_of(text: str) -> Place:
    """Returns the place that :func:`text_of_place` encoded. Raises UsageError."""
    if not text:
        return START
    place: Place | None
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(text), type=_Place, dec_hook=custom)
    except (msgspec.DecodeError, ValueError, RecursionError):
        place = None
    if place is None or text_flaw(place[1]):
        raise UsageError("The parameter 'after' isn't one that a list of changes gave.")
    return place
