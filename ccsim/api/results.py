"""What came of a run."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.api.arguments import checked
from ccsim.api.notebook import Plots, local_times, page, title, watched
from ccsim.api.values import number as finite
from ccsim.errors import Problem, ScenarioError
from ccsim.metrics import METRICS, TOTAL, Collected, IntervalRow, MetricRow, Summary
from ccsim.metrics.facts import Frame
from ccsim.results import format, model, storage
from ccsim.results.figures import MetricPlace, quotients_of
from ccsim.results.stored import record, stored
from ccsim.runs.run import run
from ccsim.scenario.faults import shown
from ccsim.scenario.model import MOST_REPLICATIONS
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import LEVEL, controlled_interval
from ccsim.stats.long_run import BATCHES, batch_means, mser5
from ccsim.tables import F64, SECOND
from ccsim.workload.changed import Change

if TYPE_CHECKING:
    import pandas as pd

Place = str | os.PathLike[str]

ABOUT: Final = ("overrides", "started", "duration_s")
"""What a provenance says of how a run came about."""

HEADLINE: Final = {
    "queue": ("offered", "answered", "service_level", "asa", "wait_p90", "abandonment"),
    "team": ("occupancy", "utilisation", "concurrency_mean", "paid_hours", "cost"),
}
"""The figures that a notebook shows at once."""


class Replications(int):
    """How many replications there are; called, what a metric was in each of them."""

    _results: Results

    def __new__(cls, results: Results) -> Replications:
        number = super().__new__(cls, results.scenario.replications)
        number._results = results
        return number

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)

    def __call__(self, metric: str, level: str = TOTAL, name: str = TOTAL) -> F64:
        """A metric of a queue, a team or the total in each replication : float64[replications], in their order.

        NaN where a replication has no data; shares are from 0 to 1, times in seconds. Raises ScenarioError for a
        metric, level or name that there is not, one that does not apply there, and for results read from a folder.
        """
        numerators, denominators = self._results._sums(metric, level, name)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(denominators != 0, numerators / denominators, np.nan))


class SteadyState(NamedTuple):
    """A figure of a long run with its interval, and what was left out at the beginning."""

    mean: float
    low: float
    high: float
    warm_up: float
    """seconds that were left out (MSER-5, and what fills no batch), besides the scenario's own warm-up"""
    batches: int


@dataclass(frozen=True, eq=False, repr=False)
class Results(model.Results):
    """What came of a run. `contacts`, `turns` and `agents` are Arrow tables of replication 1 (`.to_pandas()`)."""

    about: Mapping[str, Any] = field(default_factory=dict)
    """what was changed for it, when it was started, how long it took"""

    change: Change | None = None
    """what a program made of its workloads"""

    @property
    def replications(self) -> Replications:
        """How many were run; called with a metric, its figure in each of them."""
        return Replications(self)

    @checked
    def more(self, number: int, *, workers: int = 1, executor: str = "threads", progress: bool = False) -> Results:
        """The results with so many further replications, equal to those of one run of all to the last bit.

        They have the numbers that come next. `workers`, `executor` and `progress` are as for `Centre.run`. Raises
        ScenarioError for a number that is not a whole one of 1 or more, for more than a million in all, and for results
        that were read from a folder.
        """
        total = len(self._kept.whole) + number
        if number < 1 or total > MOST_REPLICATIONS:
            allowed = f"a whole number of 1 or more, for at most {MOST_REPLICATIONS:,} in all"
            raise ScenarioError([Problem("number", shown(number), allowed)])
        started = time.perf_counter()
        results = run(
            self.scenario.with_streams(self.scenario.seed, total),
            engine=self.engine,
            variant=self.variant,
            workers=workers,
            executor=executor,
            progress=partial(watched, progress, lambda: number),
            change=self.change,
            after=self._kept,
        )
        taken = round(self.about.get("duration_s", 0) + time.perf_counter() - started, 3)
        kept = replace(results, make_logs=self.make_logs, goals=self.goals)
        return of_run(kept, {**self.about, "duration_s": taken}, self.change)

    @checked
    def steady_state(
        self,
        metric: str,
        level: str = TOTAL,
        name: str = TOTAL,
        *,
        batches: int = BATCHES,
        confidence: float = LEVEL,
    ) -> SteadyState:
        """A metric of one long run, after its beginning, with an interval from batches of it.

        For `run(replications=1)` of a scenario that is the same at all hours, over many days; the warm-up that the
        scenario itself has is left out besides. Batches hold successive reporting intervals, whole ones. Counts, hours
        and money are those of one such interval. An interval of 95 % holds the truth less often where batches are
        short for how long a busy spell lasts: see docs/python.md. Raises ScenarioError for several replications,
        metrics that do not add up, and runs too short for so many batches.
        """
        if self.estimate(level, name, metric) is None:
            raise ScenarioError([Problem("metric", f"no {metric} of {name}", "one that applies there")])
        kept, place = self._kept, MetricPlace(level, name, metric)
        if len(kept.whole) != 1:
            raise ScenarioError([Problem("replications", str(len(kept.whole)), "1: one long run")])
        key = (place.definition.level, metric)
        if not place.definition.adds_up or key not in kept.by_interval:
            raise ScenarioError([Problem("metric", metric, "one that adds up over time, such as service_level or asa")])
        column = -1 if level == TOTAL else kept.whole[0].names[key[0]].index(name)
        edges = Frame(self.plan, self.spec).edges
        whole = np.diff(edges) == self.spec.interval
        numerators, denominators = kept.by_interval[key][:, whole, column]
        known = denominators != 0
        dropped = mser5(numerators[known] / denominators[known])
        first = int(np.flatnonzero(known)[dropped]) if known.any() else 0
        try:
            series, of = (numerators[first:], denominators[first:]), place.definition
            figures = batch_means(*series, batches, _level(confidence), share=of.is_part, least=of.least)
        except ValueError as bad:
            raise ScenarioError([Problem("batches", str(bad), "fewer batches, or a longer run")]) from None
        began = edges[:-1][whole][first + (len(numerators) - first) % batches]
        return SteadyState(*figures, float(began - edges[0]) / SECOND, batches)

    @checked
    def controlled(
        self,
        metric: str,
        level: str = TOTAL,
        name: str = TOTAL,
        *,
        by: Results,
        expected: float,
        confidence: float = LEVEL,
    ) -> Estimate:
        """A metric with a control variate: less what `by` is off by chance, as far as the two go together.

        `by` are results of a similar scenario on the same random numbers (seed and replications), of which the
        `expected` value of the same metric is known, such as from `ccsim.theory`; in the metric's unit. Raises
        ScenarioError for another seed or number of replications, for an expected value that is not that of `by` (some
        six standard errors off), and as `replications` does.
        """
        if not isinstance(by, Results):
            raise ScenarioError([Problem("by", shown(by), "results of a similar scenario")])
        if (self.scenario.seed, len(self._kept.whole)) != (by.scenario.seed, len(by._kept.whole)):
            raise ScenarioError([Problem("by", "other random numbers", "results of the same seed and replications")])
        confidence, expected = _level(confidence), finite("expected", expected)
        ours, control = (one._sums(metric, level, name) for one in (self, by))
        mean, low, high = by.estimate(level, name, metric) or (expected, expected, expected)
        if abs(expected - mean) > 3 * max(high - mean, mean - low):
            raise ScenarioError([Problem("expected", f"{expected:g}", f"that of `by`, which simulates {mean:.4g}")])
        value, low, high = controlled_interval(ours, control, expected, confidence)
        if MetricPlace(level, name, metric).definition.is_part:
            value, low, high = np.clip((value, low, high), 0.0, 1.0).tolist()
        return Estimate(value, low, high)

    def _sums(self, metric: str, level: str, name: str) -> tuple[F64, F64]:
        """Numerators and denominators by replication."""
        if self.estimate(level, name, metric) is None:
            raise ScenarioError([Problem("metric", f"no {metric} of {name}", "one that applies there")])
        quotients = quotients_of(self._kept.whole, MetricPlace(level, name, metric))
        assert quotients is not None
        return quotients

    @property
    def _kept(self) -> Collected:
        if self.collected is None:
            problem = "results from a folder, which has no figures by replication"
            raise ScenarioError([Problem("results", problem, "run the scenario again")])
        return self.collected

    def _summary(self, confidence: float) -> Summary:
        confidence = _level(confidence)
        return self.summary if confidence == LEVEL else self._kept.summary(confidence)

    @checked
    def to_frame(self, confidence: float = LEVEL) -> pd.DataFrame:
        """Every figure: level (queue, team, total), name, metric, mean, low, high (its interval), unit.

        A row a figure; shares are from 0 to 1, times in seconds; low and high are NaN with one replication. Raises
        ScenarioError for a confidence that is not between 0 and 1, and for another than 0.95 of saved results.
        """
        import pandas as pd

        return pd.DataFrame(self._summary(confidence).rows, columns=MetricRow._fields)

    @checked
    def intervals(self, confidence: float = LEVEL) -> pd.DataFrame:
        """The figures by reporting interval: start (local time), level, name, metric, mean, low, high.

        `confidence` is as for `to_frame`.
        """
        import pandas as pd

        frame = pd.DataFrame(self._summary(confidence).interval_rows(), columns=IntervalRow._fields)
        return frame.assign(start=local_times(self.scenario, frame["start"]))

    @property
    def plot(self) -> Plots:
        """Its charts, such as `plot.waiting()`, and `plot.overview()`, the page of several; `dir(plot)` lists them."""
        from ccsim import charts

        each = {name: partial(charts.figure, name, self) for name in charts.CHARTS}
        return Plots({"overview": partial(charts.overview, self), **each})

    @checked
    def save(self, folder: Place) -> Path:
        """Writes a results folder as `ccsim run` does, without charts; for `open_results` and `ccsim replay`.

        Raises FileExistsError when there is something at that place already, OSError where it cannot be written, and
        ScenarioError for workloads that a program has changed: nobody could run them again from the folder.
        """
        if self.change is not None:
            problem = "results of workloads that a program has changed, which no folder can hold"
            raise ScenarioError([Problem("save", problem, "their frames: results.to_frame().to_csv(...)")])
        with new_folder(folder) as place:
            with storage.LogFiles(place) as files:
                files.append(self.logs)
            storage.write(place, self, log="first", **self.about)
        return Path(folder)

    def _repr_html_(self) -> str:
        runs = f"{format.several(self.replications, 'replication')}, seed {self.scenario.seed}, engine {self.engine}"
        rows = {"queue": [*(("queue", name) for name in self.spec.queues), (TOTAL, TOTAL)]}
        rows["team"] = [("team", name) for name in self.spec.teams]
        tables = []
        for level, metrics in HEADLINE.items():
            cells = [[name, *(self._cell(at, name, metric) for metric in metrics)] for at, name in rows[level]]
            tables.append(((level, *(metric.replace("_", " ") for metric in metrics)), cells))
        return page(f"{title(self.scenario.name, self.variant)}: {runs}", *tables)

    def _cell(self, level: str, name: str, metric: str) -> str:
        unit = next(known.unit for (_, other), known in METRICS.items() if other == metric)
        estimate = self.estimate(level, name, metric)
        return format.quantity(unit, math.nan if estimate is None else estimate.mean)


@checked
def open_results(folder: Place) -> Results:
    """The results in a folder that `ccsim run` or `Results.save` wrote. Raises ScenarioError when it is none."""
    results, about = stored(Path(folder)), record(Path(folder))
    return of_run(results, {key: about[key] for key in ABOUT if key in about})


def of_run(results: model.Results, about: Mapping[str, Any], change: Change | None = None) -> Results:
    return Results(**{each.name: getattr(results, each.name) for each in fields(results)}, about=about, change=change)


@contextmanager
def new_folder(folder: Place) -> Iterator[Path]:
    if Path(folder).exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    with storage.whole_folder(Path(folder)) as place:
        yield place


def _level(confidence: float) -> float:
    allowed = "a number between 0 and 1, such as 0.95"
    if not 0 < finite("confidence", confidence, allowed) < 1:
        raise ScenarioError([Problem("confidence", shown(confidence), allowed)])
    return float(confidence)
