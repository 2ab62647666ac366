"""Finds plugins, loads each in isolation, and makes one frozen set of the objects that they bring.

The built-in objects are loaded in the same way, as a plugin whose entry point is defined in this module. A
plugin that can't be used is reported and left out. Only a clash of names stops the program, because choosing
one of the two would be a guess.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from product_importer.errors import PluginError
from product_importer.hookspecs import PROJECT, WEB
from product_importer.plugins.registration import KINDS, UnfitError, ask
from product_importer.registry import BUILT_IN, GIVEN_IN_CODE, FailedPlugin, LoadedPlugin, PluginSet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from product_importer.plugins.registration import Objects
    from product_importer.ports import Extension

__all__ = ["Extensions", "FailedPlugin", "LoadedPlugin", "PluginSet", "load_extensions", "load_plugins"]

T = TypeVar("T")
E = TypeVar("E", bound="Extension")

_log = logging.getLogger(__name__)

_BUILTIN: Final = metadata.EntryPoint("builtin", "product_importer.builtin.plugin", PROJECT)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plugin that was found; ``load`` imports it."""

    name: str
    distribution: str
    load: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Extensions(Generic[E]):
    """The objects of the entry points in another group than that of the hooks, by name."""

    objects: Mapping[str, E]
    loaded: tuple[LoadedPlugin, ...]
    failed: tuple[FailedPlugin, ...]


def load_extensions(
    group: str, shape: type[E], *, disabled: Collection[str] = (), timeout: float = 30.0
) -> Extensions[E]:
    """Loads the objects of another group of entry points, as :func:`load_plugins` loads plugins.

    Each has to be of this ``shape``. Raises PluginError if two have the same name.
    """
    failed: list[FailedPlugin] = []
    objects: dict[str, E] = {}
    loaded: dict[str, LoadedPlugin] = {}
    for candidate in _installed(failed, group):
        if candidate.name in disabled:
            continue
        try:
            found = _within(timeout, candidate.name, partial(_of_shape, candidate.load, shape))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a failing extension must not stop the others
            failed.append(FailedPlugin(candidate.name, candidate.distribution, _reason(error)))
            continue
        plugin = LoadedPlugin(candidate.name, candidate.distribution, found.brings)
        if found.name in objects:
            raise _clash(shape.__name__, found.name, loaded[found.name], plugin)
        objects[found.name], loaded[found.name] = found, plugin
    _tell(failed)
    return Extensions(MappingProxyType(objects), tuple(loaded.values()), tuple(failed))


def load_plugins(
    extra: Iterable[object] = (),
    *,
    entry_points: bool = True,
    disabled: Collection[str] = (),
    timeout: float = 30.0,
) -> PluginSet:
    """Loads the built-in plugin, the installed ones, and ``extra`` ones (modules or objects with hooks).

    ``disabled`` names plugins that are not even imported. A plugin that fails to load, or hasn't been loaded
    within ``timeout`` seconds, is logged as a warning, listed in ``failed`` and left out. Raises PluginError
    if two plugins bring objects of one kind and name, or sources of one scheme.
    """
    candidates = [_Candidate(_BUILTIN.name, BUILT_IN, _BUILTIN.load)]
    failed: list[FailedPlugin] = []
    if entry_points:
        candidates += _installed(failed, PROJECT)
    candidates += [_Candidate(_name_of(plugin), GIVEN_IN_CODE, partial(_itself, plugin)) for plugin in extra]
    unknown = set(disabled).difference(candidate.name for candidate in candidates)
    if unknown:  # only then, because looking at all installed distributions takes time
        unknown.difference_update(candidate.name for candidate in _installed([], WEB))
    for name in sorted(unknown):
        _log.warning("The plugin %r is to be disabled, but there is no such plugin.", name)

    brought: list[tuple[LoadedPlugin, Objects]] = []
    for candidate in candidates:
        if candidate.name in disabled:
            continue
        try:
            objects = _within(timeout, candidate.name, partial(_asked, candidate.load))
        except (Exception, SystemExit) as error:  # a failing plugin must not stop the others
            if candidate is candidates[0]:
                raise  # the program can't work without the built-in objects
            failed.append(FailedPlugin(candidate.name, candidate.distribution, _reason(error)))
        else:
            names = MappingProxyType(
                {str(kind): tuple(it.name for it in its) for kind, its in objects.items()}
            )
            brought.append((LoadedPlugin(candidate.name, candidate.distribution, names), objects))
    _tell(failed)
    return _merge(brought, failed)


def _tell(failed: Iterable[FailedPlugin]) -> None:
    for failure in failed:
        _log.warning("The plugin %r (%s) is left out: %s", failure.name, failure.distribution, failure.reason)


def _installed(failed: list[FailedPlugin], group: str) -> list[_Candidate]:
    """The plugins of installed distributions, sorted by name. Unreadable ones are added to ``failed``."""
    found: dict[tuple[str, str], _Candidate] = {}  # an import path may have a distribution twice
    # metadata.entry_points() won't do: there, one distribution with a broken file hides all the others.
    for distribution in metadata.distributions():
        try:
            entries = distribution.entry_points.select(group=group)
        except Exception as error:  # noqa: BLE001 - as above
            reason = f"its entry_points.txt can't be read: {_reason(error)}"
            failure = FailedPlugin(distribution.name, _title(distribution), reason)
            ours = f"[{group}]" in (distribution.read_text("entry_points.txt") or "")
            if ours and failure not in failed:
                failed.append(failure)
            continue
        for entry in entries:
            key = entry.name, distribution.name
            found.setdefault(key, _Candidate(entry.name, _title(distribution), entry.load))
    return [found[key] for key in sorted(found)]


def _title(distribution: metadata.Distribution) -> str:
    return f"{distribution.name} {distribution.version}"


def _name_of(plugin: object) -> str:
    return str(getattr(plugin, "__name__", None) or type(plugin).__name__)


def _itself(plugin: object) -> object:
    return plugin


def _asked(load: Callable[[], object]) -> Objects:
    return ask(load())


def _of_shape(load: Callable[[], object], shape: type[E]) -> E:
    found = load()
    if not isinstance(found, shape):
        raise UnfitError(f"it gives {found!r}, which is no {shape.__name__}.")
    return found


def _within(seconds: float, name: str, load: Callable[[], T]) -> T:
    """Loads the plugin in a thread of its own, and gives up after this number of seconds.

    A thread can't be stopped. A thread that hangs is left behind; as a daemon it doesn't keep the program
    alive.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(load())
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            result.set_exception(error)

    threading.Thread(target=run, name=f"load plugin {name}", daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError:
        if result.done():  # the plugin's own TimeoutError
            raise
        raise UnfitError(f"it has not finished loading within {seconds:g} seconds.") from None


def _reason(error: BaseException) -> str:
    """The error's message in one line of at most 300 characters."""
    text = str(error) if isinstance(error, UnfitError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:300]


def _clash(what: str, name: str, owner: LoadedPlugin, plugin: LoadedPlugin) -> PluginError:
    return PluginError(
        f"Two plugins bring a {what} {name!r}: {owner.origin} and {plugin.origin}. "
        "Uninstall or disable one of them.",
        plugin=plugin.origin,
    )


def _merge(brought: list[tuple[LoadedPlugin, Objects]], failed: list[FailedPlugin]) -> PluginSet:
    merged: dict[str, dict[str, Any]] = {field: {} for _, field, _ in KINDS}
    owners: dict[tuple[str, str], LoadedPlugin] = {}

    def claim(what: str, name: str, plugin: LoadedPlugin) -> None:
        owner = owners.setdefault((what, name), plugin)
        if owner is not plugin:
            raise _clash(what, name, owner, plugin)

    for plugin, objects in brought:
        for kind, field, _ in KINDS:
            for it in objects.get(kind, ()):
                claim(kind, it.name, plugin)
                merged[field][it.name] = it
        for source in objects.get("source", ()):
            for scheme in source.schemes:
                claim("source for the scheme", scheme, plugin)
    return PluginSet(
        **{field: MappingProxyType(objects) for field, objects in merged.items()},
        loaded=tuple(plugin for plugin, _ in brought),
        failed=tuple(failed),
    )
