"""docs/sinks.md's package is built, and does what the page says."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "sinks.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acme-chat")
    files = re.findall(
        r"^```{code-block} \w+\n:caption: ([^\n]+)\n\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    for name, content in files:
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def installed(package):
    """The folder into which the package, built as a wheel, was unpacked."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run(build, cwd=package, check=True)
    (wheel,) = package.glob("*.whl")
    site = package / "site"
    zipfile.ZipFile(wheel).extractall(site)
    return site


@pytest.mark.whole
def test_its_own_test_passes(package, server):
    environment = os.environ | {"DATABASE_URL": server.url}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml"]

    ended = subprocess.run(run, cwd=package, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout


@pytest.mark.whole
def test_the_built_package_is_found(installed, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(installed), "ACME_CHAT_URL": "http://127.0.0.1:9/"}
    run = [sys.executable, "-m", "product_importer", "plugins"]

    said = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    assert "acme-chat  (acme-chat 0.1.0)\n  event sink: acme-chat" in said.stdout


def test_the_sink_is_as_short_as_promised(package):
    (sink,) = re.findall(
        r"^class Chat:.*?(?=^@hookimpl)", (package / "acme_chat.py").read_text(), re.MULTILINE | re.DOTALL
    )

    assert len(sink.strip().splitlines()) <= 30
