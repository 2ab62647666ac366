"""The console on which the command line prints with Rich."""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console

_UNWRAPPED: Final = 1_000_000
"""The width of an output that isn't a terminal: readers of a pipe want unwrapped lines."""


def output_console() -> Console:
    """Returns a console for standard output, which wraps lines at a terminal's edge only."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _UNWRAPPED)
