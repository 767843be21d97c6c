"""A back-test from end to end: what training days teach, held-out days simulated in each mode, and how near that came."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from ccsim.fit import backtest, score
from ccsim.fit.backtest import MODES, Day, Learned, Log, Unit
from ccsim.fit.duty import RULES
from ccsim.fit.score import Cover, Prediction, Score
from ccsim.tables import SECOND

CALIBRATION: Final = 3
"""Replications of the training days at each step of the search for the factor."""

MEASURED: Final = ("asa", "service_level")
"""Half-hour figures with prediction intervals."""


@dataclass(frozen=True)
class Trial:
    """One mode: the days simulated, and what came of it."""

    mode: str
    training: tuple[Day, ...]
    days: tuple[Day, ...]
    predictions: tuple[Prediction, ...]
    """of the held-out days: the simulation first"""
    scores: tuple[Score, ...]
    """of the predictions, and of a perfect model"""
    covers: tuple[Cover, ...]
    """by MEASURED"""


@dataclass(frozen=True)
class Backtest:
    """All modes with one rule of duty."""

    rule: str
    train: tuple[date, ...]
    test: tuple[date, ...]
    learned: Learned
    patience: float
    """mean in seconds of the exponential law that the training days fit best, for Erlang's formulas"""
    erlang_factor: float
    """on handle times, at which Erlang A gives the training days' ASA"""
    trials: tuple[Trial, ...]


def run(
    log: Log,
    train: Sequence[date],
    test: Sequence[date],
    rule: str,
    replications: int,
    progress: Callable[[str], object] = lambda said: None,
    workers: int = 1,
) -> Backtest:
    """Trains on some days, tests on others. `progress` is told of each day of a mode that is done, and what comes next.

    A training day, of which the widths of prediction intervals are learned, is simulated with what the others teach.
    Raises ScenarioError when there is nothing to learn from or to test on.
    """
    progress("calibration")
    learned = backtest.learn(log, train)
    backtest.learn(log, test)  # of days without contacts it says so before the long work
    learned = backtest.calibrated(log, train, learned, RULES[rule], CALIBRATION, workers)
    patience = mean_patience(log, train)
    target = next(q.service_level.time / SECOND for q in log.scenario.queue.values() if q.service_level)
    of_others = {
        day: replace(backtest.learn(log, rest), factor=learned.factor, forecast=learned.forecast)
        for day in train
        if (rest := [other for other in train if other != day])
    }
    trials = []
    factor = 1.0
    for mode in MODES:
        units = [Unit(day, of_others.get(day, learned), RULES[rule], mode, replications) for day in (*train, *test)]
        days = []
        for day in backtest.simulate_all(log, units, workers):
            progress(f"{mode} {day.day}")
            days.append(day)
        training, held = days[: len(train)], days[len(train) :]
        if mode == "services":
            factor = score.calibrated(training, lambda by, days=training: score.erlang(days, "", patience, target, by))
        predictions = (
            score.simulated(held),
            score.simulated(held, "simulation, means", np.nanmean),
            score.erlang(held, "Erlang C", math.inf, target),
            score.erlang(held, "Erlang A", patience, target),
            score.erlang(held, "Erlang A, calibrated", patience, target, factor),
            *(
                [score.erlang(held, "Erlang A, calibrated, real AHT", patience, target, factor, true_times=True)]
                if mode != "services"
                else []
            ),
        )
        scores = (*(score.score(prediction, held) for prediction in predictions), score.floor(held))
        covers = tuple(score.covers(training, held, metric) for metric in MEASURED)
        trials.append(Trial(mode, tuple(training), tuple(held), predictions, scores, covers))
    return Backtest(rule, tuple(train), tuple(test), learned, patience, factor, tuple(trials))


def mean_patience(log: Log, days: Sequence[date]) -> float:
    """All waiting / all who gave up: the maximum likelihood of an exponential law, the answered censoring."""
    customers = log.customers(log.on(days))
    until = customers["answer"].where(customers["answer"].notna(), customers["end"])
    waited = (until - customers["arrival"]).dt.total_seconds().sum()
    gave_up = int((customers["outcome"] == "abandoned").sum())
    return float(waited / gave_up) if gave_up else math.inf


def write(found: Backtest, folder: Path) -> None:
    """scores.csv, covers.csv, days.csv and intervals.csv: one row a figure or day or half hour."""
    _table(
        folder / "scores.csv",
        ("mode", *Score._fields),
        [(trial.mode, *row) for trial in found.trials for row in trial.scores],
    )
    _table(
        folder / "covers.csv",
        ("mode", *Cover._fields),
        [(trial.mode, *row) for trial in found.trials for row in trial.covers],
    )
    _table(folder / "days.csv", DAY_COLUMNS, [row for trial in found.trials for row in day_rows(trial)])
    _table(folder / "intervals.csv", INTERVAL_COLUMNS, [row for trial in found.trials for row in _interval_rows(trial)])


DAY_COLUMNS: Final = (
    "mode", "day", "offered", "asa_real", "asa", "asa_low", "asa_high", "abandonment_real", "abandonment",
    "service_level_real", "service_level",
)  # fmt: skip
"""Of days.csv; low and high bound the middle 90 % of the replications."""

INTERVAL_COLUMNS: Final = (
    "mode", "start", "offered", "agents", "asa_real", "asa", "asa_low", "asa_high", "service_level_real",
    "service_level", "service_level_low", "service_level_high", "asa_erlang_a", "service_level_erlang_a",
)  # fmt: skip


def day_rows(trial: Trial) -> list[tuple[object, ...]]:
    """DAY_COLUMNS of each held-out day."""
    rows: list[tuple[object, ...]] = []
    for day in trial.days:
        real, mean = score.daily(day.real), score.daily(day.simulated.sum(axis=0))
        low, high = np.nanquantile(score.daily(day.simulated).asa, [0.05, 0.95])
        rows.append(
            (
                trial.mode,
                day.day.isoformat(),
                int(day.real[0].sum()),
                float(real.asa[0]),
                float(mean.asa[0]),
                float(low),
                float(high),
                float(real.abandonment[0]),
                float(mean.abandonment[0]),
                float(real.service_level[0]),
                float(mean.service_level[0]),
            )
        )
    return rows


def _interval_rows(trial: Trial) -> list[tuple[object, ...]]:
    erlang_a = trial.predictions[4].by_interval
    rows: list[tuple[object, ...]] = []
    for number, day in enumerate(trial.days):
        real, mean, drawn = (score.figures(sums) for sums in (day.real, day.simulated.sum(axis=0), day.simulated))
        for place in np.flatnonzero(day.real[0] > 0).tolist():
            row = number * len(day.agents) + place
            ends = [
                np.nanquantile(column[:, place], [0.05, 0.95]) if not np.isnan(column[:, place]).all() else (None, None)
                for column in (drawn.asa, drawn.service_level)
            ]
            rows.append(
                (
                    trial.mode,
                    str(np.datetime64(int(day.edges[place]), "us").astype("datetime64[s]")),
                    int(day.real[0, place]),
                    round(float(day.agents[place]), 3),
                    real.asa[place],
                    mean.asa[place],
                    *ends[0],
                    real.service_level[place],
                    mean.service_level[place],
                    *ends[1],
                    erlang_a.asa[row],
                    erlang_a.service_level[row],
                )
            )
    return rows


def _table(file: Path, header: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow(header)
        lines.writerows(tuple("" if value != value else value for value in row) for row in rows)
