"""How often the 95 % interval of a paired difference contains the true difference, which Erlang's formula knows.

The same calls (10 erlangs) meet 14 agents and 15. Two minutes' work, so that the queue forgets within some six minutes
(1 / (√15 - √10)² services and less): the warm-up of 4 hours is forty times that, and the expected difference of the
20 hours counted is that of the steady state. Both are seen through 10 replications a repetition.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

from ccsim import theory
from ccsim.results.comparison import Comparison
from ccsim.results.figures import MetricPlace
from ccsim.scenario.read import parse
from ccsim.stats.intervals import paired_interval
from ccsim.studies.compare import compare

SEED: Final = 1_415_000
"""Repetition i has the seed SEED + i. Written down before the first run."""

WORK: Final = 120
LOAD: Final = 10
FIGURES: Final = {
    "wait_mean": lambda figures: figures.asa,
    "service_level": lambda figures: figures.service_level,
}


def comparison(seed: int) -> Comparison:
    def desk(agents: int) -> Any:
        return parse(
            {
                "start": "2026-03-02",
                "days": 1,
                "warm_up": "4h",
                "drain": "2h",
                "seed": seed,
                "replications": 10,
                "queue": {
                    "calls": {
                        "channel": "phone",
                        "volume": {"per_hour": LOAD * 3600 / WORK},
                        "work": {"dist": "exponential", "mean": WORK},
                        "wrap_up": 0,
                        "patience": "never",
                        "service_level": "80/20",
                    }
                },
                "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": agents, "hours": "always"}]}},
            }
        )

    return compare({"14": desk(14), "15": desk(15)}, workers=1)


@pytest.mark.parametrize(
    "repetitions",
    [pytest.param(40, id="some"), pytest.param(1000, id="many", marks=pytest.mark.slow)],
)
def test_paired_intervals_cover_the_true_difference(repetitions: int) -> None:
    """Between 0.93 and 0.97 of a thousand do; of fewer, as many as within four standard errors of 0.95."""
    allowed = 0.02 if repetitions == 1000 else 4 * np.sqrt(0.95 * 0.05 / repetitions)
    before, after = (theory.erlang_c(LOAD / WORK, WORK, agents, 20) for agents in (14, 15))
    result = [comparison(SEED + i) for i in range(repetitions)]
    for metric, of in FIGURES.items():
        figure = MetricPlace("queue", "calls", metric)
        truth = of(after) - of(before)
        pairs = [[variant.quotients(figure) for variant in one.variants] for one in result]
        paired = np.array([one.difference(one.variants[1], figure) for one in result])
        # 14 agents of one repetition and 15 of the next have nothing in common
        separate = np.array([paired_interval(pairs[i - 1][0], pairs[i][1]) for i in range(repetitions)])
        covered, error = coverage(paired, truth)
        ratio = np.diff(paired[:, 1:]).mean() / np.diff(separate[:, 1:]).mean()
        print(f"\n{metric}: true difference {truth:.6g}, on average {paired[:, 0].mean():.6g} ± {error:.2g}; coverage")
        print(
            f"{covered:.3f}, of separate seeds {coverage(separate, truth)[0]:.3f}; widths paired/separate {ratio:.3f}"
        )
        assert abs(covered - 0.95) <= allowed
        assert abs(paired[:, 0].mean() - truth) <= 4 * error
        assert ratio < 0.8


def coverage(intervals: Any, truth: float) -> tuple[float, float]:
    """Share of intervals (mean, low, high) that contain the truth, and standard error of the mean of their means."""
    covered = np.mean((intervals[:, 1] <= truth) & (truth <= intervals[:, 2]))
    return float(covered), float(intervals[:, 0].std(ddof=1) / np.sqrt(len(intervals)))
