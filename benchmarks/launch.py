"""Runs one command and writes what it cost, exactly: ``python -I -S launch.py COSTS COMMAND…``.

The kernel counts a child's peak memory from the process that started it, so a small process must do the
starting; that is all this one does. Standard library only, and as little of it as possible.
"""

import os
import sys
import time


def main() -> None:
    costs, *command = sys.argv[1:]
    started = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    with open(costs, "w", encoding="ascii") as file:  # noqa: PTH123 - importing pathlib would cost memory
        file.write(f"{seconds} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * unit}")
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
