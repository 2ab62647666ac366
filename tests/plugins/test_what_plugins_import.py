"""The project's own plugins import what the documentation allows, and nothing else."""

import ast
import re
from pathlib import Path

import pytest

from parsing import parsed

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"## What a plugin may import\n(.*?)\n## ", re.DOTALL)
ALLOWED = re.findall(
    r"`(product_importer[\w.]*)`", SECTION.search((ROOT / "docs" / "plugins.md").read_text())[1]
)
PLUGINS = sorted(path for path in (ROOT / "plugins").iterdir() if (path / "pyproject.toml").is_file())


def imported(path):
    for node in ast.walk(parsed(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_allowed(module):
    if not re.match(r"product_importer(_web)?(\.|$)", module):
        return True  # its own, or another package's
    return any(module == name or ("." in name and module.startswith(f"{name}.")) for name in ALLOWED) or (
        module.startswith("product_importer_web")
    )


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_what_it_may(plugin):
    modules = {module for path in (plugin / "src").rglob("*.py") for module in imported(path)}

    assert [module for module in sorted(modules) if not is_allowed(module)] == []


def test_the_list_names_modules_that_there_are():
    folders = {"product_importer": ROOT / "src", "product_importer_web": ROOT / "src"}
    for name in ALLOWED:
        if name.partition(".")[0] in folders and name not in ("hookimpl", "row_validator"):
            path = ROOT / "src" / Path(*name.split("."))
            assert path.is_dir() or path.with_suffix(".py").is_file(), name


@pytest.mark.parametrize("module", ["product_importer.store.queries", "product_importer.app"])
def test_others_are_not_allowed(module):
    assert not is_allowed(module)
