"""Asks one plugin for its objects and checks that each fulfils the protocol of its kind."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pluggy

from product_importer.hookspecs import PROJECT, Hooks
from product_importer.model import MigrationSet, ShopProfiles
from product_importer.plugins.calls import misfit
from product_importer.ports import (
    Codec,
    Command,
    DedupePolicy,
    EventSink,
    Exporter,
    Parser,
    Source,
    Transformer,
    Validator,
)

if TYPE_CHECKING:
    from product_importer.registry import Kind

    Objects: TypeAlias = Mapping[Kind, tuple[Any, ...]]

KINDS: Final[tuple[tuple[Kind, str, type], ...]] = (
    ("parser", "parsers", Parser),
    ("validator", "validators", Validator),
    ("dedupe policy", "dedupe_policies", DedupePolicy),
    ("event sink", "event_sinks", EventSink),
    ("source", "sources", Source),
    ("migration set", "migrations", MigrationSet),
    ("command", "commands", Command),
    ("codec", "codecs", Codec),
    ("set of profiles", "profiles", ShopProfiles),
    ("transform", "transforms", Transformer),
    ("exporter", "exporters", Exporter),
)
"""For each kind: PluginSet's field, which is also the end of the hook's name, and the objects' protocol."""

_HOOKS: Final = {f"{PROJECT}_{field}": (kind, shape) for kind, field, shape in KINDS}


class UnfitError(Exception):
    """The plugin can't be used; the message is for its author."""


def ask(plugin: object) -> Objects:
    """Calls each of the plugin's hooks once. Raises UnfitError, or the exception of a hook.

    Every plugin has a plugin manager of its own, so that a faulty plugin can't affect another one.
    """
    if isinstance(plugin, type):
        raise UnfitError(f"{plugin.__name__} is a class; name a module or an object with hooks.")
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin)
    _reject_unknown_hooks(manager)
    callers = manager.get_hookcallers(plugin)
    if not callers:
        raise UnfitError("it has no hooks; mark its functions with product_importer.hookimpl.")
    objects = {}
    for caller in callers:
        kind, shape = _HOOKS[caller.name]
        (implementation,) = caller.get_hookimpls()
        if implementation.wrapper or implementation.hookwrapper:
            raise UnfitError(f"{caller.name} is a wrapper; hooks only register, there is nothing to wrap.")
        # Called directly, because a hook caller drops None, which would hide a forgotten return.
        objects[kind] = tuple(_fitting(implementation.function(), caller.name, kind, shape))
    return objects


def _reject_unknown_hooks(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError:
        unknown = min(vars(manager.hook).keys() - _HOOKS.keys())
        like = [f"; did you mean {name}?" for name in difflib.get_close_matches(unknown, _HOOKS, 1)]
        raise UnfitError(f"there is no hook {unknown}{''.join(like) or '.'}") from None


def _fitting(returned: object, hook: str, kind: Kind, shape: type) -> Iterator[object]:
    """Yields the objects that the hook returned, after checking each."""
    if not isinstance(returned, Iterable) or isinstance(returned, (str, bytes)):
        raise UnfitError(f"{hook} returned {returned!r}; return a list or tuple of objects.")
    names: set[str] = set()
    for it in returned:
        if isinstance(it, type):
            raise UnfitError(f"{hook} gave the class {it.__name__}; give an instance of it.")
        if not isinstance(it, shape):
            lacks = [name for name in vars(shape) if not name.startswith("_") and not hasattr(it, name)]
            raise UnfitError(
                f"{hook} gave a {type(it).__name__}, which is no {shape.__name__}"
                + (f": it lacks {' and '.join(lacks)}." if lacks else ".")
            )
        name = getattr(it, "name", None)
        if not isinstance(name, str) or not name.strip():
            raise UnfitError(f"{hook} gave a {kind} whose name is {name!r}; give it a name.")
        if name in names:
            raise UnfitError(f"{hook} gave two objects named {name!r}.")
        names.add(name)
        if (wrong := misfit(it, kind)) is not None:
            raise UnfitError(f"{hook} gave the {kind} {name!r}, whose {wrong}")
        yield it
