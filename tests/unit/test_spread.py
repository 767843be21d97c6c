"""A sweep of one number: the replications of each point, and Erlang's formula beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim import theory
from ccsim.results.ranking import MetricPlace
from ccsim.scenario import read
from ccsim.scenario.design import Design, read_setting
from ccsim.stats.estimate import Estimate
from ccsim.studies.points import Points
from ccsim.studies.sweep import sweep
from ccsim.workload.expectations import service_over_the_run

CALLS: dict[str, Any] = {
    "name": "calls",
    "start": "2026-03-02",
    "days": 1,
    "replications": 3,
    "queue": {
        "phone": {
            "channel": "phone",
            "open": "always",
            "volume": {"per_hour": 60},
            "work": {"dist": "exponential", "mean": 240},
            "wrap_up": 0,
            "patience": {"dist": "exponential", "mean": 120},
            "service_level": "80/20",
        }
    },
    "team": {"a": {"skills": {"phone": 1}, "shifts": [{"agents": 5, "hours": "always"}]}},
}


def changed(path: str, value: Any) -> Any:
    """CALLS with a setting of its queue changed."""
    return {**CALLS, "queue": {"phone": {**CALLS["queue"]["phone"], path: value}}}


def test_a_constant_volume_has_erlangs_service_level() -> None:
    result = service_over_the_run(read.parse(CALLS))
    assert result is not None
    name, level = result
    assert name == "Erlang A"
    assert level == pytest.approx(theory.erlang_a(60 / 3600, 240, 5, 120, 20).service_level)
    patient = service_over_the_run(read.parse(changed("patience", "never")))
    assert patient == ("Erlang C", pytest.approx(theory.erlang_c(60 / 3600, 240, 5, 20).service_level))


def test_no_formula_where_none_applies() -> None:
    chats = {**CALLS["queue"]["phone"], "channel": "live_chat"}
    assert service_over_the_run(read.parse({**CALLS, "queue": {"phone": chats}})) is None


def test_every_replication_of_every_point() -> None:
    base = read.parse(CALLS)
    setting = read_setting("team.a.shifts.0.agents", "4:6")
    result = sweep(Points.checked(Design(base, (setting,), "grid", None, False, Path())), engine="compiled", workers=1)
    assert [(row.value, row.replication) for row in result.spread] == [(n, r) for n in (4, 5, 6) for r in (1, 2, 3)]
    assert [row.value for row in result.formulas] == [4, 5, 6]
    means: list[Estimate] = result.estimates(MetricPlace("total", "total", "service_level"))
    by_point = np.array([row.service_level for row in result.spread]).reshape(3, 3)
    # a ratio of sums lies among its replications
    for mean, levels in zip(means, by_point, strict=True):
        assert levels.min() <= mean.mean <= levels.max()
    two = Points.checked(
        Design(base, (setting, read_setting("queue.phone.volume.scale", "1,2")), "grid", None, False, Path())
    )
    assert sweep(two, engine="compiled", workers=1).spread == ()
