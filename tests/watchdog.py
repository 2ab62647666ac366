"""Tells when a program's event loop is busy for too long at a time.

It counts CPU seconds: a busy machine is no defect. ``sitecustomize`` of a test's process calls
:func:`install`, which has each such time, with what the loop was at, appended to the file ``WATCHDOG_FILE``.
"""

import asyncio
import os
import sys
import threading
import time
import traceback

LIMIT = 1.0
BEAT = 0.05


def install():
    run = asyncio.run
    asyncio.run = lambda main, **options: run(_watched(main), **options)


async def _watched(main):
    clock = time.pthread_getcpuclockid(threading.get_ident())
    watch = _Watch(clock, threading.get_ident())
    watch.beat(asyncio.get_running_loop())
    threading.Thread(target=watch.look, daemon=True).start()
    return await main


class _Watch:
    def __init__(self, clock, thread):
        self._clock = clock
        self._thread = thread
        self._last = 0.0

    def beat(self, loop):
        self._last = time.clock_gettime(self._clock)
        loop.call_later(BEAT, self.beat, loop)

    def look(self):
        told = 0.0
        while True:
            time.sleep(BEAT)
            last = self._last
            busy = time.clock_gettime(self._clock) - last
            if busy > LIMIT and told != last:
                told = last
                stack = traceback.format_stack(sys._current_frames()[self._thread])
                with open(os.environ["WATCHDOG_FILE"], "a") as file:  # noqa: PTH123 - in a foreign process
                    file.write(f"busy for {busy:.1f} s:\n{''.join(stack[-8:])}\n")
