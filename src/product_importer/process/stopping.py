"""Tells a long-running command when to stop. These functions must be called in its event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys


def stop_signal() -> asyncio.Event:
    """Returns an event that is set when this process is asked to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def stop_with_input(stop: asyncio.Event) -> None:
    """Also sets the event at the end of standard input, which comes however the other process ends."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, read)
