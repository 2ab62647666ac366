"""A plugin for processes under test: small batches, and objects as slow as the environment says.

``REHEARSAL_ROWS``: rows to a batch of the parser ``small``. ``REHEARSAL_READ`` and ``REHEARSAL_SAVE``:
seconds that its validator and its dedupe policy ``slow`` (asked again while saving) take for a batch.
``REHEARSAL_BROKEN``: don't even load.
"""

import dataclasses
import os
import time

from product_importer import hookimpl
from product_importer.builtin.csv_parser import CsvParser

if "REHEARSAL_BROKEN" in os.environ:
    raise RuntimeError("broken on purpose")


class Small(CsvParser):
    name = "small"

    def open(self, path, options):
        rows = int(os.environ.get("REHEARSAL_ROWS", "500"))
        return super().open(path, dataclasses.replace(options, batch_rows=rows))


class SlowValidator:
    name = "slow-validator"

    def check(self, batch):
        time.sleep(float(os.environ.get("REHEARSAL_READ", "0")))
        return ()


class SlowPolicy:
    name = "slow"
    rejects = False

    def rank(self, batch):
        time.sleep(float(os.environ.get("REHEARSAL_SAVE", "0")))
        return batch.column("line")


@hookimpl
def product_importer_parsers():
    return [Small()]


@hookimpl
def product_importer_validators():
    return [SlowValidator()]


@hookimpl
def product_importer_dedupe_policies():
    return [SlowPolicy()]
