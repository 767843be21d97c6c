"""A large bank's counts: June and July 2003, each day from what was known before it. Skipped where they are absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

from ccsim.forecast import calendar as calendars
from ccsim.forecast import model as models
from ccsim.forecast.history import History, of_rows
from ccsim.forecast.trial import trial
from ccsim.forecast.within import rest_of_day
from ccsim.scenario.holidays import Holidays
from ccsim.tables import F64, Bool

DATA: Final = Path(os.environ.get("CCSIM_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
FILE: Final = DATA / "us_bank_5min_2003-03_to_07.csv"

pytestmark = [
    pytest.mark.skipif(
        not FILE.exists(), reason=f"{FILE.name} is not part of the project; CCSIM_DATA names its folder"
    ),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def history() -> History:
    rows = pd.read_csv(FILE, parse_dates=["start"]).rename(columns={"calls": "offered"}).assign(handle_time=np.nan)
    return of_rows("calls", "phone", rows, 300).coarser(1800)


def test_days_ahead(history: History) -> None:
    holidays = Holidays(country="US").between(history.first, history.dates[-1])
    result = trial(history, holidays, (), 9)
    one_day, one_week = result["one_day"], result["one_week"]
    assert one_day is not None
    assert one_week is not None
    assert one_day.wape_interval["forecast"] <= 0.053
    assert one_day.coverage["80"] == pytest.approx(0.80, abs=0.03)
    assert one_day.coverage["95"] == pytest.approx(0.95, abs=0.03)
    assert one_day.recommended == "forecast"
    assert one_week.wape_interval["forecast"] < one_week.wape_interval["mean_of_six"] < 0.065


def test_told_the_morning(history: History) -> None:
    """The rest of the day as the model expects it, beside the forecast and beside it times the morning's ratio."""
    holidays = Holidays(country="US").between(history.first, history.dates[-1])
    first = next(number for number, day in enumerate(history.dates) if day.month == 6)
    missed: dict[int, list[F64]] = {10: [], 12: []}
    came: dict[int, list[float]] = {10: [], 12: []}
    inside: list[Bool] = []
    random = np.random.default_rng(1)
    model = None
    for day in range(first, len(history.counts)):
        counts = history.counts[day]
        if not np.nansum(counts):
            continue
        known = history.until(day)
        model = models.learn(known, calendars.learn(known, holidays, ()), model, search=day % 7 == 0 or model is None)
        forecast = model.forecast([history.dates[day]])
        expected = forecast.expected[0]
        opens = int(np.flatnonzero(expected)[0])
        varies = model.drift.varies(len(expected))[opens:]
        for hour, errors in missed.items():
            now = 2 * hour
            rests_on = float(model.shapes.days[history.dates[day].weekday()])
            rest = rest_of_day(expected[opens:], counts[opens:now], 1800, forecast.busyness, varies, rests_on)
            ratio = counts[opens:now].sum() / expected[opens:now].sum()
            factors = [rest.mean, np.full_like(rest.mean, ratio), np.ones_like(rest.mean)]
            errors.append(np.nansum(np.abs(expected[now:] * factors - counts[now:]), axis=1))
            came[hour].append(float(np.nansum(counts[now:])))
            drawn = random.poisson(expected[now:, None] * rest.factors(random.standard_normal((len(rest.mean), 400))))
            low, high = np.quantile(drawn, (0.05, 0.95), axis=1)
            usable = np.isfinite(counts[now:]) & (expected[now:] > 0)
            inside.append(((low <= counts[now:]) & (counts[now:] <= high))[usable])
    for hour, bound in ((10, 0.047), (12, 0.044)):
        told, morning, forecast_alone = np.sum(missed[hour], axis=0) / sum(came[hour])
        assert told <= bound
        assert told < 0.95 * min(morning, forecast_alone)
    assert np.concatenate(inside).mean() == pytest.approx(0.90, abs=0.05)
