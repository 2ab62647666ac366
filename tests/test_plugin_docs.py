"""docs/plugins.md tells the truth: its signatures are the hooks', and all its examples run."""

import doctest
import importlib
import inspect
import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from product_importer.hookspecs import Hooks
from product_importer.plugins import load_plugins
from product_importer.plugins.registration import KINDS
from product_importer.testing import plugin_set

DOCUMENT = Path(__file__).parent.parent / "docs" / "plugins.md"
HOOKS = {name: hook for name, hook in vars(Hooks).items() if name.startswith("product_importer_")}


def test_there_is_a_hook_for_each_kind():
    assert list(HOOKS) == [f"product_importer_{field}" for _, field, _ in KINDS]


def test_the_signatures_in_the_docs_are_the_hooks():
    documented = re.findall(r"^(product_importer_\w+\(.*)$", DOCUMENT.read_text(), re.MULTILINE)

    assert documented == [
        f"{name}() -> {inspect.signature(hook).return_annotation}" for name, hook in HOOKS.items()
    ]


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_of_each_hook_is_a_plugin(name):
    example = doctest.DocTestParser().get_doctest(inspect.getdoc(HOOKS[name]), {}, name, None, None)

    result = doctest.DocTestRunner().run(example, clear_globs=False)

    assert result.attempted > 2
    assert result.failed == 0
    (plugin,) = plugin_set(SimpleNamespace(**example.globs)).loaded[1:]
    ((kind, (registered,)),) = plugin.registered.items()
    assert f"product_importer_{next(field for each, field, _ in KINDS if each == kind)}" == name
    assert registered


def test_the_examples_of_the_docs_run(tutorial):
    document = Sybil([PythonCodeBlockParser()], path=DOCUMENT.parent, patterns=["*.md"]).parse(DOCUMENT)
    examples = list(document.examples())

    assert len(examples) >= 6
    for example in examples:
        example.evaluate()


@pytest.fixture
def tutorial(tmp_path, monkeypatch):
    """The tutorial's files, installed as its ``pip install -e .`` would."""
    files = re.findall(
        r"^```{code-block} \w+\n:caption: ([^\n]+)\n\n(.*?)^```$",
        DOCUMENT.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    for name, content in files:
        (tmp_path / name).write_text(content)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    ((group, entries),) = project["entry-points"].items()
    info = tmp_path / f"acme_checks-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    (info / "entry_points.txt").write_text(
        f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in entries.items())
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name, _ in files:
        monkeypatch.delitem(sys.modules, name.removesuffix(".py"), raising=False)
    yield
    for name, _ in files:
        sys.modules.pop(name.removesuffix(".py"), None)


def test_the_tutorials_plugin_is_found_and_its_test_passes(tutorial):
    plugins = load_plugins()

    assert plugins.origin("validator", "acme-priced") == "acme-checks 0.1.0"
    importlib.import_module("test_acme_checks").test_an_active_product_needs_a_price()
