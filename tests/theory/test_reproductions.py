"""Published and exact figures, which docs/make_reproductions.py simulates again."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MADE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "make_reproductions.py"))
PAGE = MADE["PAGE"].read_text()


LONG = ("Staffing function, target 0.1", "Multi-skill", "Multi-skill with rerouting")


def cases() -> list[Any]:
    return [
        pytest.param(
            one,
            id=f"{one.scenario['name']} {one.metric} {one.value}",
            marks=[pytest.mark.slow] if one.scenario["name"] in LONG else [],
        )
        for one in MADE["KNOWN"]
    ]


@pytest.mark.parametrize("one", cases())
def test_the_known_figure_comes_out(one: Any) -> None:
    mean, low, high = MADE["reproduced"](one)
    assert low - one.rounding <= one.value <= high + one.rounding
    assert high - low < 0.3 * one.value
    assert f"| {mean:.3f} ({low:.3f} to {high:.3f}) |" in PAGE


@pytest.mark.parametrize("target", [pytest.param(0.1, marks=pytest.mark.slow), 0.5])
def test_the_share_that_waits_is_stable_through_the_day(target: float) -> None:
    """By hour of the day, under the staffing function of Feldman et al.: within four standard errors of theory."""
    series = MADE["results"](f"Staffing function, target {target:g}").series("queue", "calls", "delayed")
    arrivals, _, waits = MADE["staffing"](target)
    by_hour = (arrivals * waits).reshape(24, 4).sum(axis=1) / arrivals.reshape(24, 4).sum(axis=1)
    hours = (series.start // (3600 * 10**6)) % 24
    error = (series.high - series.low) / 2 / 1.96
    assert len(hours) == 48
    assert np.abs((series.mean - by_hour[hours]) / error).max() < 4
    assert np.ptp(by_hour) < 0.06
