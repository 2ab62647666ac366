"""Entity tags of products and schedules, which prevent lost updates."""

from __future__ import annotations

from typing import Protocol


class Versioned(Protocol):
    """A thing with an id, and a version that each change raises."""

    @property
    def id(self) -> int: ...

    @property
    def version(self) -> int: ...


def etag(thing: Versioned) -> str:
    """Returns the thing's tag: each change changes it, and no two things of a kind share one."""
    return f'"{thing.id}-{thing.version}"'
