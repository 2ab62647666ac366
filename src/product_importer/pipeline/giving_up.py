"""Ends the work of a thread for which nobody waits any more."""

from __future__ import annotations

import threading
from typing import Self


class GivenUp(Exception):
    """Nobody waits for the result any more."""


class Patience:
    """Use as a context manager around the waiting: once it is left, the work in other threads ends."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def beat(self, done: float | None = None) -> None:  # noqa: ARG002 - any sign of life is an occasion
        """Called by the thread at work. Raises :class:`GivenUp` once nobody waits."""
        if self._over.is_set():
            raise GivenUp
