"""Profiles as they are stored, and the files that they are remembered for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from product_importer.fields import letters
from product_importer.model.profile import Profile


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile under its name. ``signature`` is that of the header of the files that it is remembered for.

    ``author`` is who saved it first, as the text of an :class:`Actor`; None if that isn't known.
    """

    name: str
    profile: Profile
    signature: str | None
    created_at: datetime
    updated_at: datetime
    author: str | None


def signature_of(header: Sequence[str]) -> str:
    """Returns the signature of a file's columns: the same for the same names, in any order and case."""
    names = sorted(letters(name) or name for name in header)
    return hashlib.sha256("\0".join(names).encode(errors="surrogatepass")).hexdigest()
