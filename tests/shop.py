"""A database to import into, and what a test wants to see of it."""

import dataclasses
import json
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import asyncpg

from product_importer import hookimpl
from product_importer.app import Importer
from product_importer.builtin.csv_parser import CsvParser
from product_importer.builtin.log_sink import LogSink
from product_importer.cells.sku import sku_key
from product_importer.model import ImportOptions
from product_importer.settings import load_settings
from product_importer.store.changes.sets import event_data, restored
from product_importer.store.connect import Database
from product_importer.support.namespace import dsn_of_schema
from product_importer.support.packing import unpack
from product_importer.testing import plugin_set

TINY = 7
FIELDS = ("sku", "name", "description", "price", "active", "attributes")
"""Those that every product shows; ``barcode`` and ``stock`` only where it has them."""
LATER = ("barcode", "stock")


class TinyBatches(CsvParser):
    """The CSV parser, but with so few rows to a batch that short files have many chunks."""

    name = "tiny"

    def __init__(self, rows=TINY):
        super().__init__()
        self.rows = rows

    def open(self, path, options):
        return super().open(path, dataclasses.replace(options, batch_rows=self.rows))


class Plugin:
    """A plugin made of these objects."""

    def __init__(self, *, parsers=(), validators=(), policies=(), sources=(), sinks=()):
        self.objects = parsers, validators, policies, sources, sinks

    @hookimpl
    def product_importer_parsers(self):
        return self.objects[0]

    @hookimpl
    def product_importer_validators(self):
        return self.objects[1]

    @hookimpl
    def product_importer_dedupe_policies(self):
        return self.objects[2]

    @hookimpl
    def product_importer_sources(self):
        return self.objects[3]

    @hookimpl
    def product_importer_event_sinks(self):
        return self.objects[4]


@dataclasses.dataclass(frozen=True)
class Announced:
    """One event of the outbox."""

    id: str
    type: str
    actor: str
    data: dict


class Shop:
    """``url`` is the database's, ``folder`` takes files, ``connection`` looks at the tables."""

    def __init__(self, url, folder, connection, stack, schema=None):
        self.url = url
        self.schema = schema
        self.folder = folder
        self.connection = connection
        self._stack = stack
        self._importer = None
        self._files = 0

    @classmethod
    @asynccontextmanager
    async def at(cls, url, folder, schema=None):
        """The shop of a database, or of a schema there. All that it has opened is closed at the end."""
        async with AsyncExitStack() as stack:
            connection = await asyncpg.connect(dsn_of_schema(url, schema))
            stack.push_async_callback(connection.close)
            yield cls(url, folder, connection, stack, schema)

    async def open(self, *plugins, **settings):
        """An importer of the shop's, which also has the parser ``tiny``, and somebody to tell of events."""
        database = await self._stack.enter_async_context(Database.open(self.url, self.schema))
        own = {"data_dir": self.folder / "data", "schema": self.schema, "missing_share": 100.0}
        values = dataclasses.replace(load_settings(), **own | settings)
        return Importer(
            database, plugin_set(Plugin(parsers=[TinyBatches()], sinks=[LogSink()]), *plugins), values
        )

    async def importer(self):
        """The importer that :meth:`run` uses."""
        if self._importer is None:
            self._importer = await self.open()
        return self._importer

    def file(self, content, name=None):
        """The path of a new file; ``content`` is text, bytes, or rows of cells without need for quotes."""
        self._files += 1
        path = self.folder / (name or f"{self._files}.csv")
        if isinstance(content, list):
            content = "".join(",".join(row) + "\n" for row in content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    async def stored(self, importer, content, options=None):
        """The id of an import whose file lies in the storage, where workers read it."""
        with self.file(content).open("rb") as stream:
            return await importer.imports.create_from(stream, "products.csv", options)

    async def run(self, content, **options):
        importer = await self.importer()
        return await importer.run(self.file(content), ImportOptions(**options))

    # --- what is in the tables

    async def products(self):
        """By SKU key: the fields of each product, its id and its version."""
        rows = await self.connection.fetch(
            "SELECT id, version, sku_key, sku, name, description, price, active, attributes, barcode, stock"
            " FROM products"
        )
        return {
            row["sku_key"]: {**row, "attributes": json.loads(row["attributes"])} for row in map(dict, rows)
        }

    async def product(self, key):
        """The product's fields."""
        found = (await self.products())[key]
        return {name: found[name] for name in FIELDS} | {
            name: found[name] for name in LATER if found[name] is not None
        }

    async def catalogue(self):
        """By SKU key: the fields of each product, as a tuple, with attributes as sorted pairs."""
        return {key: as_tuple(product) for key, product in (await self.products()).items()}

    async def rows(self):
        """The products' rows as PostgreSQL stores them: if equal twice, nothing was written between."""
        return await self.connection.fetch("SELECT ctid, xmin, * FROM products ORDER BY sku_key")

    async def events(self, kind=""):
        """All events of the outbox whose type begins with ``kind``, oldest first."""
        rows = await self.connection.fetch(
            "SELECT o.*, c.kind, c.import_id, c.payload AS changes"
            " FROM outbox AS o LEFT JOIN change_sets AS c ON c.number = o.change_set AND c.at = o.changed_at"
            " WHERE type LIKE $1 || '%' ORDER BY position",
            kind,
        )
        found = []
        for row in rows:
            if row["kind"] is None:
                data = unpack(row["payload"]).to_pylist()
            else:
                data = event_data(row["kind"], restored(row["changes"]), row["import_id"]).to_pylist()
            assert len(data) == row["events"]
            found += [
                Announced(f"{row['id']}-{n}", row["type"], row["actor"], each) for n, each in enumerate(data)
            ]
        return found

    async def changes(self):
        """By SKU: the changed fields of every ``product.updated`` event so far."""
        return {
            event.data["sku"]: tuple(event.data["changed"]) for event in await self.events("product.updated")
        }

    async def outcome(self, import_id):
        """All that an import leaves behind, but for ids and times: equal however often it was interrupted."""
        columns = "sku_key, sku, name, description, price, active, attributes, barcode, stock, version"
        by_import = "created_by_import, updated_by_import"
        products = await self.connection.fetch(f"SELECT {columns}, {by_import} FROM products ORDER BY 1")
        rejects = await self.connection.fetch(
            "SELECT record, line, cells, errors FROM import_rejects WHERE import_id = $1 ORDER BY 1",
            import_id,
        )
        counts = await self.connection.fetchrow(
            "SELECT sum(read), sum(created), sum(updated), sum(unchanged), sum(duplicate), sum(invalid),"
            " sum(skipped), sum(deactivated) FROM import_chunks WHERE import_id = $1",
            import_id,
        )
        events = await self.events()
        assert len({event.id for event in events}) == len(events)
        told = sorted(
            (it.type, it.actor, it.data.get("sku", ""), tuple(it.data.get("changed") or ())) for it in events
        )
        ids = dict(await self.connection.fetch("SELECT sku_key, id FROM products"))
        gone = {it.data["product_id"] for it in events if it.type == "product.deleted"} - set(ids.values())
        named = [it.data for it in events if it.type.startswith("product.")]
        assert all(
            ids[sku_key(data["sku"])] == data["product_id"]
            for data in named
            if data["product_id"] not in gone
        )
        return {"products": products, "rejects": rejects, "counts": tuple(counts), "events": told}

    async def forget_events(self):
        await self.connection.execute("DELETE FROM outbox")


def as_tuple(product):
    fields = [product[name] for name in FIELDS[:-1]]
    later = [product[name] for name in LATER if product.get(name) is not None]
    return (*fields, tuple(sorted(product["attributes"].items())), *later)


def ledger(report):
    """created, updated, unchanged, duplicate, invalid, skipped – once they are known to add up."""
    counts = report.counts
    assert counts.balanced, counts
    return (
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.duplicate,
        counts.invalid,
        counts.skipped,
    )


def price(text):
    return Decimal(text)
