"""Options that several commands share."""

from __future__ import annotations

import click

database_url_option = click.option(
    "--database-url", metavar="URL", help="The database. Default: DATABASE_URL, else the embedded one."
)
