"""What a tab gives to take away: files in memory, with their names; nothing is written on this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from typing import NamedTuple

from ccsim.errors import Problem, ScenarioError
from ccsim.explore import links
from ccsim.explore.session import Session
from ccsim.explore.simulation import LOOKS
from ccsim.report.document import Document
from ccsim.results import provenance
from ccsim.results.ranking import rank
from ccsim.studies import compare as comparing


class Download(NamedTuple):
    """The content of a file, and its name."""

    content: bytes
    name: str


def scenario(session: Session) -> Download:
    """The what-if of now as a scenario; it names data files as its file does, so it belongs beside that."""
    centre = session.centre
    return Download(links.scenario_toml(centre).encode(), links.file_name(f"{centre.name} what if", ".toml"))


def variant(session: Session, title: str) -> Download:
    """The what-if of now as a variant, for the end of the scenario's file."""
    return Download(links.variant_toml(session.centre, title).encode(), links.file_name(title, ".variant.toml"))


def report(session: Session) -> Download:
    """Baseline, pins and now as the page that `ccsim compare` writes."""
    from ccsim.report.page import page

    return Download(page(_document(session)).encode(), "comparison.html")


def workbook(session: Session) -> Download:
    """The same as a workbook. Raises ScenarioError without the package that writes it."""
    if find_spec("xlsxwriter") is None:
        raise ScenarioError([Problem("workbook", "the package xlsxwriter is missing", "pip install 'ccsim[xlsx]'")])
    from ccsim.report.sheet import sheet

    content, _ = sheet(_document(session), ())
    return Download(content, "comparison.xlsx")


def _document(session: Session) -> Document:
    """The report of a comparison, simulated anew as `ccsim compare` does."""
    from ccsim.charts.differences import differences
    from ccsim.report.of_comparison import document
    from ccsim.report.pictures import themed

    every = session.compared()
    if len(every) < 2:
        allowed = "a lever with another value than in the baseline, or a pin"
        raise ScenarioError([Problem("comparison", "nothing to compare", allowed)])
    started, clock = datetime.now(UTC), time.perf_counter()
    first = next(iter(every.values())).scenario
    scenarios = {name: centre.scenario.with_streams(first.seed, LOOKS[-1]) for name, centre in every.items()}
    comparison = comparing.compare(scenarios)
    record = {
        "versions": provenance.versions(),
        "git": provenance.git_state(),
        "machine": provenance.machine(),
        "overrides": [
            f"{name}: {path}={links.setting_text(value)}"
            for name, centre in every.items()
            for path, value in centre.changes.items()
        ],
        "started": started.isoformat(timespec="seconds"),
        "duration_s": round(time.perf_counter() - clock, 3),
    }
    pictures = themed({"differences": partial(differences, comparison)})
    return document(comparison, rank(comparison), record, pictures)
