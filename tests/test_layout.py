"""Tests are where one looks for them, and no module of the tests hides another of its name."""

from collections import Counter
from pathlib import Path

import pytest

import mutants

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "product_importer"
PACKAGES = [path.parent for path in PACKAGE.rglob("*/__init__.py")]
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


def test_the_table_of_the_mutants_names_modules_and_tests_that_are_there():
    assert [module for module in mutants.ELSEWHERE if not (mutants.PACKAGE / module).exists()] == []
    tests = {test for module in mutants.ELSEWHERE for test in mutants.tests_of(module)}
    assert [test for test in sorted(tests) if not (mutants.ROOT / test).exists()] == []
