"""The command ``product-importer``."""

from __future__ import annotations

import sys

import typer

from product_importer.cli.importing import import_command
from product_importer.cli.maintenance import migrate_command, plugins_command
from product_importer.errors import ProductImporterError, SettingsError, UsageError
from product_importer.plugins import load_plugins
from product_importer.settings import load_settings

EXIT_FAILED = 1
EXIT_USAGE = 2


def build_app() -> typer.Typer:
    """The command line with the commands that plugins bring. A plugin can't replace a built-in command."""
    app = typer.Typer(
        name="product-importer",
        help="Loads product catalogues from files into PostgreSQL: exact, fast, resumable.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command("import")(import_command)
    app.command("migrate")(migrate_command)
    app.command("plugins")(plugins_command)
    settings = load_settings()
    for command in load_plugins(disabled=settings.disabled_plugins).commands.values():
        if isinstance(command.command, typer.Typer):
            app.add_typer(command.command, name=command.name)
        else:
            app.command(command.name)(command.command)
    return app


def main() -> None:
    """Runs the command line. What is wrong is told in one line on standard error."""
    try:
        build_app()()
    except (UsageError, SettingsError) as error:
        _fail(str(error), EXIT_USAGE)
    except ProductImporterError as error:
        _fail(str(error), EXIT_FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_FAILED)


def _fail(message: str, code: int) -> None:
    print(f"product-importer: {message}", file=sys.stderr)  # noqa: T201 - this is the terminal
    sys.exit(code)
