"""Calls that are seen through to their end."""

import asyncio
import gc

import pytest

from product_importer.support.waiting import to_the_end


@pytest.mark.parametrize("fails", [False, True])
async def test_cancelled_twice_it_still_waits(fails):
    go_on = asyncio.Event()
    ended, unheard = [], []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))

    async def work():
        await go_on.wait()
        ended.append(True)
        if fails:
            raise ValueError

    waiting = asyncio.create_task(to_the_end(work()))
    for _ in range(2):
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting}, timeout=0.01)
        assert not waiting.done()
    go_on.set()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    del waiting  # and with it, a turn of the loop later, what it held
    await asyncio.sleep(0)
    gc.collect()
    assert (ended, unheard) == ([True], [])


async def test_results_and_errors_come_through():
    async def succeed():
        return 1

    async def fail():
        raise ValueError("no")

    assert await to_the_end(succeed()) == 1
    with pytest.raises(ValueError, match="no"):
        await to_the_end(fail())
