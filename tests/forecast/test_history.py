"""Gaps, outages, days without contacts and closed days told apart."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.forecast import history as histories
from ccsim.forecast.history import of_rows
from ccsim.forecast.outlook import outlook
from tests.forecast.made_up import FIRST, counts, rows


def test_a_day_without_rows_is_a_gap_and_a_closed_weekday_is_not() -> None:
    table = counts(28)
    table[9] = np.nan
    result = of_rows("calls", "phone", rows(table), 1800)
    gap = FIRST + timedelta(days=9)
    assert result.notes == ((gap, f"{gap}: no data"),)
    assert np.isnan(result.counts[9]).all()
    assert (result.counts[6] == 0).all()  # a Sunday


@pytest.mark.parametrize(("days", "more"), [(55, 1), (20, 1), (6, 0), (54, 0)])
def test_a_closed_weekday_after_the_last_row_is_a_day_of_the_history(days: int, more: int) -> None:
    """From a Saturday on, if a Sunday before was closed, too; a week alone does not tell."""
    table = counts(days)
    table[6::7] = np.nan
    result = of_rows("calls", "phone", rows(table), 1800)
    assert result.dates[-1] == FIRST + timedelta(days=days - 1)
    assert result.last == FIRST + timedelta(days=days - 1 + more)


def test_eight_weeks_that_end_on_a_closed_day_are_eight_weeks() -> None:
    table = counts(56)
    table[6::7] = np.nan
    made = outlook([of_rows("calls", "phone", rows(table), 1800)], None, 7, None, (), 1.0, 0)
    assert not any("less than eight weeks" in note for note in made.notes)
    assert made.forecasts["calls"].dates[0] == FIRST + timedelta(days=56)


def test_a_stretch_without_contacts_is_an_outage_and_a_quiet_half_hour_is_not() -> None:
    table = counts(28)
    table[8, 20:24] = 0
    table[10, 30] = 0
    table[15] = 0
    result = of_rows("calls", "phone", rows(table), 1800)
    assert np.isnan(result.counts[8, 20:24]).all()
    assert np.isfinite(result.counts[8, 24:]).all()
    assert "10:00 to 12:00: no contacts" in result.notes[0][1]
    assert result.notes[-1][1].startswith(f"{FIRST + timedelta(days=15)}: no contacts")


def test_rows_that_an_export_leaves_out_are_zero_where_little_is_usual() -> None:
    table = counts(28)
    table[:, :16] = np.nan
    result = of_rows("calls", "phone", rows(table), 1800)
    assert (result.counts[3, :16] == 0).all()


def test_coarser_intervals_add_contacts_and_weigh_handle_times() -> None:
    fine = of_rows("calls", "phone", rows(counts(7)), 1800)
    hours = fine.coarser(3600)
    assert hours.counts[0].sum() == fine.counts[0].sum()
    a, b = fine.counts[0, 20:22]
    assert hours.handle[0, 10] == pytest.approx((a * 280 + b * 282) / (a + b))


def test_intervals_of_odd_lengths_are_refused_with_the_place() -> None:
    frame = rows(counts(2))
    frame.loc[5, "start"] += np.timedelta64(7, "m")
    with pytest.raises(ScenarioError, match="begins at 2026-01-05 02:37"):
        histories.usual_length(frame["start"])
