"""Files on their way, and requests that are done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is being handed over, or that waits to be imported.

    ``length`` is None where it isn't known before the end; ``received`` counts the bytes that are stored for
    good. ``note`` is the sender's, given back as it came. ``source`` is where the file lies. ``author`` is
    who began it, ``sender`` who sent its latest bytes, as the text of an :class:`Actor`; None where that
    wasn't told.
    """

    id: str
    filename: str
    length: int | None
    received: int
    note: str
    source: str
    created_at: datetime
    expires_at: datetime
    author: str | None = None
    sender: str | None = None

    @property
    def complete(self) -> bool:
        return self.received == self.length


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes sent must amount to. ``algorithm`` is one that :mod:`hashlib` has."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once, however often it is sent.

    ``key`` is the sender's; ``fingerprint`` tells another request under the same key.
    """

    key: str
    fingerprint: bytes
