"""Writes an import's options as a request would give them: the other way round from ``options``."""

from __future__ import annotations

from typing import Any, Final

from product_importer.model import ImportOptions
from product_importer.model.transform_texts import text_of
from product_importer.support.records import plain
from product_importer_web.api.option_bodies import LIMITS, Options

_OF_ONE_RUN: Final = ("dry_run", "confirm_missing")
"""Options that a later import of the same file doesn't take over."""

_OTHERWISE: Final = {"profile": "profile_name", "set": "reading", "transform": "transforms"}
"""Options that the library calls otherwise."""


def given_options(options: ImportOptions) -> dict[str, Any]:
    """Returns the options that aren't the usual ones, as a JSON object of a request. If they name a profile,
    those that the profile may have otherwise are there, too.
    """
    usual = ImportOptions()
    found: dict[str, Any] = {}
    for name in Options.__struct_fields__:
        if name in _OF_ONE_RUN:
            continue
        if name in LIMITS:
            value, default = (getattr(each.limits, LIMITS[name]) for each in (options, usual))
        else:
            value, default = (getattr(each, _OTHERWISE.get(name, name)) for each in (options, usual))
            default = None if options.profile_name else default
        if value != default and value not in (None, (), {}):
            found[name] = [text_of(step) for step in value] if name == "transform" else plain(value)
    return found
