"""Parts of the page as markup: every text from a file is escaped by the template's engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ccsim.report.page import environment

TEMPLATES: Final = Path(__file__).parent / "templates"
REPORT: Final = Path(__file__).parent.parent / "report" / "templates"


def markup(macro: str, *values: Any) -> str:
    """What a macro of figures.html makes of some values."""
    module: Any = environment(TEMPLATES).get_template("figures.html").module
    return str(getattr(module, macro)(*values))


def style() -> str:
    """The report's style sheet and what the page adds to it."""
    return "\n".join(file.read_text(encoding="utf-8") for file in (REPORT / "page.css", TEMPLATES / "explore.css"))


def script() -> str:
    """The page's own script."""
    return (TEMPLATES / "explore.js").read_text(encoding="utf-8")
