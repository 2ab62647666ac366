"""A plugin with as many more validators as wanted, to see what each of them costs an import."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = '''"""Validators that look at every name and find nothing."""
import pyarrow.compute as pc
from product_importer import hookimpl
from product_importer.ports import Finding


class ForbiddenName:
    def __init__(self, number):
        self.name = f"forbidden_name_{{number}}"
        self.word = f"forbidden {{number}}"

    def check(self, batch):
        wrong = pc.match_substring(batch["name"], self.word, ignore_case=True)
        yield Finding("name", self.name, "Choose another name.", wrong)


@hookimpl
def product_importer_validators():
    return [ForbiddenName(number) for number in range({count})]
'''
METADATA = "Metadata-Version: 2.1\nName: bench-validators\nVersion: 1.0\n"
ENTRY_POINTS = "[product_importer]\nbench_validators = bench_validators\n"


def install(directory: Path, count: int) -> dict[str, str]:
    """Puts an installed distribution into ``directory``; returns the environment in which Python finds it."""
    metadata = directory / "bench_validators-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(METADATA, encoding="utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (directory / "bench_validators.py").write_text(MODULE.format(count=count), encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(directory), os.environ.get("PYTHONPATH"))))}
