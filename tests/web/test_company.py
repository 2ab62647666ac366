"""Tasks side by side, and tasks alone."""

import asyncio

import pytest

from product_importer_web.jobs.company import Company


class Hall:
    """Tasks come in by ``send``; ``present`` are those whose turn has come."""

    def __init__(self):
        self.company = Company()
        self.stop = asyncio.Event()
        self.present = []
        self._leaving = {}
        self._tasks = []

    async def send(self, name, *, alone=False):
        self._leaving[name] = asyncio.Event()

        async def visit():
            async with self.company.joined(self.stop, alone=alone) as entered:
                if entered:
                    self.present.append(name)
                    await self._leaving[name].wait()
                    self.present.remove(name)
            return entered

        task = asyncio.create_task(visit(), name=name)
        self._tasks.append(task)
        await settled()
        return task

    async def end(self, name):
        self._leaving[name].set()
        await settled()


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def hall():
    return Hall()


async def test_most_run_side_by_side(hall):
    await hall.send("a")
    await hall.send("b")
    assert hall.present == ["a", "b"]


async def test_who_has_to_be_alone_waits_for_the_others_and_they_for_it(hall):
    await hall.send("a")
    await hall.send("alone", alone=True)
    await hall.send("b")
    await hall.send("also alone", alone=True)
    assert hall.present == ["a"]
    await hall.end("a")
    assert hall.present == ["alone"]
    await hall.end("alone")
    assert hall.present == ["also alone"]
    await hall.end("also alone")
    assert hall.present == ["b"]


async def test_once_all_is_to_stop_nobody_waits_any_more(hall):
    await hall.send("a")
    waiting = [await hall.send("alone", alone=True), await hall.send("b")]
    hall.stop.set()
    assert await asyncio.gather(*waiting) == [False, False]
    await hall.end("a")
    assert hall.present == []


async def test_one_that_gives_up_waiting_holds_up_nobody(hall):
    await hall.send("a")
    alone = await hall.send("alone", alone=True)
    await hall.send("b")
    alone.cancel()
    await settled()
    assert hall.present == ["a", "b"]
