"""Catalogues in two schemas of one database have endpoints and deliveries of their own."""

import dataclasses
from contextlib import AsyncExitStack
from functools import partial

import pytest
from receiver import Hooks, receiving, until

from product_importer import Importer
from product_importer.product import ProductDraft
from product_importer.settings import Settings
from product_importer.testing import temporary_database


@pytest.fixture
async def importers(server, tmp_path):
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(temporary_database())
        settings = Settings(data_dir=tmp_path)  # the plugin is installed
        yield [
            await stack.enter_async_context(
                Importer.open(
                    url,
                    settings=dataclasses.replace(settings, schema=schema),
                )
            )
            for schema in (None, "toys", "books")
        ]


async def test_each_sends_its_own(importers):
    hooks = [Hooks(importer) for importer in importers]
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving()) for _ in importers]
        endpoints = [
            await hook.add(receiver, ordered=True) for hook, receiver in zip(hooks, receivers, strict=True)
        ]
        for hook in hooks:
            await stack.enter_async_context(hook.relaying())
        for number, importer in enumerate(importers):
            await importer.catalogue.create(ProductDraft(sku=f"S-{number}", name="Tea"), actor="user:1")
        await until(lambda: all(receiver.events for receiver in receivers), "all came")
        for hook, endpoint in zip(hooks, endpoints, strict=True):
            await until(partial(hook.all_delivered, endpoint), "it was delivered")
            assert await hook.states(endpoint) == {"delivered": 1}
        sessions = await hooks[0].execute(
            "SELECT DISTINCT application_name FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE '%webhooks'"
        )

    assert [[event["data"]["sku"] for event in it.events] for it in receivers] == [["S-0"], ["S-1"], ["S-2"]]
    assert [endpoint.id for endpoint in endpoints] == [1, 1, 1]
    names = {row["application_name"] for row in sessions}
    assert "product-importer webhooks" in names
    assert len(names) == 6  # the sinks' queues and their senders


async def test_days_are_dropped_in_their_own(importers):
    for importer in importers[1:]:
        await Hooks(importer).execute("SELECT webhooks_make_day('2020-01-01')")

    await Hooks(importers[1]).execute("SELECT webhooks_drop_days('2021-01-01')")

    found = [
        (await Hooks(importer).execute("SELECT to_regclass('webhook_deliveries_20200101') IS NOT NULL"))[0][0]
        for importer in importers
    ]
    assert found == [False, False, True]
