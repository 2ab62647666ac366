"""Which plugin's object is at work, and since when, so that one that hangs can be named."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from product_importer.registry import Kind


@dataclass(frozen=True, slots=True)
class Asked:
    """The object that is running. ``since``: when it was called, by :func:`time.monotonic`."""

    kind: Kind
    name: str
    since: float = field(default_factory=time.monotonic)
