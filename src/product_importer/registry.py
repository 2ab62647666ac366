"""The frozen set of plugins' objects that the pipeline and the relay get. Doesn't use pluggy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from product_importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from product_importer.model import MigrationSet, ShopProfiles
    from product_importer.ports import (
        Codec,
        Command,
        DedupePolicy,
        EventSink,
        Exporter,
        FormatParser,
        Parser,
        ReportingSource,
        Source,
        Transformer,
        Validator,
    )

Kind = Literal[
    "parser",
    "validator",
    "dedupe policy",
    "event sink",
    "source",
    "migration set",
    "command",
    "codec",
    "set of profiles",
    "transform",
    "exporter",
]
"""The kinds of objects, in the words that messages use."""

GIVEN_IN_CODE = "given in code"

BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin in use. ``registered`` maps each kind to the names of the objects that it brought.

    ``distribution`` is the package and its version ("acme-checks 1.0"), or "built in", or "given in code".
    """

    name: str
    distribution: str
    registered: Mapping[str, tuple[str, ...]]

    @property
    def origin(self) -> str:
        """The plugin's name for messages."""
        return f"{self.name}, {GIVEN_IN_CODE}" if self.distribution == GIVEN_IN_CODE else self.distribution


@dataclass(frozen=True, slots=True)
class FailedPlugin:
    """A plugin that was left out, and the reason, in one line."""

    name: str
    distribution: str
    reason: str


@dataclass(frozen=True, slots=True)
class PluginSet:
    """The objects of all plugins, by name. Built-in objects come first, in the order of their hooks."""

    parsers: Mapping[str, Parser | FormatParser]
    validators: Mapping[str, Validator]
    dedupe_policies: Mapping[str, DedupePolicy]
    event_sinks: Mapping[str, EventSink]
    sources: Mapping[str, Source | ReportingSource]
    migrations: Mapping[str, MigrationSet]
    commands: Mapping[str, Command]
    codecs: Mapping[str, Codec]
    profiles: Mapping[str, ShopProfiles]
    transforms: Mapping[str, Transformer]
    exporters: Mapping[str, Exporter]
    loaded: tuple[LoadedPlugin, ...]
    failed: tuple[FailedPlugin, ...]

    def origin(self, kind: Kind, name: str) -> str:
        """The plugin of an object, for messages: "acme-checks 1.0", "built in". KeyError if there is none."""
        for plugin in self.loaded:
            if name in plugin.registered.get(kind, ()):
                return plugin.origin
        raise KeyError(f"No plugin brought a {kind} named {name!r}.")

    def foreign_objects(self, parser: str, policy: str) -> tuple[str, ...]:
        """Names the objects of plugins (without built-in ones) that such an import uses."""
        used: list[tuple[Kind, str]] = [
            ("parser", parser),
            *(("validator", name) for name in self.validators),
            ("dedupe policy", policy),
        ]
        return tuple(
            f"the {kind} {name!r} ({self.origin(kind, name)})"
            for kind, name in used
            if self._brings(kind, name) and self.origin(kind, name) != BUILT_IN
        )

    def _brings(self, kind: Kind, name: str) -> bool:
        return any(name in plugin.registered.get(kind, ()) for plugin in self.loaded)

    def source_for(self, url: str) -> Source | ReportingSource:
        """Returns the source for the URL's scheme. Raises UsageError, which names the known schemes."""
        scheme = urlsplit(url).scheme
        for source in self.sources.values():
            if scheme in source.schemes:
                return source
        known = ", ".join(sorted({scheme for source in self.sources.values() for scheme in source.schemes}))
        raise UsageError(
            f"No plugin fetches {scheme}: URLs. Known schemes: {known or 'none'}. "
            "Install a plugin that does, or download the file first."
        )
