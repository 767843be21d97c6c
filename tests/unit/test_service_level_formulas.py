"""Service levels that leave out who hangs up at once: by hand, over the run and by interval, and from a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import ccsim
from ccsim.metrics.facts import SERVICE_LEVELS
from ccsim.scenario.queues import Queue

CENTRE = """
name = "short abandons"
start = 2026-03-02
days = 1
replications = 2
seed = 3
[queue.phone]
channel = "phone"
volume = {per_hour = 200}
work = {dist = "exponential", mean = "5m"}
wrap_up = 0
patience = {dist = "exponential", mean = "90s"}
answer_delay = 0
service_level = "80/20"
short_abandon = "10s"
retry = {share = 0, after = 60}
[team.agents]
skills = {phone = 1}
shifts = [{agents = 15, days = "mon-sun", hours = "always"}]
"""


@pytest.mark.parametrize(
    ("counts", "level"),
    [((300, 200, 100, 60, 50), 0.5714), ((3971, 3092, 836, 400, 243), 0.6775)],
)
def test_short_excluded_by_hand(counts: tuple[int, ...], level: float) -> None:
    """Answered in time / (answered + not answered − short abandons), as in 200 / (300 + 100 − 50)."""
    numerator, denominator = SERVICE_LEVELS["short_excluded"](*counts)
    assert numerator / denominator == pytest.approx(level, abs=5e-5)


def test_a_scenario_has_the_choices_that_are_computed() -> None:
    assert set(get_args(Queue.model_fields["sl_formula"].annotation)) == set(SERVICE_LEVELS)


def test_short_excluded_of_a_scenario(tmp_path: Path) -> None:
    """The same calls by three formulas: the short are credited, counted as missed or left out, in every interval."""
    file = tmp_path / "centre.toml"
    file.write_text(CENTRE)
    level = {}
    for formula in ("all_offered", "short_excluded", "short_counted_in"):
        results = ccsim.load(file, set={"queue.phone.sl_formula": formula}).run()
        run = results.estimate("queue", "phone", "service_level")
        assert run is not None
        level[formula] = np.append(results.series("queue", "phone", "service_level").mean, run.mean)
    assert (level["all_offered"] <= level["short_excluded"]).all()
    assert (level["short_excluded"] <= level["short_counted_in"] + 1e-12).all()
    assert level["all_offered"][-1] < level["short_excluded"][-1] < level["short_counted_in"][-1]
    # n in time, N in all, s short, by the three formulas: n/N, n/(N − s) and (n + s)/N determine one another
    short = level["short_counted_in"][-1] - level["all_offered"][-1]
    assert level["short_excluded"][-1] == pytest.approx(level["all_offered"][-1] / (1 - short))
