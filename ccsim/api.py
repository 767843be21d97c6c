"""The library as a program or a notebook uses it: load a centre, run it, compare it, vary it, look at what came out.

Frames are pandas', tables Arrow's, pictures matplotlib's. What is wrong with a scenario, a name or a number is said in
a `ScenarioError`, all at once, as on the command line.
"""

from __future__ import annotations

import copy
import errno
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from datetime import time as clock_time
from functools import partial
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import METRICS, TOTAL, IntervalRow, MetricRow
from ccsim.results import comparison, format, model, storage, sweeps
from ccsim.results.ranking import Ranking, rank, ranking_figure
from ccsim.results.stored import record, stored
from ccsim.runs.precision import MOST, Precision, read_goals
from ccsim.runs.run import run
from ccsim.scenario import check, read
from ccsim.scenario.channels import defaults_used
from ccsim.scenario.data import texts
from ccsim.scenario.design import Design, Kind, read_setting
from ccsim.scenario.faults import did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.studies import compare as comparing
from ccsim.studies import sweep
from ccsim.studies.points import Points
from ccsim.workload.unserved import unserved

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from tqdm import tqdm

Engine = Literal["compiled", "simpy"]
Place = str | os.PathLike[str]

ABOUT: Final = ("overrides", "started", "duration_s")
"""What a provenance says of how a run came about."""

HEADLINE: Final = {
    "queue": ("offered", "answered", "service_level", "asa", "wait_p90", "abandonment"),
    "team": ("occupancy", "utilisation", "concurrency_mean", "paid_hours", "cost"),
}
"""The figures that a notebook shows at once."""


def load(
    source: Place | Mapping[str, Any],
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    *,
    allow_outside: bool = False,
) -> Centre:
    """The centre of a scenario file, of its text (of several lines) or of its tables, with a variant and changes.

    `set` maps dotted paths to values, such as {"queue.phone.volume.scale": 1.2}, and goes on top of the variant. Data
    files are looked up beside the file, else in the working folder; only those that `set` names may lie outside it, or
    with `allow_outside` all. Raises ScenarioError with every problem found.
    """
    file = None
    if isinstance(source, Mapping):
        scenario = read.parse(copy.deepcopy(dict(source)), outside=allow_outside)
    elif isinstance(source, str) and "\n" in source:
        scenario = read.parse(read.tables(source.encode()), outside=allow_outside)
    else:
        file = Path(source)
        scenario = read.load(file, outside=allow_outside)
    centre = Centre(scenario, scenario, file)
    if variant is not None:
        centre = centre.variant(variant)
    return centre.changed(set) if set else centre


def open_results(folder: Place) -> Results:
    """The results in a folder that `ccsim run` or `Results.save` wrote. Raises ScenarioError when it is none."""
    results, about = stored(Path(folder)), record(Path(folder))
    return _results(results, {key: about[key] for key in ABOUT if key in about})


@dataclass(frozen=True, repr=False)
class Centre:
    """A contact centre, ready to be simulated. It never changes: `variant` and `changed` give another one."""

    scenario: Scenario
    """all that is known of it, defaults filled in"""
    loaded: Scenario
    """the same without variant and changes"""
    file: Path | None = None
    """where it was loaded from"""
    applied: str | None = None
    """the variant that it is"""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """what was changed on top, by dotted path; it cannot be written to"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", MappingProxyType(copy.deepcopy(dict(self.changes))))

    def __reduce__(self) -> tuple[type[Centre], tuple[Any, ...]]:
        # a read-only view cannot be pickled
        return type(self), (self.scenario, self.loaded, self.file, self.applied, dict(self.changes))

    def __hash__(self) -> int:
        return hash((self.name, self.file, self.applied, tuple(self.changes)))

    @property
    def name(self) -> str:
        """Of the scenario."""
        return self.scenario.name

    @property
    def queues(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.scenario.queue)

    @property
    def teams(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.scenario.team)

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of those that its scenario describes."""
        return tuple(self.loaded.variant)

    def variant(self, name: str) -> Centre:
        """A variant of the centre, instead of the one that it may be, with the same changes on top.

        Raises ScenarioError when there is none of that name.
        """
        if name not in self.variants:
            allowed = did_you_mean(name, self.variants)
            raise ScenarioError([Problem(f"variant.{name}", "no such variant", allowed, self._file)])
        return self._other(name, self.changes)

    def changed(self, changes: Mapping[str, Any]) -> Centre:
        """The centre with other values at dotted paths, such as {"team.desk.concurrency.chat": 3}.

        Raises ScenarioError for paths that lead nowhere and for values that may not stand there.
        """
        plain = {path: _plain(path, value) for path, value in changes.items()}
        return self._other(self.applied, {**self.changes, **plain})

    def _other(self, applied: str | None, changes: Mapping[str, Any]) -> Centre:
        raw = copy.deepcopy(self.loaded.raw)
        everything = {**(self.loaded.variant[applied].set if applied else {}), **changes}
        if problems := read.change(raw, copy.deepcopy(list(everything.items())), self._file):
            raise ScenarioError(problems)
        folder = self.file.parent if self.file else None
        asked = frozenset(texts(changes))
        scenario = read.parse(raw, folder, self._file, given=self.loaded.files, outside=asked)
        return Centre(scenario, self.loaded, self.file, applied, changes)

    @property
    def _file(self) -> str:
        return str(self.file or "")

    def check(self) -> list[str]:
        """What to look out for, in words. Raises ScenarioError when a variant cannot be simulated."""
        problems: list[Problem] = []
        for name in self.variants:
            try:
                self.variant(name)
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return [str(warning) for warning in [*check.warnings(self.scenario), *unserved(self.scenario)]]

    def defaults(self) -> pd.DataFrame:
        """What it leaves to its channels: path, value, tag (article, source, measured, illustrative), source."""
        import pandas as pd

        rows = [(path, default.value, default.tag, default.source) for path, default in defaults_used(self.scenario)]
        return pd.DataFrame(rows, columns=["path", "value", "tag", "source"])

    def theory(self) -> pd.DataFrame:
        """What queueing theory expects of each queue in its busiest interval, which begins at `start`; a row a figure.

        `agents` are those with the skill, as if they served this queue alone.
        """
        import pandas as pd

        from ccsim.workload.expectations import expectations

        rows = [
            (one.queue, one.formula, one.start, one.per_hour, one.agents, *figure)
            for one in expectations(self.scenario)
            for figure in one.figures.items()
        ]
        columns = ["queue", "formula", "start", "contacts_per_hour", "agents", "figure", "value"]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.assign(start=_local(self.scenario, frame["start"]))

    def run(
        self,
        *,
        replications: int | None = None,
        seed: int | None = None,
        precision: Mapping[str, float] | None = None,
        max_replications: int = MOST,
        engine: Engine = "compiled",
        workers: int | None = None,
        executor: str = "threads",
        audit: bool = False,
        progress: bool = False,
    ) -> Results:
        """Simulates it: figures with their intervals, and the logs of replication 1.

        `precision` maps metrics (`service_level`, or `asa@phone` of one queue or team, or of `total`) to half-widths of
        95 % intervals in the metric's unit: replications go on until these or `max_replications` are reached.
        `executor` is "threads", "processes" or the address of a Dask scheduler; the results are the same on all of them
        and with any number of workers, by default 1. `audit` checks every log against the rules of the
        model and raises AuditError.
        """
        centre = self._streams(seed, replications)
        rule = None
        if precision is not None:
            rule = _stopping_rule(centre.scenario, precision, replications, max_replications)
        started, clock = datetime.now(UTC), time.perf_counter()
        results = run(
            centre.scenario,
            variant=self.applied,
            precision=rule,
            engine=engine,
            workers=1 if workers is None else workers,
            executor=executor,
            audit=audit,
            progress=partial(_watched, progress, lambda: rule.expected if rule else centre.scenario.replications),
        )
        about = {
            "overrides": [f"{path}={json.dumps(value, default=str)}" for path, value in centre.changes.items()],
            "started": started.isoformat(timespec="seconds"),
            "duration_s": round(time.perf_counter() - clock, 3),
        }
        return _results(results, about)

    def compare(
        self,
        others: Mapping[str, str | Centre] | Iterable[str | Centre] | str | Centre | None = None,
        *,
        baseline: str | None = None,
        replications: int | None = None,
        seed: int | None = None,
        engine: Engine = "compiled",
        workers: int | None = None,
        executor: str = "threads",
        progress: bool = False,
    ) -> Comparison:
        """Puts it beside others on the same random numbers: variants by name, other centres; by default all variants.

        Differences are to `baseline`, by default to this centre, which is called as its variant, else "base"; others
        are called by their names in the mapping, else as their variant or scenario. `workers` are by default the
        machine's processors.
        """
        first = self._streams(seed, replications)
        scenarios = {self.applied or comparing.BASE: first.scenario}
        for name, centre in self._named(self.variants if others is None else others):
            if name in scenarios:
                raise ScenarioError([Problem(name, "two of this name", "a mapping from other names to centres")])
            scenarios[name] = centre._streams(seed, replications).scenario
        with _bar(len(scenarios) * first.scenario.replications, progress) as bar:
            compared = comparing.compare(
                scenarios, baseline=baseline, engine=engine, workers=workers, executor=executor, progress=bar.update
            )
        return Comparison(compared.variants, compared.notes)

    def _named(
        self, others: Mapping[str, str | Centre] | Iterable[str | Centre] | str | Centre
    ) -> Iterator[tuple[str, Centre]]:
        if isinstance(others, Mapping):
            yield from ((name, self._centre(other)) for name, other in others.items())
            return
        for other in [others] if isinstance(others, str | Centre) else others:
            if other != self.applied:
                centre = self._centre(other)
                yield centre.applied or centre.name, centre

    def _centre(self, other: str | Centre) -> Centre:
        """A variant by its name, or a centre as it is."""
        if isinstance(other, Centre):
            return other
        if isinstance(other, str):
            return self.variant(other)
        raise ScenarioError([Problem("compare", shown(other), "a centre or the name of a variant")])

    def sweep(
        self,
        vary: Mapping[str, Any],
        *,
        design: Kind = "grid",
        points: int | None = None,
        sensitivity: bool = False,
        replications: int | None = None,
        seed: int | None = None,
        engine: Engine = "compiled",
        workers: int | None = None,
        executor: str = "threads",
        out: Place | None = None,
        resume: bool = False,
        progress: bool = False,
    ) -> Sweep:
        """Runs it at many points: `vary` maps dotted paths to levels, as a list or as text: "1:6", "0.8:1.2:5".

        `design` is "grid", or "latin" or "sobol" with a number of `points`; `sensitivity` adds each setting alone, and
        Sobol' indices to a "sobol" design. With `out` every finished unit is on disk and a results folder is written
        below that folder; `resume` goes on with a sweep that was cut short. `workers` are by default the machine's
        processors.
        """
        centre = self._streams(seed, replications)
        settings = tuple(read_setting(path, _levels(levels)) for path, levels in vary.items())
        file = self.file or Path()
        chosen = Points.checked(Design(centre.scenario, settings, design, points, sensitivity, file))
        with _bar(len(chosen) * centre.scenario.replications, progress) as bar:
            options: dict[str, Any] = {"engine": engine, "workers": workers, "executor": executor}
            options["progress"] = bar.update
            if out is None:
                return Sweep(**vars(sweep.sweep(chosen, **options)))
            outcome, folder = sweep.sweep_to_folder(Path(out), chosen, resume=resume, **options)
            return Sweep(**vars(outcome), folder=folder)

    def _streams(self, seed: int | None, replications: int | None) -> Centre:
        given = {"seed": seed, "replications": replications}
        changes = {key: value for key, value in given.items() if value is not None}
        return self.changed(changes) if changes else self

    def __repr__(self) -> str:
        others = f"; variants {', '.join(self.variants)}" if self.variants else ""
        title = _title(self.name, self.applied)
        return f"<Centre {title}: queues {', '.join(self.queues)}; teams {', '.join(self.teams)}{others}>"

    def _repr_html_(self) -> str:
        scenario = self.scenario
        days = f"{format.several(scenario.days, 'day')} from {format.day(scenario.start)} {scenario.start.year}"
        queues = [(name, queue.channel, queue.title) for name, queue in scenario.queue.items()]
        teams = [(name, ", ".join(team.skills)) for name, team in scenario.team.items()]
        variants = [(name, variant.title) for name, variant in self.loaded.variant.items()]
        return _page(
            f"{_title(self.name, self.applied)}: {days}",
            (("queue", "channel", "title"), queues),
            (("team", "skills"), teams),
            (("variant", "title"), variants),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Results(model.Results):
    """What came of a run. `contacts`, `turns` and `agents` are Arrow tables of replication 1 (`.to_pandas()`)."""

    about: Mapping[str, Any] = field(default_factory=dict)
    """what was changed for it, when it was started, how long it took"""

    def to_frame(self) -> pd.DataFrame:
        """Every figure: level (queue, team, total), name, metric, mean, low and high (95 % interval), unit."""
        import pandas as pd

        return pd.DataFrame(self.summary.rows, columns=MetricRow._fields)

    def intervals(self) -> pd.DataFrame:
        """The figures by reporting interval: start (local time), level, name, metric, mean, low, high."""
        import pandas as pd

        frame = pd.DataFrame(self.summary.interval_rows(), columns=IntervalRow._fields)
        return frame.assign(start=_local(self.scenario, frame["start"]))

    @property
    def plot(self) -> Plots:
        """Its charts, such as `plot.waiting()`, and `plot.overview()`, the page of several; `dir(plot)` lists them."""
        from ccsim import charts

        each = {name: partial(charts.figure, name, self) for name in charts.CHARTS}
        return Plots({"overview": partial(charts.overview, self), **each})

    def save(self, folder: Place) -> Path:
        """Writes a results folder as `ccsim run` does, without charts; for `open_results` and `ccsim replay`.

        Raises FileExistsError when there is something at that place already, OSError where it cannot be written.
        """
        with _new_folder(folder) as place:
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
        return _page(f"{_title(self.scenario.name, self.variant)}: {runs}", *tables)

    def _cell(self, level: str, name: str, metric: str) -> str:
        unit = next(known.unit for (_, other), known in METRICS.items() if other == metric)
        estimate = self.estimate(level, name, metric)
        return format.quantity(unit, math.nan if estimate is None else estimate.mean)


class Comparison(comparison.Comparison):
    """Variants beside one another on the same random numbers, the baseline first."""

    def to_frame(self) -> pd.DataFrame:
        """Every figure of every variant with its difference to the baseline, and 95 % intervals of both.

        `differs` is true where zero is outside the difference's interval.
        """
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=comparison.DifferenceRow._fields)

    def ranking(self, by: str | None = None) -> Ranking:
        """From best to worst by a metric, such as `asa@phone`; by default those that meet their targets by cost.

        Its `sentences()` say what cannot be told apart. Raises ScenarioError for what there is not.
        """
        scenarios = {variant.name: variant.results.scenario for variant in self.variants}
        return rank(self, None if by is None else ranking_figure(by, scenarios))

    @property
    def plot(self) -> Plots:
        """`plot.differences()`"""
        from ccsim.charts.differences import differences

        return Plots({"differences": partial(differences, self)})

    def save(self, folder: Place) -> Path:
        """Writes a results folder as `ccsim compare` does, without charts.

        Raises FileExistsError when there is something at that place already, OSError where it cannot be written.
        """
        with _new_folder(folder) as place:
            comparing.write(place, self, self.ranking())
        return Path(folder)

    def __repr__(self) -> str:
        names = ", ".join(variant.name for variant in self.variants)
        return f"<Comparison of {names}: {format.several(self.replications, 'replication')}>"

    def _repr_html_(self) -> str:
        rows = [[str(figure), *(self._cell(variant, figure) for variant in self.variants)] for figure in self.headline]
        title = f"{format.several(self.replications, 'replication')} on the same random numbers"
        return _page(title, (("", *(variant.name for variant in self.variants)), rows))

    def _cell(self, variant: comparison.VariantResult, figure: comparison.MetricPlace) -> str:
        unit = figure.definition.unit
        own, apart = self.estimate(variant, figure), self.difference(variant, figure)
        if own is None or variant is self.baseline or apart is None:
            return format.quantity(unit, math.nan if own is None else own.mean)
        change = format.difference(unit, apart.mean, (apart.high - apart.low) / 2)
        return f"{format.quantity(unit, own.mean)} ({change})"


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(sweeps.Sweep):
    """What came of a sweep."""

    folder: Path | None = None
    """where it was written, if it was"""

    def __getstate__(self) -> dict[str, Any]:
        # a dataset in memory cannot be pickled, its table can
        return {**vars(self), "table": self.table.to_table()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from pyarrow import dataset

        vars(self).update(state, table=dataset.dataset(state["table"]))

    @property
    def plot(self) -> Plots:
        """Its pictures, of service and cost or of metrics, over everything or as `asa@phone`; `dir(plot)` lists them.

        `plot.curves()`, `plot.heat_map("asa@phone", "cost")`. They raise ScenarioError for what there is not.
        """
        from ccsim.charts.sweeps import pages

        named = pages(self, sweep.read_figures((), self.design))
        return Plots({name: partial(self._draw, name) for name in named})

    def _draw(self, name: str, *metrics: str) -> Figure:
        from ccsim.charts.sweeps import pages

        drawn = pages(self, sweep.read_figures(metrics, self.design))
        if name not in drawn:
            raise ScenarioError([Problem(", ".join(metrics), f"nothing to draw in {name}", "other metrics")])
        return drawn[name]()

    def __repr__(self) -> str:
        paths = ", ".join(setting.path for setting in self.design.settings)
        runs = format.several(self.replications, "replication")
        return f"<Sweep of {self.design.base.name} over {paths}: {len(self.design.rows)} points, {runs} each>"


class Plots:
    """Charts by name, each a function that draws it afresh; `dir` lists them."""

    def __init__(self, charts: Mapping[str, Callable[..., Figure]]) -> None:
        self._charts = charts

    def __getattr__(self, name: str) -> Callable[..., Figure]:
        charts = vars(self).get("_charts", {})  # none yet in a copy that is being made
        if name not in charts:
            raise AttributeError(f"no chart {name!r}; {did_you_mean(name, charts)}")
        chart: Callable[..., Figure] = charts[name]
        return chart

    def __dir__(self) -> list[str]:
        return list(self._charts)

    def __repr__(self) -> str:
        return f"<Plots: {', '.join(self._charts)}>"


def _results(results: model.Results, about: Mapping[str, Any]) -> Results:
    return Results(**{each.name: getattr(results, each.name) for each in fields(results)}, about=about)


def _stopping_rule(
    scenario: Scenario, precision: Mapping[str, float], replications: int | None, most: int
) -> Precision:
    if not isinstance(precision, Mapping):
        raise ScenarioError([Problem("precision", shown(precision), 'a half-width by metric: {"service_level": 0.01}')])
    if replications is not None:
        raise ScenarioError([Problem("replications", "given beside precision", "one of them")])
    if not isinstance(most, int) or most < 2:
        raise ScenarioError([Problem("max_replications", shown(most), "a whole number of 2 or more")])
    return Precision(read_goals(precision, *lower(scenario)), most)


def _plain(path: str, value: Any) -> Any:
    """A value as a file could hold it: numpy's as Python's. Raises ScenarioError for an object that no file can say."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(f"{path}.{key}", inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(path, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str | date | clock_time):
        return value
    allowed = 'as a file writes it, such as {"dist": "gamma", "mean": "5m", "cv": 0.5}'
    raise ScenarioError([Problem(path, f"an object of type {type(value).__name__}", allowed)])


def _levels(levels: Any) -> Any:
    """As `read_setting` takes them: text, or a list of plain values."""
    return (
        levels if isinstance(levels, str) else [level.item() if hasattr(level, "item") else level for level in levels]
    )


def _bar(total: int, shown: bool) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(total=total, unit=" replications", disable=not shown, leave=False)


def _watched(shown: bool, expected: Callable[[], int], stream: Iterable[Any]) -> Iterator[Any]:
    with _bar(expected(), shown) as bar:
        for replication in stream:
            yield replication
            bar.total = expected()
            bar.update()


@contextmanager
def _new_folder(folder: Place) -> Iterator[Path]:
    if Path(folder).exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    with storage.whole_folder(Path(folder)) as place:
        yield place


def _local(scenario: Scenario, micros: pd.Series[int]) -> pd.Series[Any]:
    """Local times, without a zone if the scenario has none."""
    import pandas as pd

    zone = scenario.timezone
    midnight = pd.Timestamp(scenario.start, tz=zone)
    times = (midnight.tz_convert("UTC") if zone else midnight) + pd.to_timedelta(micros, unit="us")
    return times.dt.tz_convert(zone) if zone else times


def _title(name: str, variant: str | None) -> str:
    return f"{name}, variant {variant}" if variant else name


def _page(title: str, *tables: tuple[Sequence[str], Sequence[Sequence[str]]]) -> str:
    """A title and tables (columns, rows) as HTML; empty ones are left out."""
    import pandas as pd

    shown = [
        pd.DataFrame(rows, columns=list(columns)).to_html(index=False, border=0) for columns, rows in tables if rows
    ]
    return "\n".join([f"<p><b>{escape(title)}</b></p>", *shown])
