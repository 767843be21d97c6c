"""docs/reference/command_line.md is what the commands say of themselves."""

from __future__ import annotations

import runpy
from pathlib import Path

from ccsim.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current() -> None:
    made = runpy.run_path(str(DOCS / "make_command_line_reference.py"))["page"]()
    page = (DOCS / "reference" / "command_line.md").read_text(encoding="utf-8")
    assert page == made, "run `python docs/make_command_line_reference.py`"


def test_every_command_and_option_is_on_the_page() -> None:
    page = (DOCS / "reference" / "command_line.md").read_text(encoding="utf-8")
    assert len(main.commands) >= 10
    for name, command in main.commands.items():
        assert f"\n## {name}\n" in page
        for parameter in command.params:
            if not getattr(parameter, "hidden", False) and parameter.param_type_name == "option":
                assert all(option in page for option in parameter.opts), f"{name}: {parameter.name}"
