"""Adds plugins' figures to ``/metrics``. Faulty figures must not take the others with them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from prometheus_client import Metric, generate_latest

from product_importer_web.extensions import Figures
from product_importer_web.keys import FIGURES, METRICS

_logger = logging.getLogger(__name__)

_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Families:
    """Families of figures, for an encoder. The times at which counters and histograms were made are left
    out: they would double the number of series.
    """

    families: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        for family in self.families:
            shown = copy(family)
            shown.samples = [each for each in family.samples if each.name != f"{family.name}_created"]
            yield shown


async def families_of_plugins(request: web.Request) -> list[Metric]:
    """Returns all figures that can be read and shown. ``figures_up`` names the others."""
    metrics, figures = request.app[METRICS], request.app[FIGURES]
    answers = await asyncio.gather(*(_read(request, each) for each in figures), return_exceptions=True)
    taken = {name for family in metrics.registry.collect() for name in _names(family)}
    found: list[Metric] = []
    for each, answer in zip(figures, answers, strict=True):
        try:
            families = _shown(answer, taken)
        except Exception:
            if metrics.figures_are(each.name, up=False):
                _logger.exception("The figures %r are left out", each.name)
        else:
            metrics.figures_are(each.name, up=True)
            found += families
            taken |= {name for family in families for name in _names(family)}
    return found


async def _read(request: web.Request, figures: Figures) -> list[Metric]:
    async with asyncio.timeout(_SECONDS):
        return list(await figures.read(request))


def _shown(answer: list[Metric] | BaseException, taken: set[str]) -> list[Metric]:
    """Returns the figures. Raises an error if they can't be shown."""
    if isinstance(answer, BaseException):
        raise answer
    generate_latest(Families(answer))
    for family in answer:
        names = _names(family)
        if twice := names & taken:
            raise ValueError(f"there is a {min(twice)} already")
        taken = taken | names
    return answer


def _names(family: Metric) -> set[str]:
    return {family.name, *(sample.name for sample in family.samples)}
