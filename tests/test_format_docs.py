"""docs/format-tutorial.md's package is built, and does what the page says."""

import importlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "format-tutorial.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acme-till")
    files = re.findall(
        r"^```{code-block} \w+\n:caption: ([^\n]+)\n\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    for name, content in files:
        (folder / name).write_text(content)
    return folder


def test_the_format_keeps_the_contract(package, monkeypatch):
    monkeypatch.syspath_prepend(package)
    monkeypatch.delitem(sys.modules, "acme_till", raising=False)
    try:
        importlib.import_module("test_acme_till").test_the_contract()
    finally:
        for name in ("acme_till", "test_acme_till"):
            sys.modules.pop(name, None)


@pytest.mark.whole
def test_its_own_tests_pass(package, server):
    environment = os.environ | {"DATABASE_URL": server.url}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml"]

    ended = subprocess.run(run, cwd=package, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout


@pytest.mark.whole
def test_the_built_package_is_found(package, tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run(build, cwd=package, check=True)
    (wheel,) = package.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    run = [sys.executable, "-m", "product_importer", "plugins"]

    said = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    assert "acme-till  (acme-till 0.1.0)\n  parser: acme-till" in said.stdout

    run = [sys.executable, "-m", "product_importer", "inspect", str(package / "prices.till")]
    said = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    assert "a price list of a till" in said.stdout
