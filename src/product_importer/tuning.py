"""Settings of Arrow, for a process that does nothing but import."""

from __future__ import annotations

import pyarrow as pa


def tune_process() -> None:
    """For a process that is ours alone, such as a command.

    Arrow's own pool keeps what an import no longer needs, a quarter of its memory.
    """
    pa.set_memory_pool(pa.system_memory_pool())
