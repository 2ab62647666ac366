"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

database_url_option = click.option(
    "--database-url", metavar="URL", help="The database. Default: DATABASE_URL, else the embedded one."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
quiet_option = click.option("--quiet", is_flag=True, help="No progress, no summary.")


def rejects_option(rows: str = "rejected rows") -> Callable[[_Command], _Command]:
    """Returns the option for the file of these rows."""
    return click.option(
        "--rejects",
        type=click.Path(path_type=Path),
        help=f"Write {rows} to this file: CSV, or what its name ends in.",
    )
