"""What the tests of the relay do to a shop's outbox, and what they see of it."""

import dataclasses

import pyarrow as pa

from product_importer.builtin.log_sink import LogSink
from product_importer.store import events
from product_importer.store.changes.log import ChangeLog
from product_importer.store.changes.sets import Author, created
from shop import TINY, Plugin

CSV = [["sku", "name"], *([f"S{n}", f"Name {n}"] for n in range(5 * TINY))]


async def opened(shop, *sinks):
    """The shop's importer, with these sinks."""
    shop._importer = await shop.open(Plugin(sinks=sinks))
    return shop._importer


def alone(importer, *sinks):
    """The importer, with these sinks and no others."""
    plugins = dataclasses.replace(importer.plugins, event_sinks={sink.name: sink for sink in sinks})
    return type(importer)(importer.database, plugins, importer.settings)


async def emitted(shop, *skus):
    """An outbox row with a created event for each SKU."""
    async with shop.connection.transaction():
        await written(shop.connection, *skus)


async def written(connection, *skus):
    """The same, in the connection's transaction."""
    log = ChangeLog(events.Audience([LogSink()]))
    await log.write(connection, Author("test", "edit"), created(None, 1, pa.array(skus, pa.string())))


async def left(shop):
    """What is still kept: rows of the outbox, and of the sinks' queues."""
    return tuple(
        await shop.connection.fetchrow(
            "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM sink_deliveries)"
        )
    )


def skus(sink):
    return [event["data"]["sku"] for event in sink.events]
