"""What a command imports at its start: each module takes about a millisecond of every run."""

import pytest

PROGRAM = """
import sys
from product_importer.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""

NEEDLESS = {
    *("aiocsv", "rich", "tomllib", "jinja2", "aiohttp"),
    *(
        f"product_importer.{name}"
        for name in (
            *("catalogue", "product", "outbox", "cli.exporting", "cli.maintenance", "cli.schedules"),
            *("imports.schedules", "pipeline.inspecting", "pipeline.preview"),
            *("store.deletions", "store.settling", "store.audit", "store.planning", "store.applying"),
            *("store.listed_changes", "store.changes.history", "store.changes.imported"),
        )
    ),
}
"""Modules that a plain import of a CSV file doesn't need."""

HEAVY = {"numpy", "pyarrow", "asyncpg", "rich", "product_importer.app", "product_importer.plugins"}


def loaded(line, *arguments):
    done = line.python("-c", PROGRAM, *arguments)
    assert done.code == 0, done.stderr
    return set(done.stderr.split())


def test_an_import_of_a_csv_file_loads_what_it_needs(command_line, shop):
    path = shop.file("sku,name,price\nA,Apple,1\n")

    modules = loaded(command_line, "import", "--quiet", path)

    assert "product_importer.pipeline.run" in modules
    assert modules & NEEDLESS == set()


@pytest.mark.parametrize("command", ["import", "inspect", "export", "profiles", "schedule", "relay", "sinks"])
def test_help_about_a_command_loads_no_heavy_module(command_line, command):
    assert loaded(command_line, command, "--help") & HEAVY == set()
