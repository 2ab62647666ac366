"""Type checkers find a wrong plugin before it runs: mypy against small plugins, right and wrong."""

import re
from pathlib import Path

import pytest

api = pytest.importorskip("mypy.api", reason="mypy is not installed")

ROOT = Path(__file__).parent.parent
SNIPPETS = Path(__file__).parent / "typing_tests"


@pytest.mark.whole
def test_mypy_accepts_the_right_and_catches_each_wrong_plugin():
    paths = sorted(SNIPPETS.glob("*.py"))
    expected = {
        (path.name, number, code)
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        for code in re.findall(r"# error: ([a-z-]+)$", line)
    }

    out, err, _ = api.run(
        [
            f"--config-file={ROOT / 'pyproject.toml'}",
            f"--cache-dir={ROOT / '.mypy_cache'}",
            "--no-error-summary",
            "--show-absolute-path",
            *map(str, paths),
        ]
    )

    assert err == ""
    errors = re.findall(r"^(.+?):(\d+): error: .*  \[([a-z-]+)\]$", out, re.MULTILINE)
    assert {(Path(path).name, int(line), code) for path, line, code in errors} == expected, out
    assert any(name == "bad_plugin.py" for name, *_ in expected)
