"""Tunes the process. Imported before the heavy modules, which read these settings."""

import atexit
import ctypes
import gc
import os
from contextlib import suppress

# The program does no linear algebra; NumPy would start threads for it that spin for a tenth of a second.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Arrow's own pool keeps freed memory of batches, a tenth of an import's memory, and saves no time.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# Neither modules nor a batch's rows form cycles; searching for cycles takes a tenth of start-up and of
# parsing.
gc.set_threshold(100_000)

# Nor are there cycles to collect at the end, where scanning all imported modules takes 0.03 s.
atexit.register(gc.freeze)

# glibc gives each thread its own arena, but batches move from thread to thread: a single arena takes a tenth
# less memory, and a tenth less time. Other C libraries have no such setting.
_M_ARENA_MAX = -8
with suppress(AttributeError):
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
