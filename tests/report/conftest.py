"""A run whose names would be markup, formulas or paths if anybody took them for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from ccsim import charts
from ccsim.report.document import Document
from ccsim.report.of_run import document
from ccsim.report.page import page
from ccsim.report.pictures import Drawn, picture, pictures
from ccsim.results.model import Results
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.staffing.baseline import required_of

MARKUP, FORMULA = "<img src=x onerror=alert(1)>", '=HYPERLINK("x")'
TEAM, TITLE = "</script><script>alert(2)</script>", '+1 & <b>"Acme\'s"</b> </title><script>alert(3)</script>'

HOSTILE: Final[dict[str, Any]] = {
    "name": TITLE,
    "start": "2026-03-02",
    "days": 2,
    "replications": 3,
    "queue": {
        MARKUP: {
            "channel": "phone",
            "open": "09:00-17:00",
            "volume": {"per_day": 60},
            "service_level": "80/20",
            "max_abandonment": 0.5,
            "value": 3.0,
        },
        FORMULA: {
            "channel": "messaging",
            "open": "09:00-17:00",
            "volume": {"per_day": 60},
            "service_level": "90/300",
            "reply_target": "99% in 1s",
        },
        "@SUM(1)": {
            "channel": "email",
            "volume": {"per_day": 10},
            "service_level": "80% in 4h",
            "resolution_target": "95% in 24h",
        },
    },
    "team": {
        TEAM: {
            "skills": {MARKUP: 1, FORMULA: 2},
            "shifts": [{"agents": 3, "hours": "09:00-17:00", "breaks": ["12:00-12:30"]}],
            "cost_per_hour": 20.0,
        },
        "-1+1": {"skills": {"@SUM(1)": 1}, "shifts": [{"agents": 2, "hours": "09:00-16:00"}], "cost_per_hour": 20.0},
    },
}

CHARTS: Final = ("service_level", "waiting")
"""Two are enough to see how pictures stand in a page."""

PROVENANCE: Final[dict[str, Any]] = {
    "overrides": ["queue.x=<script>alert(4)</script>"],
    "started": "2026-03-02T10:00:00+00:00",
    "duration_s": 3.2,
    "versions": {"ccsim": "1.0", "numpy": None},
    "git": {"commit": "0" * 40, "changed": True},
    "machine": {"system": "<i>Linux</i>", "cpus": 2},
    "files": {"summary.csv": "f" * 64},
}


@pytest.fixture(scope="session")
def results() -> Results:
    return run(read.parse(HOSTILE), engine="compiled")


@pytest.fixture(scope="session")
def hostile(results: Results) -> Document:
    drawn = {}
    for name in CHARTS:
        figure = charts.figure(name, results)
        drawn[name] = Drawn(charts.png(charts.image(figure)), picture(figure, name))
    return document(results, PROVENANCE, required_of(results), pictures(drawn))


@pytest.fixture(scope="session")
def report(hostile: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as a file."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page(hostile), encoding="utf-8")
    return file
