"""A contact centre, ready to be simulated: load it, change it, run it, compare it, vary it."""

from __future__ import annotations

import copy
import errno
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from numbers import Real
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from ccsim.api.arguments import checked, most_replications
from ccsim.api.comparison import Comparison
from ccsim.api.notebook import local_times, page, progress_bar, title, watched
from ccsim.api.parts import demand_own_metrics
from ccsim.api.results import Place, Results, of_run
from ccsim.api.sweep import Sweep
from ccsim.api.values import OF_TABLES, by_path, plain, plain_levels, without_frames
from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.results import format, storage
from ccsim.runs.precision import MOST, Precision, read_goals
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.data import texts
from ccsim.scenario.defaults import defaults_used
from ccsim.scenario.design import Design, Kind, read_setting
from ccsim.scenario.faults import did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.studies import compare as comparing
from ccsim.studies import sweep
from ccsim.studies.points import Points
from ccsim.workload.changed import Change
from ccsim.workload.warnings import warnings

if TYPE_CHECKING:
    import pandas as pd

Engine = Literal["compiled", "simpy"]


@checked
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
    with `allow_outside` all. In tables and in `set` a pandas frame, a series or an array may stand for a file. Raises
    ScenarioError with every problem found.
    """
    file = None
    if isinstance(source, Mapping):
        read.refuse_endless("source", source)
        tables, given = without_frames("", source)
        scenario = read.parse(plain("", tables), given=given, outside=allow_outside)
    elif isinstance(source, str) and "\n" in source:
        scenario = read.parse(read.tables(source.encode()), outside=allow_outside)
    elif isinstance(source, str | os.PathLike):
        file = Path(source)
        scenario = read.load(file, outside=allow_outside)
    else:
        raise ScenarioError([Problem("source", shown(source), "the path of a scenario, its text or its tables")])
    centre = Centre(scenario, scenario, file)
    if variant is not None:
        centre = centre.variant(variant)
    return centre if set is None else centre.changed(set)


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

    @classmethod
    def build(cls, name: str, *, queues: Mapping[str, Any], teams: Mapping[str, Any], **others: Any) -> Centre:
        """The centre of these queues and teams; keys are those of a scenario file (docs/reference/scenario.md).

        `others` are the file's other tables and keys, such as `start="2026-03-02"`, `days=5`, `routing={…}`. Where the
        file names a data file, a pandas frame, a series or an array may stand: `{"file": frame, "column": "calls"}`.
        Raises ScenarioError with every problem found.
        """
        return load({"name": name, "queue": queues, "team": teams, **others})

    @checked
    def save(self, folder: Place) -> Path:
        """Writes it as `scenario.toml` with its data files into the folder; returns the file, which loads back equal.

        Variants are not written, but for the one that it is. Raises FileExistsError where one of the files is there
        already.
        """
        folder = Path(folder)
        files = read.scenario_files(self.scenario)
        for name in files:
            if (folder / name).exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder / name))
        storage.write_files(folder, files)
        return folder / "scenario.toml"

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

    @checked
    def variant(self, name: str) -> Centre:
        """A variant of the centre, instead of the one that it may be, with the same changes on top.

        Raises ScenarioError when there is none of that name.
        """
        if name not in self.variants:
            allowed = did_you_mean(str(name), self.variants)
            raise ScenarioError([Problem(f"variant.{name}", "no such variant", allowed, self._file)])
        return self._other(name, self.changes)

    @checked
    def changed(self, changes: Mapping[str, Any], *, allow_outside: bool = True) -> Centre:
        """The centre with other values at dotted paths, such as {"team.desk.concurrency.chat": 3}.

        Files that they name may lie outside the scenario's folder, unless `allow_outside` is false. Raises
        ScenarioError for paths that lead nowhere and for values that may not stand there.
        """
        values: dict[str, Any] = {}
        files: dict[str, bytes] = {}
        for path, value in by_path("changes", changes).items():
            read.refuse_endless(path, value)
            above, _, key = path.rpartition(".")
            whole_table = key in OF_TABLES and not isinstance(value, str)
            table, given = without_frames(above if whole_table else path, {key: value} if whole_table else value)
            files |= given
            values[path] = plain(path, table[key] if whole_table else table)
        return self._other(self.applied, {**self.changes, **values}, files, allow_outside)

    def _other(
        self,
        applied: str | None,
        changes: Mapping[str, Any],
        files: Mapping[str, bytes] = MappingProxyType({}),
        allow_outside: bool = True,
    ) -> Centre:
        raw = copy.deepcopy(self.loaded.raw)
        everything = {**(self.loaded.variant[applied].set if applied else {}), **changes}
        if problems := read.change(raw, copy.deepcopy(list(everything.items())), self._file):
            raise ScenarioError(problems)
        folder = self.file.parent if self.file else None
        asked = frozenset(texts(changes)) if allow_outside else frozenset[str]()
        given = {**self.scenario.files, **self.loaded.files, **files}
        scenario = read.parse(raw, folder, self._file, given=given, outside=asked)
        return Centre(scenario, self.loaded, self.file, applied, changes)

    @property
    def _file(self) -> str:
        return str(self.file or "")

    def check(self) -> list[str]:
        """What to look out for, in words. Raises ScenarioError when a variant cannot be simulated."""
        problems: list[Problem] = []
        variants: dict[str, Scenario] = {}
        for name in self.variants:
            try:
                variants[name] = self.variant(name).scenario
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return [str(warning) for warning in warnings(self.scenario, variants)]

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
        return frame.assign(start=local_times(self.scenario, frame["start"]))

    @checked
    def run(
        self,
        *,
        replications: int | None = None,
        seed: int | None = None,
        precision: Mapping[str, float] | None = None,
        max_replications: int | None = None,
        engine: Engine = "compiled",
        workers: int | None = None,
        executor: str = "threads",
        audit: bool = False,
        progress: bool = False,
        workload: Change | None = None,
    ) -> Results:
        """Simulates it: figures with their intervals, and the logs of replication 1.

        `precision` maps metrics (`service_level`, or `asa@phone` of one queue or team, or of `total`) to half-widths of
        95 % intervals in the metric's unit: replications go on until these or `max_replications` (1,000) are reached.
        `executor` is "threads", "processes" or the address of a Dask scheduler; the results are the same on all of them
        and with any number of workers, by default 1. `audit` checks every log against the rules of the
        model and raises AuditError. `workload` is called with every replication's Workload and number (from 1) and
        returns the one that is simulated; for other processes it must be pickled, so a function of a module.
        """
        centre = self._streams(seed, replications)
        rule = None
        if wanted := _wanted(precision, replications, max_replications):
            rule = Precision(read_goals(wanted[0], *lower(centre.scenario)), wanted[1])
        started, clock = datetime.now(UTC), time.perf_counter()
        results = run(
            centre.scenario,
            variant=self.applied,
            precision=rule,
            engine=engine,
            workers=1 if workers is None else workers,
            executor=executor,
            audit=audit,
            change=workload,
            progress=partial(watched, progress, lambda: rule.expected if rule else centre.scenario.replications),
        )
        demand_own_metrics({(row.level, row.metric) for row in results.summary.rows})
        about = {
            "overrides": [f"{path}={json.dumps(value, default=str)}" for path, value in centre.changes.items()],
            "started": started.isoformat(timespec="seconds"),
            "duration_s": round(time.perf_counter() - clock, 3),
        }
        return of_run(results, about, workload)

    @checked
    def compare(
        self,
        others: Mapping[str, str | Centre] | Iterable[str | Centre] | str | Centre | None = None,
        *,
        baseline: str | None = None,
        replications: int | None = None,
        seed: int | None = None,
        precision: Mapping[str, float] | None = None,
        max_replications: int | None = None,
        engine: Engine = "compiled",
        workers: int | None = None,
        executor: str = "threads",
        progress: bool = False,
        workload: Change | None = None,
    ) -> Comparison:
        """Puts it beside others on the same random numbers: variants by name, other centres; by default all variants.

        Differences are to `baseline`, by default to this centre, which is called as its variant, else "base"; others
        are called by their names in the mapping, else as their variant or scenario. `precision` maps metrics, as for
        `run`, to half-widths of 95 % intervals of the differences: replications go on until these or `max_replications`
        are reached, and `notes` says which. `workers` are by default the machine's processors. `workload` is as for
        `run`.
        """
        first = self._streams(seed, replications)
        scenarios = {self.applied or comparing.BASE: first.scenario}
        for name, centre in self._named(self.variants if others is None else others):
            if not name.strip() or not name.isprintable():
                raise ScenarioError([Problem("compare", f"the name {shown(name)}", "text on one line")])
            if name in scenarios:
                raise ScenarioError([Problem(name, "two of this name", "a mapping from other names to centres")])
            scenarios[name] = centre._streams(seed, replications).scenario
        rule = None
        if wanted := _wanted(precision, replications, max_replications):
            rule = comparing.differences_to(wanted[0], scenarios, baseline, wanted[1])
        expected = rule.expected if rule else first.scenario.replications
        with progress_bar(len(scenarios) * expected, progress) as bar:
            options: dict[str, Any] = {"engine": engine, "workers": workers, "executor": executor, "change": workload}
            compared = comparing.compare(scenarios, baseline=baseline, precision=rule, progress=bar.update, **options)
        return Comparison(compared.variants, compared.notes, workload)

    def _named(
        self, others: Mapping[str, str | Centre] | Iterable[str | Centre] | str | Centre
    ) -> Iterator[tuple[str, Centre]]:
        if isinstance(others, Mapping):
            yield from ((str(name), self._centre(other)) for name, other in others.items())
            return
        for other in others if isinstance(others, Iterable) and not isinstance(others, str) else [others]:
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

    @checked
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
        workload: Change | None = None,
    ) -> Sweep:
        """Runs it at many points: `vary` maps dotted paths to levels, as a list or as text: "1:6", "0.8:1.2:5".

        `design` is "grid", or "latin" or "sobol" with a number of `points`; `sensitivity` adds each setting alone, and
        Sobol' indices to a "sobol" design. With `out` every finished unit is on disk and a results folder is written
        below that folder; `resume` goes on with a sweep that was cut short. `workers` are by default the machine's
        processors. `workload` is as for `run`; what it does stands in no folder, so not with `out`.
        """
        if resume and out is None:
            raise ScenarioError([Problem("resume", "without out", "the folder where something was kept, as out")])
        if workload is not None and out is not None:
            raise ScenarioError([Problem("workload", "with out", "one of the two: no folder says what a function did")])
        centre = self._streams(seed, replications)
        settings = tuple(
            read_setting(path, plain_levels(path, levels)) for path, levels in by_path("vary", vary).items()
        )
        file = self.file or Path()
        chosen = Points.checked(Design(centre.scenario, settings, design, points, sensitivity, file))
        with progress_bar(len(chosen) * centre.scenario.replications, progress) as bar:
            options: dict[str, Any] = {"engine": engine, "workers": workers, "executor": executor}
            options["progress"] = bar.update
            if out is None:
                return Sweep(**vars(sweep.sweep(chosen, change=workload, **options)))
            outcome, folder = sweep.sweep_to_folder(Path(out), chosen, resume=resume, **options)
            return Sweep(**vars(outcome), folder=folder)

    def _streams(self, seed: int | None, replications: int | None) -> Centre:
        given = {"seed": seed, "replications": replications}
        changes = {key: value for key, value in given.items() if value is not None}
        return self.changed(changes) if changes else self

    def __repr__(self) -> str:
        others = f"; variants {', '.join(self.variants)}" if self.variants else ""
        heading = title(self.name, self.applied)
        return f"<Centre {heading}: queues {', '.join(self.queues)}; teams {', '.join(self.teams)}{others}>"

    def _repr_html_(self) -> str:
        scenario = self.scenario
        days = f"{format.several(scenario.days, 'day')} from {format.day(scenario.start)} {scenario.start.year}"
        queues = [(name, queue.channel, queue.title) for name, queue in scenario.queue.items()]
        teams = [(name, ", ".join(team.skills)) for name, team in scenario.team.items()]
        variants = [(name, variant.title) for name, variant in self.loaded.variant.items()]
        return page(
            f"{title(self.name, self.applied)}: {days}",
            (("queue", "channel", "title"), queues),
            (("team", "skills"), teams),
            (("variant", "title"), variants),
        )


def _wanted(
    precision: Mapping[str, float] | None, replications: int | None, most: int | None
) -> tuple[Mapping[str, float], int] | None:
    """Half-widths and the most replications, if they make sense; None without any."""
    if precision is None:
        if most is not None:
            raise ScenarioError([Problem("max_replications", "without precision", "precision, or replications")])
        return None
    if (
        not isinstance(precision, Mapping)
        or not precision
        or not all(isinstance(metric, str) for metric in precision)
        or not all(isinstance(width, Real) and not isinstance(width, bool) for width in precision.values())
    ):
        raise ScenarioError([Problem("precision", shown(precision), 'a half-width by metric: {"service_level": 0.01}')])
    if replications is not None:
        raise ScenarioError([Problem("replications", "given together with precision", "one of them")])
    return precision, most_replications(MOST if most is None else most)
