"""The command ``product-importer``."""

from __future__ import annotations

import sys

import click

import product_importer.cli.early  # noqa: F401 - must come before the other imports
from product_importer.cli import exits
from product_importer.cli.exporting import export_command
from product_importer.cli.importing import import_command
from product_importer.cli.inspecting import inspect_command
from product_importer.cli.maintenance import migrate_command, plugins_command
from product_importer.cli.profiles import profiles_command
from product_importer.cli.relaying import relay_command, sinks_command
from product_importer.cli.schedules import schedule_command
from product_importer.errors import ProductImporterError
from product_importer.plugins import load_plugins
from product_importer.settings import load_settings

BUILT_IN = (
    import_command,
    inspect_command,
    export_command,
    migrate_command,
    plugins_command,
    profiles_command,
    relay_command,
    schedule_command,
    sinks_command,
)


def build_app() -> click.Group:
    """Returns the command line, with the commands of plugins. A plugin can't replace a built-in command."""
    app = click.Group(
        name="product-importer",
        help="Loads product catalogues from files into PostgreSQL: exact, fast, resumable.",
    )
    for command in load_plugins(disabled=load_settings().disabled_plugins).commands.values():
        app.add_command(command.command, command.name)
    for built_in in BUILT_IN:
        app.add_command(built_in)
    return app


def main() -> None:
    """Runs the command line. Errors are printed in one line on standard error."""
    try:
        code = build_app().main(prog_name="product-importer", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = exits.USAGE
    except click.ClickException as error:
        code = _told(error.format_message(), exits.USAGE)
    except ProductImporterError as error:
        code = _told(str(error), exits.of_error(error))
    except (click.Abort, BrokenPipeError):
        sys.stderr.close()  # the reader is gone
        code = exits.FAILED
    sys.exit(code if isinstance(code, int) else 0)


def _told(message: str, code: int) -> int:
    click.echo(f"product-importer: {message}", err=True)
    return code
