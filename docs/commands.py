"""Writes the tables of command-line.md from the command line itself: ``python docs/commands.py``.

A test holds the page to what this makes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from product_importer.cli import built_in_commands
from product_importer_web.plugin import COMMANDS

PAGE = Path(__file__).parent / "command-line.md"
MARK = "<!-- From here on written by docs/commands.py -->\n"


def reference() -> str:
    """A section for each command that is there without further plugins."""
    commands = (*built_in_commands(), *COMMANDS)
    return MARK + "\n" + "\n".join(line for command in commands for line in _section(command))


def _section(command: click.Command, above: str = "") -> Iterator[str]:
    yield f"{'###' if above else '##'} `{above}{command.name}`\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _section(each, f"{command.name} ")
        return
    yield "| | Default | |"
    yield "|---|---|---|"
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        usage, default, text = _usage(parameter), _default(parameter), getattr(parameter, "help", None) or ""
        yield f"| `{usage}` | {default} | {text} |".replace("|  |", "| |").replace("|  |", "| |")
    yield ""


def _usage(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(click.Command(None)))
    option = parameter.opts[0]
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return option
    if isinstance(parameter.type, click.Choice):
        return f"{option} {'|'.join(parameter.type.choices)}".replace("|", "\\|")
    kind = "NUMBER" if isinstance(parameter.type, click.types.IntParamType) else parameter.type.name.upper()
    return f"{option} {parameter.metavar or kind}"


def _default(parameter: click.Parameter) -> str:
    if not getattr(parameter, "show_default", False):
        return ""
    value = parameter.default
    return f"`{value:,}`" if isinstance(value, int) else f"`{value}`"


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(written + reference(), encoding="utf-8")
