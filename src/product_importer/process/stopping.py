"""How a command that goes on learns that it is to end. To be called in its event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys


def stop_signal() -> asyncio.Event:
    """An event that is set when somebody asks this process to end."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def stop_with_input(stop: asyncio.Event) -> None:
    """Sets it at the end of standard input, too: the kernel closes that however the other process ends."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, read)
