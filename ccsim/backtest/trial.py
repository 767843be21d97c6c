"""A back-test from end to end: what training days teach, held-out days simulated by mode, and how near that came."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from ccsim.backtest import prediction, score
from ccsim.backtest.prediction import MODES, ContactLog, Day, Learned, Unit
from ccsim.backtest.rhythm import THIN
from ccsim.backtest.score import Coverage, Prediction, Score
from ccsim.logs.duty import RULES
from ccsim.scenario.spreadsheets import write_csv
from ccsim.tables import F64, SECOND

CALIBRATION: Final = 10
"""Replications of the training days at each step of the search for the factor."""

SIMULATION: Final = "simulation"
ERLANG_A: Final = "Erlang A, calibrated"

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
    covers: tuple[Coverage, ...]
    """by MEASURED"""
    bounds: dict[str, tuple[F64, F64]]
    """ends of the widened prediction intervals by MEASURED, of the held-out half hours"""
    factors: tuple[float, ...]
    """on the time of a contact by stretch of days, at which the training days in this mode have their ASA"""
    erlang_factors: tuple[float, ...]
    """on handle times besides, at which Erlang A gives it"""

    def prediction(self, name: str) -> Prediction:
        """Of the method with that name."""
        return next(prediction for prediction in self.predictions if prediction.name == name)

    def score(self, name: str) -> Score:
        """Of the method with that name."""
        return next(row for row in self.scores if row.method == name)


@dataclass(frozen=True)
class Backtest:
    """All modes with one rule of duty; learned anew before each stretch of days, the last of which is shown."""

    rule: str
    train: tuple[date, ...]
    test: tuple[date, ...]
    learned: Learned
    patience: float
    """mean in seconds of the exponential distribution that the training days fit best, for Erlang's formulas"""
    trials: tuple[Trial, ...]
    notes: tuple[str, ...]
    """what the log lacks, and what was done about it"""

    @property
    def factor(self) -> float:
        """Of the first mode."""
        return self.trials[0].factors[-1]


def run(
    log: ContactLog,
    train: Sequence[date],
    test: Sequence[date],
    rule: str,
    replications: int,
    progress: Callable[[str], object] = lambda step: None,
    workers: int = 1,
    modes: Sequence[str] = tuple(MODES),
    refit: int | None = None,
) -> Backtest:
    """Trains on some days, tests on others. `progress` gets each day of a mode that is done, and what comes next.

    With `refit`, so many days are predicted at a time, and the training days move on with them. A training day, of
    which factors and the widths of prediction intervals are learned, is simulated with what the others teach. Days with
    nobody answered do not count. Raises ScenarioError if none is left to learn from or to test on.
    """
    prediction.learn(log, train)
    prediction.learn(log, test, "--test")  # where there are none it says so before the long work
    stretches = [
        part
        for first, last in windows(train, test, refit)
        if (part := tuple(tuple(day for day in days if log.worked_on(day)) for days in (first, last))) and all(part)
    ]
    by_stretch = [_stretch(log, first, last, rule, replications, progress, workers, modes) for first, last in stretches]
    *_, (last_learned, last_patience, _) = by_stretch
    trials = tuple(_joined([trials[number] for *_, trials in by_stretch]) for number in range(len(modes)))
    trained = sorted({day for first, _ in stretches for day in first})
    tested = [day for _, last in stretches for day in last]
    notes = _notes(log, [learned for learned, *_ in by_stretch], stretches, [*train, *test])
    return Backtest(rule, tuple(trained), tuple(tested), last_learned, last_patience, trials, notes)


def windows(
    train: Sequence[date], test: Sequence[date], refit: int | None
) -> list[tuple[tuple[date, ...], tuple[date, ...]]]:
    """Days to learn from and to predict: with `refit` so many at a time, the training days as far before them."""
    step = refit or len(test)
    return [
        (tuple(day + timedelta(days=start) for day in train), tuple(test[start : start + step]))
        for start in range(0, len(test), step)
    ]


def _stretch(
    log: ContactLog,
    train: Sequence[date],
    test: Sequence[date],
    rule: str,
    replications: int,
    progress: Callable[[str], object],
    workers: int,
    modes: Sequence[str],
) -> tuple[Learned, float, list[Trial]]:
    """What one stretch of training days teaches, and the days after it by mode."""
    learned = prediction.learn(log, train)
    patience = mean_patience(log, train)
    levels = (queue.service_level for queue in log.scenario.queue.values())
    target = next((level.time / SECOND for level in levels if level), 0.0)
    of_others = {
        day: replace(prediction.learn(log, rest), forecast=learned.forecast)
        for day in train
        if (rest := [other for other in train if other != day])
    }
    trials = []
    for mode in modes:
        units = [Unit(day, of_others.get(day, learned), RULES[rule], mode, replications) for day in (*train, *test)]
        prepared = []
        for ready in prediction.prepare_all(log, units, workers):
            progress(f"{mode}, {ready.unit.day}")
            prepared.append(ready)
        factor = prediction.calibrated(log, prepared[: len(train)], CALIBRATION)
        days = [prediction.simulated(log, ready, factor) for ready in prepared]
        training, held = days[: len(train)], days[len(train) :]
        by = score.calibrated(training, partial(score.erlang, training, "", patience, target))
        trials.append(_trial(mode, training, held, patience, target, factor, by))
    return learned, patience, trials


def _trial(
    mode: str, training: Sequence[Day], held: Sequence[Day], patience: float, target: float, factor: float, by: float
) -> Trial:
    predictions = [
        score.simulated(held, SIMULATION),
        score.simulated(held, f"{SIMULATION}, means", np.nanmean),
        score.erlang(held, "Erlang C", math.inf, target),
        score.erlang(held, "Erlang A", patience, target),
        score.erlang(held, ERLANG_A, patience, target, by),
    ]
    if mode != "services":
        predictions.append(score.erlang(held, f"{ERLANG_A}, real AHT", patience, target, by, true_times=True))
    covers = tuple(score.covers(training, held, metric) for metric in MEASURED)
    bounds = {cover.metric: score.bounds(held, cover.metric, cover.by) for cover in covers}
    return Trial(mode, tuple(training), tuple(held), tuple(predictions), (), covers, bounds, (factor,), (by,))


def _joined(parts: Sequence[Trial]) -> Trial:
    """The trials of a mode, one stretch of days after another, with the scores of all."""
    days = tuple(day for part in parts for day in part.days)
    predictions = tuple(score.joined(same) for same in zip(*(part.predictions for part in parts), strict=True))
    bounds = {}
    for metric in MEASURED:
        low, high = zip(*(part.bounds[metric] for part in parts), strict=True)
        bounds[metric] = (np.concatenate(low), np.concatenate(high))
    return Trial(
        mode=parts[0].mode,
        training=tuple(day for part in parts for day in part.training),
        days=days,
        predictions=predictions,
        scores=(*(score.score(prediction, days) for prediction in predictions), score.floor(days)),
        covers=tuple(score.together(same) for same in zip(*(part.covers for part in parts), strict=True)),
        bounds=bounds,
        factors=tuple(factor for part in parts for factor in part.factors),
        erlang_factors=tuple(factor for part in parts for factor in part.erlang_factors),
    )


def _notes(
    log: ContactLog,
    learned: Sequence[Learned],
    stretches: Sequence[Sequence[Sequence[date]]],
    asked: Sequence[date],
) -> tuple[str, ...]:
    """Queues without figures of their own, and days that do not count."""
    notes = []
    thin = {name for each in learned for name in each.forecast.counts if name not in each.works}
    if thin:
        notes.append(
            f"{', '.join(sorted(thin))}: fewer than {THIN} answered on the training days; handle times are "
            "those of all queues."
        )
    new = {
        str(name)
        for each, (_, last) in zip(learned, stretches, strict=True)
        for name in log.on(last)["queue"].unique()
        if name not in each.forecast.counts
    }
    if new:
        notes.append(
            f"{', '.join(sorted(new))}: not on the training days; handle times and patience are those of all, and "
            "nobody is forecast."
        )
    if closed := sorted(day.isoformat() for day in {*asked} if not log.worked_on(day)):
        notes.append(f"{', '.join(closed)}: nobody answered, left out.")
    return tuple(notes)


def mean_patience(log: ContactLog, days: Sequence[date]) -> float:
    """All waiting / all who gave up: the maximum likelihood of an exponential distribution, the answered censoring."""
    customers = log.customers(log.on(days))
    customers = customers[customers[["answer", "end"]].notna().any(axis=1)]
    until = customers["answer"].where(customers["answer"].notna(), customers["end"])
    waited = (until - customers["arrival"]).dt.total_seconds().sum()
    gave_up = int((customers["outcome"] == "abandoned").sum())
    return float(waited / gave_up) if gave_up else math.inf


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────

DAY_COLUMNS: Final = (
    "rule", "mode", "day", "offered", "asa_real", "asa", "asa_low", "asa_high", "asa_erlang_a", "abandonment_real",
    "abandonment", "abandonment_erlang_a", "service_level_real", "service_level", "service_level_erlang_a",
    "offered_simulated", "volume_wape",
)  # fmt: skip
"""Of days.csv: medians of the replications; low and high bound the middle 90 % of them. `volume_wape` is the sum of
|expected - real| contacts over half hours, by the real ones."""

INTERVAL_COLUMNS: Final = (
    "rule", "mode", "start", "offered", "agents", "asa_real", "asa", "asa_low", "asa_high", "asa_erlang_a",
    "service_level_real", "service_level", "service_level_low", "service_level_high", "service_level_erlang_a",
)  # fmt: skip
"""Of intervals.csv: medians of the replications; low and high are the widened 90 % prediction interval."""


def write(backtests: Sequence[Backtest], folder: Path) -> None:
    """scores.csv, covers.csv, days.csv and intervals.csv: one row a figure or day or half hour, by rule and mode."""
    each = [(by_rule.rule, trial) for by_rule in backtests for trial in by_rule.trials]
    scores = [(rule, trial.mode, *row) for rule, trial in each for row in trial.scores]
    covers = [(rule, trial.mode, *row) for rule, trial in each for row in trial.covers]
    _table(folder / "scores.csv", ("rule", "mode", *Score._fields), scores)
    _table(folder / "covers.csv", ("rule", "mode", *Coverage._fields), covers)
    _table(folder / "days.csv", DAY_COLUMNS, [(rule, *row) for rule, trial in each for row in day_rows(trial)])
    _table(
        folder / "intervals.csv", INTERVAL_COLUMNS, [(rule, *row) for rule, trial in each for row in _intervals(trial)]
    )


def day_rows(trial: Trial) -> list[tuple[Any, ...]]:
    """DAY_COLUMNS without the rule, of each held-out day."""
    ours, theirs = (trial.prediction(name).by_day for name in (SIMULATION, ERLANG_A))
    rows: list[tuple[Any, ...]] = []
    for number, day in enumerate(trial.days):
        real = score.daily(day.real)
        low, high = np.nanquantile(score.daily(day.simulated).asa, [0.05, 0.95])
        row = [trial.mode, day.day.isoformat(), int(day.real[0].sum())]
        row += [real.asa[0], ours.asa[number], low, high, theirs.asa[number]]
        for metric in ("abandonment", "service_level"):
            row += [getattr(real, metric)[0], getattr(ours, metric)[number], getattr(theirs, metric)[number]]
        offered, expected = day.real[0], day.known.offered
        wape = float(np.abs(expected - offered).sum() / offered.sum()) if offered.any() else math.nan
        rows.append((*row, float(expected.sum()), wape))
    return rows


def _intervals(trial: Trial) -> list[tuple[Any, ...]]:
    real = np.concatenate([day.real for day in trial.days], axis=1)
    starts = np.concatenate([day.edges[:-1] for day in trial.days]).astype("datetime64[us]").astype("datetime64[s]")
    columns = [starts, real[0].astype(np.int64), np.concatenate([day.agents for day in trial.days])]
    ours, theirs = (trial.prediction(name).by_interval for name in (SIMULATION, ERLANG_A))
    for metric in MEASURED:
        columns += [getattr(score.figures(real), metric), getattr(ours, metric)]
        columns += [*trial.bounds[metric], getattr(theirs, metric)]
    rows = zip(*(column[real[0] > 0].tolist() for column in columns), strict=True)
    return [(trial.mode, str(start).replace(" ", "T"), *rest) for start, *rest in rows]


def _table(file: Path, header: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    def shown(value: Any) -> Any:
        if isinstance(value, float):
            return "" if math.isnan(value) else round(value, 5)
        return value

    write_csv(file, header, (map(shown, row) for row in rows))


def as_json(backtests: Sequence[Backtest]) -> dict[str, Any]:
    """The one object that `--json` prints; null for what has no figure."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and math.isnan(value) else value

    def record(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
        return {name: plain(value) for name, value in zip(names, row, strict=True)}

    return {
        "train": [day.isoformat() for day in backtests[0].train],
        "test": [day.isoformat() for day in backtests[0].test],
        "notes": list(backtests[0].notes),
        "rules": {
            by_rule.rule: {"factor": by_rule.factor, "erlang_factor": by_rule.trials[0].erlang_factors[-1]}
            | {
                trial.mode: {
                    "factors": list(trial.factors),
                    "erlang_factors": list(trial.erlang_factors),
                    "scores": {row.method: record(Score._fields[1:], row[1:]) for row in trial.scores},
                    "covers": {row.metric: record(Coverage._fields[1:], row[1:]) for row in trial.covers},
                    "days": [record(DAY_COLUMNS[2:], row[1:]) for row in day_rows(trial)],
                }
                for trial in by_rule.trials
            }
            for by_rule in backtests
        },
    }
