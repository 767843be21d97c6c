"""What compare, sweep and staff draw, of a small centre of calls and of a plan made up by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsim.charts import plans
from ccsim.charts.differences import differences
from ccsim.charts.sweeps import pages
from ccsim.results.comparison import Comparison
from ccsim.results.sweeps import Sweep
from ccsim.scenario import read
from ccsim.scenario.design import Design, read_setting
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline
from ccsim.studies.compare import compare
from ccsim.studies.points import Points
from ccsim.studies.sweep import read_figures, sweep
from tests.staffing_by_hand import centre, plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def calls(agents: int) -> Scenario:
    phone = {"channel": "phone", "open": "09:00-15:00", "volume": {"per_hour": 40}, "service_level": "80/20"}
    team = {"skills": {"phone": 1}, "shifts": [{"agents": agents, "hours": "09:00-15:00"}], "cost_per_hour": 20}
    said = {"name": "calls", "start": "2026-03-02", "days": 1, "replications": 4, "queue": {"phone": phone}}
    return read.parse({**said, "team": {"a": team}})


@cache
def swept() -> Sweep:
    vary = {"team.a.shifts.0.agents": "3:6", "queue.phone.volume.scale": "0.8,1,1.2"}
    settings = tuple(read_setting(path, levels) for path, levels in vary.items())
    return sweep(Points.checked(Design(calls(4), settings, "grid", None, True, Path())), engine="simpy", workers=1)


@cache
def compared() -> Comparison:
    return compare({"four": calls(4), "five": calls(5), "six": calls(6)}, engine="simpy", workers=1)


def of_sweep(name: str, theme: str) -> Figure:
    return pages(swept(), read_figures(("service_level", "abandonment"), swept().design))[name](theme)


def of_plan(name: str, theme: str) -> Figure:
    run = centre(2, 2)
    result = plan(run)
    drawn: Any = plans.pages(baseline(run).requirement(run), result.fresh.scheduled, run, result)[name]
    figure: Figure = drawn(theme)
    return figure


STUDIES: dict[str, Callable[[str], Figure]] = {
    "differences": lambda theme: differences(compared(), theme),
    **{f"sweep_{name}": partial(of_sweep, name) for name in ("curves", "heat_map", "frontier", "tornado")},
    **{name: partial(of_plan, name) for name in ("service_before_and_after", "cost_and_service")},
}
"""By kind what draws it in a theme."""
