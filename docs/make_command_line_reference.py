"""Makes docs/reference/command_line.md from the commands themselves: `python docs/make_command_line_reference.py`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Final

import click

from ccsim.cli import main

PAGE: Final = Path(__file__).parent / "reference" / "command_line.md"
HEAD: Final = """# The command line

For whoever looks up a command or an option. The text is what `ccsim COMMAND --help` prints. This page is made from it
by `python docs/make_command_line_reference.py`, and a test checks that it is current. The [tutorial](../tutorial.md)
shows the commands at work.

"""


def page() -> str:
    """The whole page."""
    parent = click.Context(main, info_name="ccsim", **main.context_settings)
    parts = [HEAD]
    for name in main.list_commands(parent):
        command = main.commands[name]
        parts.append(f"## {name}\n\n{section(command, click.Context(command, info_name=name, parent=parent))}\n")
    return "\n".join(parts).replace("\n\n\n", "\n\n").rstrip() + "\n"


def section(command: click.Command, context: click.Context) -> str:
    """Usage, description and options of one command."""
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    options = [parameter for parameter in command.get_params(context) if isinstance(parameter, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    rows = [f"| `{names}` | {cell(text)} |" for names, text in records]
    return "\n".join([f"    {usage}\n", description(command), "", "| option | what it does |", "|---|---|", *rows])


def description(command: click.Command) -> str:
    """The command's help; what click must not re-wrap stays as it is."""
    paragraphs = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            paragraphs.append("\n".join(f"    {line}" for line in paragraph.splitlines()[1:]))
        else:
            paragraphs.append(" ".join(paragraph.split()).replace("<", "&lt;"))
    return "\n\n".join(paragraphs)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
