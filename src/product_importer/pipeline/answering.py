"""The patience with plugins' objects: when one last gave a sign, and the error that names one that hangs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from product_importer.errors import PluginError

if TYPE_CHECKING:
    from product_importer.registry import Kind, PluginSet


class Alive:
    """When a parser last gave a sign of progress."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._done = -1.0

    def beat(self, done: float | None) -> None:
        """Notes the sign, unless it says that no more is done than before."""
        if done is None or done > self._done:
            self._at = time.monotonic()
            self._done = self._done if done is None else done

    @property
    def quiet(self) -> float:
        """Seconds since the last sign."""
        return time.monotonic() - self._at


def no_answer(plugins: PluginSet, kind: Kind, name: str, on: str, seconds: float) -> PluginError:
    """The error to raise if a plugin's object hangs."""
    origin = plugins.origin(kind, name)
    return PluginError(
        f"The {kind} {name!r} ({origin}) gave no answer on {on} within {seconds:g} s; "
        "the import was stopped.",
        plugin=origin,
    )
