"""A worker's thread runs calls in their order."""

import asyncio
import threading

import pytest

from halfway import PATIENCE
from product_importer.pipeline.worker import Worker


def fail(error):
    raise error


async def test_calls_run_in_their_order_in_one_thread_of_that_name():
    with Worker("a worker") as worker:
        seen = []
        calls = [worker.call(lambda n=n: seen.append((n, threading.current_thread().name))) for n in range(3)]
        await asyncio.gather(*calls)
    assert seen == [(n, "a worker") for n in range(3)]


async def test_an_error_is_raised_where_the_call_is_awaited_and_the_thread_goes_on():
    with Worker("a worker") as worker:
        with pytest.raises(KeyError):
            await worker.call(lambda: fail(KeyError("a")))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await worker.call(lambda: next(iter(())))
        assert await worker.call(lambda: 7) == 7


async def test_a_call_that_nobody_waits_for_holds_up_no_other():
    begun, go = threading.Event(), threading.Event()
    with Worker("a worker") as worker:
        given_up = worker.call(lambda: (begun.set(), go.wait(PATIENCE)))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        given_up.cancel()
        go.set()
        assert await worker.call(lambda: 7) == 7
    assert given_up.cancelled()


async def test_the_thread_ends_after_the_calls_before_the_exit():
    with Worker("a worker") as worker:
        last = worker.call(threading.current_thread)
    thread = await last
    await asyncio.to_thread(thread.join, PATIENCE)
    assert thread.daemon
    assert not thread.is_alive()


def test_a_loop_that_has_ended_ends_the_thread():
    go, found = threading.Event(), []

    async def leave():
        worker.call(lambda: (found.append(threading.current_thread()), go.wait(PATIENCE)))

    with Worker("a worker") as worker:
        asyncio.run(leave())
        go.set()
        worker._thread.join(PATIENCE)
        assert not worker._thread.is_alive()
