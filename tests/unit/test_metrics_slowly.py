"""All metrics, by interval and of the run, against the slow computation of tests/metrics_slowly.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ccsim
from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.metrics import METRICS, measure
from ccsim.scenario.read import load
from ccsim.tables import Log, MetricSpec, Plan, Workload
from ccsim.workload.sample import sample
from tests import random_cases
from tests.metrics_slowly import Slowly

LONG = {"phone_8020", "retail_week", "roster_four_weeks", "shared_attention", "shift_planning"}
SCENARIOS = [
    pytest.param(file, id=file.stem, marks=[pytest.mark.slow] if file.stem in LONG else [])
    for file in sorted((Path(ccsim.__file__).parent.parent / "scenarios").glob("*.toml"))
]


def check(workload: Workload, plan: Plan, spec: MetricSpec, log: Log) -> None:
    measures, slowly = measure(workload, plan, spec, log), Slowly(workload, plan, spec, log)
    again = {*slowly.sums, *slowly.peaks, *slowly.whole, *slowly.of_run}
    drawn = {("queue", "turned_away")}  # before the run, not measured
    assert set(METRICS) - drawn == again, "add it to `report` in tests/metrics_slowly.py"

    def same(key: tuple[str, str], got: object, wanted: object) -> None:
        # what is a difference of sums, such as staffed time without a session, may be a rounding error beside 0
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-9, err_msg=str(key))

    for key, (numerator, denominator) in measures.values.items():
        applies = ~np.isnan(denominator)
        columns = applies[: len(measures.names[key[0]])]
        if key in slowly.sums:
            wanted = [np.broadcast_to(table, (slowly.intervals, len(columns))) for table in slowly.sums[key]]
            got = measures.by_interval[key]
            for place in (0, 1):
                same(key, got[place][:, : len(columns)][:, columns], wanted[place][:, columns])
                each = slowly.sums[key][place].shape[1]
                if len(got[place][0]) > len(columns):  # it has a total
                    total = wanted[place][:, 0] if each == 1 else wanted[place][:, columns].sum(axis=1)
                    same(key, got[place][:, -1], total)
            same(key, numerator, got[0].sum(axis=0))
            counts = slowly.sums[key][1] is slowly.one  # which have no denominator to add up
            same(key, denominator[applies], 1.0 if counts else got[1].sum(axis=0)[applies])
        elif key in slowly.of_run:
            for got_run, wanted_run in zip((numerator, denominator), slowly.of_run[key], strict=True):
                same(key, got_run[: len(columns)][columns], wanted_run[columns])
        elif key in slowly.peaks:
            got = measures.by_interval[key][0]
            same(key, got[:, applies], slowly.peaks[key][:, applies])
            same(key, numerator[applies], slowly.peaks[key].max(axis=0)[applies])
        elif key in slowly.whole:
            wanted_whole = np.array(slowly.whole[key])[applies]
            same(key, numerator[applies], np.nan_to_num(wanted_whole))
            same(key, denominator[applies], np.isfinite(wanted_whole))


@pytest.mark.parametrize("file", SCENARIOS)
def test_shipped_scenarios(file: Path) -> None:
    scenario = load(file)
    workload, (plan, spec) = sample(scenario, 0), lower(scenario)
    check(workload, plan, spec, simulate("compiled", workload, plan))


@pytest.mark.parametrize("seed", range(60))
def test_random_cases(seed: int) -> None:
    workload, plan, spec = random_cases.tables(random_cases.scenario(seed))
    check(workload, plan, spec, simulate("compiled", workload, plan))
