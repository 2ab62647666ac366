"""An import that brings its process down, again and again, never fails another one."""

import asyncio

import pytest

import rehearsal
from commandline import CommandLine
from product_importer.imports.checks import MOST_ATTEMPTS
from product_importer.model import ImportOptions, Status


@pytest.fixture
def line(shop, redis_url, tmp_path):
    line = CommandLine(tmp_path, shop.url, REDIS_URL=redis_url, REHEARSAL_ROWS="50", REHEARSAL_READ="0.2")
    yield line
    line.close()


async def handed_over(importer, shop, skus):
    content = "sku,name\n" + "".join(f"{sku},Tea\n" for sku in skus)
    import_id = await shop.stored(importer, content, ImportOptions(parser="small"))
    await importer.imports.hand_over(import_id)
    return import_id


async def test_a_poison_import_fails_alone(shop, line):
    importer = await shop.open(rehearsal)
    sound = await handed_over(importer, shop, [f"S{n}" for n in range(1000)])
    poison = await handed_over(importer, shop, [*(f"P{n}" for n in range(150)), rehearsal.POISON])

    async def both_ended():
        states = [await importer.imports.state(number) for number in (sound, poison)]
        return states if all(state.ended for state in states) else None

    deaths = 0
    worker = line.start("worker")
    while (states := await both_ended()) is None:
        if worker.poll() is not None:
            deaths += 1
            assert deaths <= MOST_ATTEMPTS
            worker = line.start("worker")
        await asyncio.sleep(0.05)

    assert [state.status for state in states] == [Status.COMPLETED, Status.FAILED]
    assert states[0].counts.created == 1000
    message = states[1].message
    assert f"begun {MOST_ATTEMPTS} times without getting on" in message
    assert "the parser 'small' (rehearsal 1.0)" in message
    assert "the validator 'slow-validator' (rehearsal 1.0)" in message
    assert await shop.connection.fetchval("SELECT attempts FROM imports WHERE id = $1", sound) <= 2
