"""How long the page of a plan takes over HTTP, by filter."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp

from benchmarks import data
from benchmarks.database import WrongResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.data import Dataset
    from benchmarks.web import Shell

PART: Final = "DESK"
"""The category with which one SKU in twelve begins."""

_SEED: Final = 7


def questions(products: int) -> dict[str, dict[str, str]]:
    """What the page is asked for, by name; every one of so many products is changed."""
    middle = str(products // 2)
    return {
        "all, what stands out first": {},
        "all, as in the file": {"sort": "line"},
        "all, by SKU": {"sort": "sku"},
        "in the middle, what stands out first": {"place": middle},
        "in the middle, as in the file": {"sort": "line", "place": middle},
        "in the middle, by SKU": {"sort": "sku", "place": middle},
        "one kind": {"kind": "updated"},
        "one field": {"field": "price"},
        "prices that move much": {"notable": "price_moved"},
        "part of a SKU": {"sku": PART},
        "part of a SKU, by SKU": {"sku": PART, "sort": "sku"},
        "kind, field and part of a SKU": {"kind": "updated", "field": "price", "sku": PART},
        "no SKU is like that": {"sku": "nothing has this"},
    }


@dataclass(frozen=True, slots=True)
class Page:
    """Seconds of each request for one page, and the CPU seconds of the web process for all of them."""

    seconds: tuple[float, ...]
    cpu_seconds: float


async def page_seconds(shell: Shell, import_id: object, dataset: Dataset, times: int) -> dict[str, Page]:
    """What the page took, asked for so many times for each question, in an order by chance."""
    asked = questions(dataset.products)
    await _check_totals(shell, import_id, dataset, asked)
    found: dict[str, list[float]] = {name: [] for name in asked}
    used = dict.fromkeys(asked, 0.0)
    order = [name for name in asked for _ in range(times)]
    random.Random(_SEED).shuffle(order)
    async with aiohttp.ClientSession(headers={"Accept": "text/html"}) as session:
        for name in order:
            began, cpu = time.perf_counter(), shell.cpu_seconds()
            async with session.get(f"{shell.address}/imports/{import_id}", params=asked[name]) as answer:
                body = await answer.text()
            found[name].append(time.perf_counter() - began)
            used[name] += shell.cpu_seconds() - cpu
            if answer.status != 200 or "plan-title" not in body:
                raise WrongResult(f"The plan's page for {asked[name]} is answered with {answer.status}.")
    return {name: Page(tuple(seconds), used[name]) for name, seconds in found.items()}


async def _check_totals(
    shell: Shell, import_id: object, dataset: Dataset, asked: Mapping[str, Mapping[str, str]]
) -> None:
    """Raises :class:`WrongResult` unless each question finds as many changes as the file calls for."""
    async with aiohttp.ClientSession() as session:
        for given in asked.values():
            wanted = {name: value for name, value in given.items() if name not in ("sort", "place")}
            address = f"{shell.address}/api/v1/imports/{import_id}/changes"
            async with session.get(address, params={**wanted, "limit": "1"}) as answer:
                total = (await answer.json()).get("total")
            if total != (expected := _expected(wanted, dataset.products)):
                raise WrongResult(f"The plan has {total} changes for {wanted}, not {expected:,}.")


def _expected(wanted: Mapping[str, str], products: int) -> int:
    if "notable" in wanted or wanted.get("sku", PART) != PART:
        return 0
    return data.in_category(products, PART) if "sku" in wanted else products
