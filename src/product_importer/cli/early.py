"""Tunes the process, which is ours. Imported before what is heavy, which reads these settings."""

import atexit
import ctypes
import gc
import os
from contextlib import suppress

# We do no linear algebra; NumPy's would start threads that spin for a tenth of a second.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Arrow's own pool keeps what a batch no longer needs, a tenth of an import's memory, and costs no less time.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# Neither modules nor a batch's rows form cycles; looking for them takes a tenth of starting and of parsing.
gc.set_threshold(100_000)

# Nor is there anything to find at the end, where looking through all that was imported takes 0.03 s.
atexit.register(gc.freeze)

# glibc gives each thread an arena of its own, but batches wander from thread to thread: one arena for all
# takes a tenth less memory, and a tenth less time. Other C libraries have no such knob.
_M_ARENA_MAX = -8
with suppress(AttributeError):
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
