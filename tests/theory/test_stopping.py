"""Sequential stopping: how often the interval at which a run stops holds the truth.

The case, its half-width and the seeds were written down before the first run. 200 calls an hour, exponential work of
300 s on average, 17 agents, exponential patience of 180 s on average: Erlang A expects 9.973 % to abandon. A
replication is a day, of which the first two hours, many times any of these, are not counted.
"""

from __future__ import annotations

import math

import pytest

from ccsim import theory
from ccsim.results.model import PrecisionGoal
from ccsim.runs.precision import Precision
from ccsim.runs.run import run
from ccsim.scenario import read

CASE = {
    "start": "2026-03-02",
    "days": 1,
    "interval": "24h",
    "warm_up": "2h",
    "drain": "2h",
    "queue": {
        "calls": {
            "channel": "phone",
            "volume": {"per_hour": 200},
            "work": {"dist": "exponential", "mean": 300},
            "wrap_up": 0,
            "patience": {"dist": "exponential", "mean": 180},
        }
    },
    "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 17, "hours": "always"}]}},
}
HALF_WIDTH = 0.003
FIRST_SEED = 20_261_122


@pytest.mark.parametrize(
    ("repetitions", "least"),
    [
        # 20 of 25 would be 3.4 standard errors below 95 %
        pytest.param(25, 20 / 25, id=""),
        pytest.param(1000, 0.93, id="long", marks=pytest.mark.slow),
    ],
)
def test_the_interval_at_which_a_run_stops_covers(repetitions: int, least: float) -> None:
    truth = theory.erlang_a(200 / 3600, 300, 17, 180, 20).abandonment
    scenario = read.parse(CASE)
    held, numbers, means = 0, [], []
    for seed in range(FIRST_SEED, FIRST_SEED + repetitions):
        rule = Precision([PrecisionGoal("queue", "calls", "abandonment", HALF_WIDTH)])
        results = run(scenario.with_streams(seed, 1), engine="compiled", precision=rule)
        found = results.estimate("queue", "calls", "abandonment")
        assert found is not None
        assert not results.missed
        held += found.low <= truth <= found.high
        numbers.append(results.replications)
        means.append(found.mean)
    mean = sum(means) / repetitions
    error = math.sqrt(sum((one - mean) ** 2 for one in means) / repetitions / (repetitions - 1))
    print(f"\n{repetitions} runs: {100 * held / repetitions:.1f} % hold {truth:.5f}; mean {mean:.5f} ± {error:.5f}")
    print(f"replications: {sum(numbers) / repetitions:.1f} on average, {min(numbers)} to {max(numbers)}")
    assert held / repetitions >= least
    assert len(set(numbers)) > 5  # it is the spread that decides, not a bound
