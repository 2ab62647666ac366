import logging

from product_importer.builtin.log_sink import LogSink
from product_importer.testing import check_sink, sample_events


async def test_a_batch_is_one_line(caplog):
    caplog.set_level(logging.INFO, "product_importer.events")

    await LogSink().deliver(sample_events())

    assert [record.getMessage() for record in caplog.records] == [
        "product.created: 2 by import:1 (batch sample)"
    ]


async def test_it_keeps_the_contract():
    await check_sink(LogSink())
