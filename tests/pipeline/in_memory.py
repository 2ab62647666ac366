"""A lease and its writers in memory, for tests of the pipeline that need no database."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from product_importer.errors import ImportCancelled
from product_importer.model import Counts, ImportOptions, ImportState, Phase, Status


class MemoryLease:
    """``saved_ranges``: what an earlier run saved. ``fail_at``: which save raises, from 1."""

    def __init__(self, *, saved_ranges=(), fail_at=None):
        self.import_id = 1
        self.attempt = 1
        self.chunks = []
        self.ended = None
        self.warnings = {}
        self.begun_saves = 0
        self.heartbeats = 0
        self.read = []
        self.cancelled = False
        self.failed = asyncio.Event()
        self._saved_ranges = list(saved_ranges)
        self._fail_at = fail_at

    async def heartbeat(self, read):
        self.heartbeats += 1
        self.read.append(read)
        if self.cancelled:
            raise ImportCancelled("cancelled")

    async def describe(self, *_, **__):
        pass

    async def attribute_names(self, names, *, note):
        return {}

    async def file_read(self, *_, **__):
        pass

    async def place(self):
        return ""

    async def warn(self, counts, rows):
        self.warnings = dict(counts)

    async def present(self, keys):
        return []

    async def zero_led_lengths(self):
        return []

    async def saved(self):
        return self._saved_ranges

    async def phase(self, phase):
        pass

    async def unchanged(self, keys, digests):
        return 0

    async def merged(self, at_most, take):
        pass

    async def finish(self, status, message):
        self.ended = status

    async def state(self):
        now = datetime.now(UTC)
        return ImportState(
            *(
                1,
                Status.RUNNING,
                Phase.SAVING,
                "a.csv",
                "a.csv",
                0,
                0,
                0.0,
                Counts(),
                None,
                None,
                "",
                now,
                now,
            ),
            finished_at=None,
            options=ImportOptions(),
        )

    @asynccontextmanager
    async def writer(self, terms):
        yield self

    async def save(self, chunk):
        self.begun_saves += 1
        number = self.begun_saves
        await asyncio.sleep(0)  # the other writer gets its turn
        if number == self._fail_at:
            raise OSError("the disk is full")
        self.chunks.append(chunk)

    @property
    def saved_lines(self):
        return sorted(line for chunk in self.chunks for line in chunk.rows.column("line").to_pylist())
