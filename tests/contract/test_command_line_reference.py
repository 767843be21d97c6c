"""docs/reference/command_line.md has every command and option."""

from __future__ import annotations

from pathlib import Path

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
