"""What the command line prints with Rich."""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console

_UNWRAPPED: Final = 1_000_000
"""Columns of what is no terminal: whoever reads a pipe wants each line as it is."""


def output_console() -> Console:
    """Standard output: lines are wrapped where a terminal's edge is, and nowhere else."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNWRAPPED)
