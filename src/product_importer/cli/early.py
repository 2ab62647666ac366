"""Tunes the process, which is ours. Imported before what is heavy, which reads these settings."""

import gc
import os

# We do no linear algebra; NumPy's would start threads that spin for a tenth of a second.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Neither modules nor a batch's rows form cycles; looking for them takes a tenth of starting and of parsing.
gc.set_threshold(100_000)
