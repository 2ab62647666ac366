"""Finds and loads plugins, and checks the objects that they bring."""

from product_importer.plugins.loading import (
    Extensions,
    FailedPlugin,
    LoadedPlugin,
    PluginSet,
    load_extensions,
    load_plugins,
)

__all__ = ["Extensions", "FailedPlugin", "LoadedPlugin", "PluginSet", "load_extensions", "load_plugins"]
