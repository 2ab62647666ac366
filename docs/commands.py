"""Writes the tables of command-line.md from the command line itself: ``python docs/commands.py``.

A test holds the page to what this makes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from product_importer.cli import build_app
from product_importer.plugins import load_plugins

PAGE = Path(__file__).parent / "command-line.md"
MARK = "<!-- From here on written by docs/commands.py -->\n"
_WORDS = {str: "TEXT", int: "NUMBER", Path: "PATH"}


def reference() -> str:
    """A section for each command that no plugin brings, in the order of ``--help``."""
    brought = load_plugins().commands
    sections = (
        line
        for command in build_app().registered_commands
        if command.name not in brought
        for line in _section(command)
    )
    return MARK + "\n" + "\n".join(sections)


def _section(command: CommandInfo) -> Iterator[str]:
    callback: Any = command.callback
    yield f"## `{command.name}`\n"
    yield f"{inspect.getdoc(callback)}\n"
    yield "| | Default | |"
    yield "|---|---|---|"
    for parameter in inspect.signature(callback, eval_str=True).parameters.values():
        usage, default, text = _row(parameter)
        yield f"| `{usage}` | {default} | {text} |".replace("|  |", "| |")
    yield ""


def _row(parameter: inspect.Parameter) -> tuple[str, str, str]:
    kind, info = get_args(parameter.annotation)
    assert isinstance(info, ArgumentInfo | OptionInfo)
    value = getattr(parameter.default, "value", parameter.default)
    shown = (
        "" if value is None or value is False else f"`{value:,}`" if isinstance(value, int) else f"`{value}`"
    )
    return _usage(parameter.name, kind, info).replace("|", "\\|"), shown, info.help or ""


def _usage(name: str, kind: Any, info: ArgumentInfo | OptionInfo) -> str:
    if isinstance(info, ArgumentInfo):
        return info.metavar or name.upper()
    # Typer takes an option's own name for a default until the command line is built.
    names = [name for name in (info.default, *(info.param_decls or ())) if isinstance(name, str)]
    option = names[0] if names else f"--{name.replace('_', '-')}"
    if kind is bool:
        return option
    if info.metavar:
        return f"{option} {info.metavar}"
    (kind,) = (one for one in get_args(kind) or (kind,) if one is not type(None))
    return f"{option} {'|'.join(kind) if issubclass(kind, Enum) else _WORDS[kind]}"


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(written + reference(), encoding="utf-8")
