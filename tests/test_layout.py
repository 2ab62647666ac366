"""Modules stay short, rooms few, and tests where one looks for them."""

import re
from collections import Counter
from pathlib import Path

import pytest

import mutants

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "product_importer"
PACKAGES = [path.parent for path in PACKAGE.rglob("*/__init__.py")]
SOURCES = [*ROOT.glob("src/*/"), *ROOT.glob("plugins/*/src/*/")]
FOLDERS = [ROOT / "tests", *sorted(ROOT.glob("plugins/*/tests"))]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_each_package_has_its_folder_of_tests(package):
    folder = ROOT / "tests" / package.relative_to(PACKAGE)

    assert list(folder.glob("test_*.py"))


def test_names_are_unique():
    """pytest imports them all as top-level modules; ``conftest.py`` alone may be there many times."""
    names = Counter(path.name for folder in FOLDERS for path in folder.rglob("*.py"))
    del names["conftest.py"], names["__init__.py"]

    assert [name for name, times in names.items() if times > 1] == []


def test_no_module_is_long():
    modules = {path: len(path.read_text().splitlines()) for src in SOURCES for path in src.rglob("*.py")}

    assert len(modules) > 200
    assert {str(path.relative_to(ROOT)): lines for path, lines in modules.items() if lines > 300} == {}


def test_the_documentation_names_each_room_and_they_are_few():
    rooms = {path.stem for path in PACKAGE.iterdir() if not path.stem.startswith("__")} - {"py"}
    text = (ROOT / "docs" / "architecture.md").read_text()
    (table,) = re.findall(r"^## Rooms\n(.*?)^## ", text, re.DOTALL | re.MULTILINE)
    named = [
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)/?`", row)
    ]

    assert sorted(named) == sorted({*rooms, "product_importer_web"})
    assert len(rooms) < 30


def test_the_table_of_the_mutants_names_modules_and_tests_that_are_there():
    assert [module for module in mutants.ELSEWHERE if not (mutants.PACKAGE / module).exists()] == []
    tests = {test for module in mutants.ELSEWHERE for test in mutants.tests_of(module)}
    assert [test for test in sorted(tests) if not (mutants.ROOT / test).exists()] == []
