"""A table of products, written in any way, comes in as it is, or what differs is asked for or named."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from in_memory import MemoryLease

from anyfiles import content, files, tag_of
from product_importer.cells.sku import sku_key
from product_importer.errors import EncodingUnclear, FileError, QuestionsOpen
from product_importer.model import ImportOptions
from product_importer.pipeline.run import ImportRun, Tuning
from product_importer.ports import InputFile
from product_importer.testing import plugin_set

FORMATS = [
    pytest.importorskip(f"product_importer_{name}")
    for name in ("excel", "fastcsv", "jsonlines", "parquet", "xml")
]
PLUGINS = plugin_set(*FORMATS)
COUNT = int(os.environ.get("ROUNDTRIPS", "200"))
"""How many files are written."""

pytestmark = [pytest.mark.whole, pytest.mark.oldest_python, pytest.mark.timeout(300 + COUNT)]

relaxed = settings(suppress_health_check=list(HealthCheck), max_examples=COUNT, deadline=None)


async def imported(table, way):
    """Imports the file into an empty catalogue."""
    lease = MemoryLease()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (f"products.{way.format}" + (f".{way.packed}" if way.packed else ""))
        path.write_bytes(content(table, way))
        options = ImportOptions(parser=way.parser)
        await ImportRun(lease, PLUGINS, InputFile.at(path), options, tuning=Tuning()).run()
    return lease


@relaxed
@given(file=files())
async def test_nothing_differs_without_a_word(file):
    table, way = file
    try:
        lease = await imported(table, way)
    except (QuestionsOpen, EncodingUnclear):
        event("asked")
        return
    except FileError:
        event("refused")
        return
    wrong = list(differences(table, way, lease.store.products))
    event("named" if wrong else "came in as it is")
    unnamed = [each for each in wrong if not is_named(each, way, lease.known)]
    assert not unnamed, (unnamed, lease.known.warned, lease.known.reading)


def differences(table, way, products):
    """Yields the record, the column's key and the values of what differs."""
    columns, _, made = table
    read = _of_xml if way.format == "xml" else str
    for record, product in enumerate(made, 1):
        found = products.get(sku_key(product.sku))
        if found is None:
            yield record, "sku", product.sku, None
            continue
        for name in columns:
            wanted = getattr(product, name)
            if isinstance(wanted, str):
                wanted = read(wanted if name == "description" else wanted.strip()) or None
                wanted = wanted if wanted and wanted.strip() else None
            elif name == "active" and wanted is None:
                wanted = True
            if found.values[name] != wanted:
                yield record, name, wanted, found.values[name]
        wanted = {name: read(text) for name, text in product.attributes.items() if text.strip()}
        present = found.values["attributes"]
        if product.price is not None and (way.numbers.before or way.numbers.behind):
            present = {name: text for name, text in present.items() if name != "currency"}
        for name in sorted(wanted.keys() | present.keys()):
            if present.get(name) != wanted.get(name):
                yield record, name, wanted.get(name), present.get(name)


def _of_xml(text):
    """What XML says of a text: line ends are LF there, and blanks around an element's text are layout."""
    return text.replace("\r\n", "\n").strip()


def is_named(difference, way, known):
    """Whether the row was rejected, or a warning names its cell or its column."""
    record, name, *_ = difference
    if record in known.rejects:
        return True
    header = way.headers.get(name, name)
    header = tag_of(header) if way.format == "xml" else header
    return any(each.record in (record, None) and each.column in (header, None) for each in known.warned)
