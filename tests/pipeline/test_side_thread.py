"""A thread's thread runs calls in their order."""

import asyncio
import threading

import pytest

from halfway import PATIENCE
from product_importer.pipeline.side_thread import SideThread


def fail(error):
    raise error


async def test_calls_run_in_their_order_in_one_thread_of_that_name():
    with SideThread("a thread") as thread:
        seen = []
        calls = [thread.call(lambda n=n: seen.append((n, threading.current_thread().name))) for n in range(3)]
        await asyncio.gather(*calls)
    assert seen == [(n, "a thread") for n in range(3)]


async def test_an_error_is_raised_where_the_call_is_awaited_and_the_thread_goes_on():
    with SideThread("a thread") as thread:
        with pytest.raises(KeyError):
            await thread.call(lambda: fail(KeyError("a")))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await thread.call(lambda: next(iter(())))
        assert await thread.call(lambda: 7) == 7


async def test_a_call_that_nobody_waits_for_holds_up_no_other():
    begun, go = threading.Event(), threading.Event()
    with SideThread("a thread") as thread:
        given_up = thread.call(lambda: (begun.set(), go.wait(PATIENCE)))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        given_up.cancel()
        go.set()
        assert await thread.call(lambda: 7) == 7
    assert given_up.cancelled()


async def test_the_thread_ends_after_the_calls_before_the_exit():
    with SideThread("a thread") as thread:
        last = thread.call(threading.current_thread)
    thread = await last
    await asyncio.to_thread(thread.join, PATIENCE)
    assert thread.daemon
    assert not thread.is_alive()


def test_a_loop_that_has_ended_ends_the_thread():
    go, found = threading.Event(), []

    async def leave():
        thread.call(lambda: (found.append(threading.current_thread()), go.wait(PATIENCE)))

    with SideThread("a thread") as thread:
        asyncio.run(leave())
        go.set()
        thread._thread.join(PATIENCE)
        assert not thread._thread.is_alive()
