"""The command ``product-importer``."""

from __future__ import annotations

import sys
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

import product_importer.cli.early  # noqa: F401 - must come before the other imports
from product_importer.cli import exits
from product_importer.errors import ProductImporterError
from product_importer.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODULES: Final = {
    "import": "importing",
    "apply": "applying",
    "inspect": "inspecting",
    "export": "exporting",
    "migrate": "maintenance",
    "plugins": "maintenance",
    "profiles": "profiles",
    "relay": "relaying",
    "resubmit": "resubmitting",
    "restore": "undoing",
    "schedule": "schedules",
    "sinks": "relaying",
    "undo": "undoing",
}
"""The module of each built-in command. It is imported when its command runs or is listed."""


class Commands(click.Group):
    """The built-in commands, and those of plugins. A plugin can't replace a built-in command, so plugins are
    only loaded for the other commands and for the list of all.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return built_in(cmd_name) if cmd_name in _MODULES else self._of_plugins.get(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted({*_MODULES, *self._of_plugins})

    @cached_property
    def _of_plugins(self) -> Mapping[str, click.Command]:
        from product_importer.plugins import load_plugins  # noqa: PLC0415 - most commands don't need it here

        found = load_plugins(disabled=load_settings().disabled_plugins).commands
        return {each.name: each.command for each in found.values()}


def built_in(name: str) -> click.Command:
    """Returns the built-in command of this name."""
    command: click.Command = getattr(import_module(f"{__name__}.{_MODULES[name]}"), f"{name}_command")
    return command


def built_in_commands() -> tuple[click.Command, ...]:
    """Returns all built-in commands, in the order of the documentation."""
    return tuple(map(built_in, _MODULES))


def build_app() -> click.Group:
    """Returns the command line, with the commands of plugins."""
    return Commands(
        name="product-importer",
        help="Loads product catalogues from files into PostgreSQL: exact, fast, resumable.",
    )


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
