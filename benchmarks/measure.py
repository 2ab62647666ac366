"""What a command costs: wall time, CPU time and peak memory, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Run:
    """``seconds`` of wall time, ``cpu_seconds`` of all processes of the command, and in ``peak_bytes`` the
    largest resident set of any one of them. What the database server uses is only in the wall time."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    run: Run
    exit_code: int
    stdout: str
    stderr: str


def measure(command: Sequence[str], *, environment: Mapping[str, str], stdin: str = "") -> Outcome:
    """Runs ``command`` with ``environment`` added to this process's own.

    Modules that run from source may be kept compiled, as those are that come from a package.
    """
    with tempfile.TemporaryDirectory() as directory:
        costs = Path(directory, "costs")
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(costs), *command],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        seconds, cpu_seconds, peak = costs.read_text(encoding="ascii").split()
    return Outcome(
        Run(float(seconds), float(cpu_seconds), int(peak)), done.returncode, done.stdout, done.stderr
    )
