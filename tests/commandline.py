"""The command ``product-importer`` as a process, with the plugin ``rehearsal`` installed."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0


class CommandLine:
    """``folder`` is new; ``url`` None lets the commands use the embedded server."""

    def __init__(self, folder, url, **environment):
        site = folder / "site"
        information = site / "rehearsal-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: rehearsal\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text("[product_importer]\nrehearsal = rehearsal\n")
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "PYTHONPATH": os.pathsep.join([str(site), str(Path(__file__).parent)]),
            "PRODUCT_IMPORTER_DATA_DIR": str(folder / "data"),
            "COLUMNS": "200",
            "PRODUCT_IMPORTER_MISSING_SHARE": "100",  # the catalogues of tests are small
            "PRODUCT_IMPORTER_LOG_EVENTS": "true",  # otherwise there are none
            **({} if url is None else {"DATABASE_URL": url}),
            **environment,
        }
        self._started = []

    def start(self, *arguments, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, options=(), **environment):
        words = [*options, "-m", "product_importer", *arguments]
        with _raised(10 if "relay" in arguments else 0):
            return self._start(words, stdin=stdin, stderr=stderr, **environment)

    def python(self, *words):
        """Runs Python itself, in the same environment."""
        return ended(self._start(words))

    def _start(self, words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **environment):
        process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**self.environment, **environment},
            cwd=self.folder,
        )
        self._started.append(process)
        return process

    def run(self, *arguments, input=None, **environment):  # noqa: A002 - as subprocess calls it
        process = self.start(*arguments, stdin=subprocess.PIPE, **environment)
        return ended(process, input)

    def json(self, *arguments, **environment):
        """The objects that ``--json`` prints."""
        ended = self.run(*arguments, "--json", **environment)
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def close(self):
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            if not process.stdout.closed:
                process.communicate()


@contextmanager
def _raised(steps):
    """Gives what is started meanwhile a higher priority, by as much as a relay lowers its own.

    On a machine that is busy with other tests, a relay would otherwise get hardly any processor time. It
    takes root to do this.
    """
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, usual - steps)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


@dataclass(frozen=True)
class Ended:
    """What is left of a command. None ever shows a traceback."""

    code: int
    stdout: str
    stderr: str

    def __post_init__(self):
        assert "Traceback" not in self.stderr, self.stderr

    @property
    def complaint(self):
        """What stands on standard error, one line."""
        lines = self.stderr.splitlines()
        assert len(lines) == 1, self.stderr
        return lines[0]


def ended(process, given=None):
    """Waits for the process."""
    out, err = process.communicate(given, timeout=PATIENCE)
    return Ended(process.returncode, out.decode(), err.decode())
