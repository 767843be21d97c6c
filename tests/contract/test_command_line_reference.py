"""docs/reference/command_line.md has every command and option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from ccsim.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def test_every_command_and_option_is_on_the_page() -> None:
    page = (DOCS / "reference" / "command_line.md").read_text(encoding="utf-8")
    assert len(main.commands) >= 10
    for name, command in main.commands.items():
        assert f"\n## {name}\n" in page
        for parameter in command.params:
            if not getattr(parameter, "hidden", False) and parameter.param_type_name == "option":
                assert all(option in page for option in parameter.opts), f"{name}: {parameter.name}"


def commands() -> list[str]:
    """The commands of all pages that are written out."""
    lines = []
    for page in sorted((*DOCS.glob("*.md"), DOCS.parent / "README.md")):
        for block in re.findall(
            r"^```(?:console|bash|sh|)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        ):
            for line in block.replace("\\\n", " ").splitlines():
                if match := re.match(r"(?:\$ )?ccsim ([a-z]\w* .*)", line):
                    lines.append(match[1])
    return sorted({line for line in lines if "\u2026" not in line})


@pytest.mark.parametrize("line", commands())
def test_a_command_of_a_page_has_options_that_there_are(line: str) -> None:
    verb, *arguments = shlex.split(line, comments=True)
    if set(arguments) & {"|", ">", "&&"}:
        arguments = arguments[: min(arguments.index(mark) for mark in ("|", ">", "&&") if mark in arguments)]
    main.commands[verb].make_context(verb, arguments, parent=click.Context(main, **main.context_settings))


def test_what_a_study_needs_stands_on_its_page() -> None:
    pages = "".join((DOCS / f"{name}.md").read_text("utf-8") for name in ("experiments", "compare", "reports"))
    for name in ("run", "compare", "sweep"):
        for parameter in main.commands[name].params:
            if not getattr(parameter, "hidden", False) and parameter.param_type_name == "option":
                assert any(option in pages for option in parameter.opts if option.startswith("--")), parameter.name
    assert len(commands()) > 30
