"""A plugin for processes under test: small batches, and objects as slow as the environment says.

``REHEARSAL_ROWS``: rows to a batch of the parser ``small``. ``REHEARSAL_READ`` and ``REHEARSAL_SAVE``:
seconds that its validator and its dedupe policy ``slow`` (asked again while saving) take for a batch.
``REHEARSAL_BROKEN``: don't even load. ``REHEARSAL_EVENTS``: a file to which its event sink appends events, as
JSON Lines; each delivery takes ``REHEARSAL_DELIVER`` seconds.
"""

import asyncio
import dataclasses
import json
import os
import signal
import time
from pathlib import Path

from product_importer import hookimpl
from product_importer.builtin.csv_parser import CsvParser
from product_importer.wire import event_objects

if "REHEARSAL_BROKEN" in os.environ:
    raise RuntimeError("broken on purpose")


POISON = "POISON"
"""The SKU at which the validator brings its process down, as a defect in C code would."""


class Small(CsvParser):
    name = "small"

    def open(self, path, options):
        rows = int(os.environ.get("REHEARSAL_ROWS", "500"))
        return super().open(path, dataclasses.replace(options, batch_rows=rows))


class SlowValidator:
    name = "slow-validator"

    def check(self, batch):
        time.sleep(float(os.environ.get("REHEARSAL_READ", "0")))
        if POISON in batch.column("sku").to_pylist():
            os.kill(os.getpid(), signal.SIGSEGV)
        return ()


class SlowPolicy:
    name = "slow"
    rejects = False

    def rank(self, batch):
        time.sleep(float(os.environ.get("REHEARSAL_SAVE", "0")))
        return batch.column("line")


class Appender:
    name = "appender"

    async def deliver(self, batch):
        await asyncio.sleep(float(os.environ.get("REHEARSAL_DELIVER", "0")))
        lines = "".join(f"{json.dumps(event)}\n" for event in event_objects(batch))
        with Path(os.environ["REHEARSAL_EVENTS"]).open("a") as file:  # noqa: ASYNC230 - it has a thread to itself
            file.write(f"\n{lines}")  # the last delivery may have been cut off


if "REHEARSAL_EVENTS" in os.environ:

    @hookimpl
    def product_importer_event_sinks():
        return [Appender()]


@hookimpl
def product_importer_parsers():
    return [Small()]


@hookimpl
def product_importer_validators():
    return [SlowValidator()]


@hookimpl
def product_importer_dedupe_policies():
    return [SlowPolicy()]
