"""Agents and patience of a queue whose export of intervals names no agents, from how long customers waited."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ccsim
from ccsim.fit.estimate import estimate
from ccsim.fit.made_up import Shift, by_waits, shifts_of
from ccsim.fit.scenario import files
from ccsim.logs.mapping import Mapping
from ccsim.logs.readers import read_all
from ccsim.theory.queues import erlang_a, erlang_c

CENTRE = """
start = 2026-03-02
days = 26
replications = 1
seed = 5
[queue.phone]
channel = "phone"
open = { mon-fri = "08:00-20:00" }
volume = { per_day = 600, shape = "office", busyness_cv = 0.1 }
work = { mean = "200s", cv = 0.9 }
wrap_up = "0s"
patience = { dist = "exponential", mean = "3m" }
service_level = "80/20"
[team.voice]
skills = { phone = 1 }
shifts = [
  { agents = 4, days = "mon-fri", hours = "08:00-16:00" },
  { agents = 3, days = "mon-fri", hours = "12:00-20:00" },
]
"""
FIGURES = ("asa", "abandonment", "service_level")


def test_intervals_with_waits_give_back_waits_patience_and_service(tmp_path: Path) -> None:
    """Patience of 3 minutes; the mean wait of the answered by the share who gave up would be a good two."""
    real = ccsim.load(CENTRE).run(engine="compiled")
    calls = real.contacts.to_pandas()
    waited = (calls["answer_us"] - calls["arrival_us"]) / 1e6
    start = pd.Timestamp("2026-03-02") + pd.to_timedelta(calls["arrival_us"] // 1_800_000_000 * 1800, unit="s")
    rows = waited.groupby(start).agg(["size", "count", "mean"])
    lines = [f"{at},{row['size']:.0f},{row['count']:.0f},{row['mean']:.1f},200" for at, row in rows.iterrows()]
    (tmp_path / "log.csv").write_text("start,offered,handled,asa,aht\n" + "\n".join(lines).replace("nan", "") + "\n")
    columns = {"start": "start", "offered": "offered", "handled": "handled", "handle_time": "aht"}
    how = Mapping.model_validate(
        {"kind": "intervals", "queue": "phone", "columns": columns, "durations": {"wait": "asa"}}
    )
    fitted = estimate(read_all([tmp_path / "log.csv"], [how]), "ready")
    assert fitted.queues["phone"].figures["patience.mean"].mean == pytest.approx(180, rel=0.15)
    for name, text in files(fitted, "again").items():
        (tmp_path / name).write_text(text)
    again = ccsim.load(tmp_path / "scenario.toml").run(replications=10, engine="compiled")
    expected, found = ([one.estimate("queue", "phone", figure).mean for figure in FIGURES] for one in (real, again))
    assert found[0] == pytest.approx(expected[0], rel=0.2)
    assert found[1:] == pytest.approx(expected[1:], abs=0.03)


def test_one_load_gives_back_the_formula_it_came_from() -> None:
    loads = np.full(168, 10.0)
    of = erlang_a(10 / 240, 240, 11, 120, 0.0)
    staffing = by_waits(loads, 240, of.asa, of.abandonment, 0.0)
    assert staffing is not None
    assert (staffing.agents(10.0), staffing.patience) == (11, pytest.approx(120, rel=0.1))
    patient = by_waits(loads, 240, erlang_c(10 / 240, 240, 12, 0.0).asa, 0.0, 0.0)
    assert patient is not None
    assert (patient.agents(10.0), patient.patience) == (12, np.inf)


@pytest.mark.parametrize(("wait", "gave_up"), [(np.nan, 0.1), (0.0, 0.1), (0.3, 0.5), (7200.0, 0.1)])
def test_what_no_such_staffing_gives_is_left_to_the_work(wait: float, gave_up: float) -> None:
    """No waits, none, as many as leave at once for other reasons, and waits beyond the hour."""
    assert by_waits(np.full(168, 5.0), 240, wait, gave_up, 0.0) is None


def test_shifts_add_up_to_the_agents_of_each_hour() -> None:
    agents = np.random.default_rng(1).integers(1, 9, 168).tolist()
    hours = {0: (8 * 3600 + 1800, 17 * 3600 + 900), 4: (20 * 3600, 26 * 3600)}
    shifts = list(shifts_of(agents, hours))
    for day, (start, end) in hours.items():
        for at in range(start, end, 900):
            there = sum(shift.agents for shift in shifts if shift.day == day and shift.start <= at < shift.end)
            assert there == agents[(24 * day + at // 3600) % 168]
    assert min(shift.start for shift in shifts if shift.day == 0) == hours[0][0]
    assert list(shifts_of([3] * 168, {2: (0, 86400)})) == [Shift(2, 0, 86400, 3)]
