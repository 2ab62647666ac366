"""Builds the distributions and tries them where nothing else is installed.

check_distributions.py DIRECTORY-FOR-ITS-WORK
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = (
    *("excel", "fastcsv", "files", "jsonlines", "parquet", "redis_stream", "s3", "sftp", "webhooks", "xml"),
)
PROJECTS = (ROOT, *(ROOT / "plugins" / name for name in PLUGINS))
CSV = 'SKU,Title,Price,Colour\nTEA-1,Green tea,4.50,green\nTEA-2,Black tea,"3,90",black\n'
WRONG_USAGE = 2
REJECTED_ROWS = 3


def main(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    dist = directory / "dist"
    for project in PROJECTS:
        _run(sys.executable, "-m", "build", "--outdir", dist, project)
        _check_contents(project, dist)
    _check_installed(directory, sorted(dist.glob("*.whl")))


def _check_contents(project: Path, dist: Path) -> None:
    """Each file of the packages is in the wheel, and nothing else is."""
    source = project / "src"
    expected = {path.relative_to(source).as_posix() for path in _files(source)}
    (wheel,) = dist.glob(f"{_name(project)}-[0-9]*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    packed = {name for name in names if ".dist-info/" not in name}
    if expected != packed:
        sys.exit(
            f"{wheel.name} lacks {sorted(expected - packed)} and has {sorted(packed - expected)} too many"
        )
    if not any(name.endswith("licenses/LICENSE") for name in names) and project is ROOT:
        sys.exit(f"{wheel.name} lacks the licence")
    print(f"{wheel.name}: {len(packed)} files, as in {source.relative_to(ROOT)}")


def _files(folder: Path) -> list[Path]:
    """The files, also those behind a link to a folder."""
    found = []
    for path, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [Path(path, name) for name in files]
    return found


def _name(project: Path) -> str:
    return "product_importer" if project == ROOT else f"product_importer_{project.name}"


def _check_installed(directory: Path, wheels: list[Path]) -> None:
    environment = directory / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    requirements = [
        f"{wheel}[embedded]" if wheel.name.startswith("product_importer-") else wheel for wheel in wheels
    ]
    _run(python, "-m", "pip", "install", "--quiet", *requirements)
    _run(python, "-m", "pip", "check")
    command = environment / "bin" / "product-importer"
    _run(command, "--help")
    file = directory / "products.csv"
    file.write_text(CSV, encoding="utf-8")
    variables = os.environ | {"PRODUCT_IMPORTER_DATA_DIR": str(directory / "data")}
    for parser, created, unchanged in (("csv", 1, 0), ("fastcsv", 0, 1)):
        ended = subprocess.run(
            [command, "import", file, "--json", "--parser", parser],
            cwd=directory, env=variables, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        report = json.loads(ended.stdout)
        found = (ended.returncode, report["created"], report["unchanged"], report["invalid"])
        if found != (REJECTED_ROWS, created, unchanged, 1):
            sys.exit(f"The import with {parser} ended with {ended.returncode}: {report}")
        print(f"import --parser {parser}: {report['read']} rows read, as expected")
    lacking = subprocess.run(
        [command, "serve"], env=variables, stderr=subprocess.PIPE, text=True, check=False
    )
    if lacking.returncode != WRONG_USAGE or "Install what the pages need" not in lacking.stderr:
        sys.exit(f"serve without its packages ended with {lacking.returncode}: {lacking.stderr}")
    (ours,) = [wheel for wheel in wheels if wheel.name.startswith("product_importer-")]
    _run(python, "-m", "pip", "install", "--quiet", f"{ours}[all]")
    _check_served(command, variables)


def _check_served(command: Path, variables: dict[str, str]) -> None:
    """A page comes, with what it is made of."""
    served = subprocess.Popen(
        [command, "serve", "--port", "0"], env=variables, stdout=subprocess.PIPE, text=True
    )
    try:
        assert served.stdout is not None, "it is a pipe"
        address = served.stdout.readline().split()[-1]
        with urlopen(address) as page:
            text = page.read().decode()
        for part in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text)):
            urlopen(address.rstrip("/") + part).close()  # raises if it isn't there
    finally:
        served.terminate()
    if served.wait() != 0:
        sys.exit(f"serve ended with {served.returncode}")
    print(f"serve: {len(text)} characters, and all that they name")


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() / "distributions")
