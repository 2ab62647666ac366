"""Sets of numbered migrations, which create tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MigrationSet:
    """Numbered files ``NNNN_name.sql`` in ``directory``, applied once each, in order, under ``name``."""

    name: str
    directory: Path
