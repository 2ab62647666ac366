"""Starts the steps that a profile lists, on a file with certain columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from product_importer.cells.shortening import quoted
from product_importer.errors import UsageError
from product_importer.model import transforms as data
from product_importer.pipeline.transforms import fills, steps
from product_importer.pipeline.transforms.plugin_step import start_plugin

if TYPE_CHECKING:
    from product_importer.pipeline.transforms.columns import Headers
    from product_importer.pipeline.transforms.plugin_step import PluginStep
    from product_importer.pipeline.transforms.steps import Step
    from product_importer.registry import PluginSet


def steps_of(
    transforms: Iterable[data.Transform], headers: Headers, plugins: PluginSet
) -> Iterator[Step | PluginStep]:
    """Yields the steps for a file with these headers, to which steps may add. A step whose columns the file
    lacks is left out. Raises :class:`UsageError` for a split that would overwrite another column.
    """
    for transform in transforms:
        step = (
            start_plugin(transform, headers, plugins)
            if isinstance(transform, data.ByPlugin)
            else _STARTS[type(transform)](transform, headers)
        )
        if step is not None:
            yield step


def _trim(transform: data.Trim, headers: Headers) -> Step:
    return steps.Trimming(headers.find_all(transform.columns))


def _replace(transform: data.Replace, headers: Headers) -> Step:
    return steps.Replacing(headers.find_all(transform.columns), transform.old, transform.new)


def _recode(transform: data.Recode, headers: Headers) -> Step:
    return steps.Recoding(headers.find_all(transform.columns), transform.words)


def _move(transform: data.Move, headers: Headers) -> Step | None:
    place = headers.find(transform.column)
    if place is None or not transform.starts:
        return None
    return steps.Moving(place, headers.find_or_add(transform.into), transform.starts)


def _split(transform: data.Split, headers: Headers) -> Step | None:
    place = headers.find(transform.column)
    if place is None:
        return None
    own = len(headers.names)
    into = [headers.find_or_add(name) for name in transform.into]
    taken = next((each for each in into if each < own and each != place), None)
    if taken is not None:
        raise UsageError(
            f"A split of the column {quoted(transform.column)} would overwrite the column "
            f"{quoted(headers.names[taken])}. Name a column that isn't there yet."
        )
    return steps.Splitting(place, transform.separator, into)


def _join(transform: data.Join, headers: Headers) -> Step | None:
    places = headers.find_all(transform.columns)
    if not places:
        return None
    return steps.Joining(headers.find_or_add(transform.into), places, transform.separator, transform.without)


def _constant(transform: data.Constant, headers: Headers) -> Step:
    return steps.Setting(headers.find_or_add(transform.into), transform.value)


def _fill_group(transform: data.FillGroup, headers: Headers) -> Step | None:
    group = headers.find(transform.group)
    return None if group is None else fills.FillingGroup(headers.find_all(transform.columns), group)


def _fill_down(transform: data.FillDown, headers: Headers) -> Step | None:
    start = headers.find(transform.start)
    return None if start is None else fills.FillingDown(headers.find_all(transform.columns), start)


def _fill_parent(transform: data.FillParent, headers: Headers) -> Step | None:
    parent = headers.find(transform.parent)
    found = [(headers.find(name), prefix) for name, prefix in transform.keys.items()]
    keys = [(place, prefix) for place, prefix in found if place is not None]
    if parent is None or len(keys) < len(found):  # a profile has one such step for each language of its files
        return None
    return fills.FillingFromParent(headers.find_all(transform.columns), parent, keys, headers.names[parent])


def _leave_out(transform: data.LeaveOut, headers: Headers) -> Step | None:
    """A condition on columns of which the file has none is never met, except that they are blank."""
    filled = headers.find_all(transform.filled)
    found = [(headers.find(name), words) for name, words in transform.holds.items()]
    holds = [(place, words) for place, words in found if place is not None]
    if len(holds) < len(found) or (transform.filled and not filled):
        return None
    blank = headers.find_all(transform.blank)
    return steps.LeavingOut(transform.code, transform.message, blank, filled, holds)


def _one_view(transform: data.OneView, headers: Headers) -> Step | None:
    place = headers.find(transform.column)
    if place is None:
        return None
    return steps.KeepingOneView(place, headers.names[place], transform.code, transform.holds)


_STARTS: Final[Mapping[type, Callable[[Any, Headers], Step | None]]] = {
    data.Trim: _trim,
    data.Replace: _replace,
    data.Recode: _recode,
    data.Move: _move,
    data.Split: _split,
    data.Join: _join,
    data.Constant: _constant,
    data.FillGroup: _fill_group,
    data.FillDown: _fill_down,
    data.FillParent: _fill_parent,
    data.LeaveOut: _leave_out,
    data.OneView: _one_view,
}
