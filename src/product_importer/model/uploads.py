"""Uploads, and requests that are to be done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is being uploaded, or that waits to be imported.

    ``length`` is None if it isn't known before the end; ``received`` counts the bytes that are stored
    durably. ``note`` comes from the sender and is returned unchanged. ``source`` is the URL of the file.
    ``author`` is who began the upload, ``sender`` who sent its latest bytes, as the text of an
    :class:`Actor`; None if that isn't known.
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
    """The expected digest of the bytes sent. ``algorithm`` is one that :mod:`hashlib` has."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once, however often it is sent.

    ``key`` comes from the sender; ``fingerprint`` reveals another request under the same key.
    """

    key: str
    fingerprint: bytes
