"""What there is to look at without a file: the scenarios that come with ccsim, and the template of `ccsim new`."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from pathlib import Path

from ccsim.errors import ScenarioError
from ccsim.scenario import read
from ccsim.scenario.template import template

TEMPLATE = "template"


@dataclass(frozen=True)
class Entry:
    """A scenario of the gallery; `key` is how a link names it."""

    key: str
    name: str
    about: str
    source: Path | str


def folder() -> Path | None:
    """Where the shipped scenarios are: beside the package in a checkout, else where an installation puts them."""
    for place in (Path(__file__).parents[2], Path(sysconfig.get_path("data"), "share", "ccsim")):
        if (place / "scenarios" / "retail_week.toml").is_file():
            return place / "scenarios"
    return None


def entries() -> list[Entry]:
    """All scenarios of the gallery, the template last."""
    shipped = folder()
    shown = []
    for file in sorted(shipped.glob("*.toml")) if shipped is not None else ():
        try:
            tables = read.toml_file(file, str(file))
        except ScenarioError:
            continue
        if "queue" in tables:
            shown.append(Entry(file.stem, str(tables.get("name", file.stem)), _first_comment(file), file))
    about = "What `ccsim new` writes: a small centre with a comment for every key, to start from."
    return [*shown, Entry(TEMPLATE, "Template", about, template("my_centre"))]


def _first_comment(file: Path) -> str:
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            break
        lines.append(line[2:].strip())
    return " ".join(lines)
