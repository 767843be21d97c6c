"""From scenarios to a comparison: reading them, giving them the same streams, running them, writing what came out."""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import Measures, summarise
from ccsim.results import format, provenance
from ccsim.results.comparison import Comparison, DifferenceRow, VariantResult
from ccsim.results.figures import KINDS, MetricPlace
from ccsim.results.model import PrecisionGoal, Results
from ccsim.results.ranking import Pair, Ranking, all_figures, rank
from ccsim.runs.checkpoints import kept
from ccsim.runs.many import measure_all
from ccsim.runs.parts import own_parts
from ccsim.runs.precision import Precision, of_differences, read_goals
from ccsim.runs.run import first_logs
from ccsim.scenario import read
from ccsim.scenario.faults import did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.scenario.spreadsheets import write_csv
from ccsim.tables import MetricSpec

BASE: Final = "base"
"""Name of a file's scenario beside its variants."""

TABLES: Final = ("comparison.csv", "ranking.csv")
"""The tables of a results folder."""

CsvTable = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Header and rows."""

NO_TABLES: Final[Mapping[str, CsvTable]] = {}


def read_variants(file: Path, changes: Sequence[str] = (), *, outside: bool = False) -> dict[str, Scenario]:
    """The scenario of a file and every variant of it, by name, with `PATH=VALUE` changes on top.

    Raises ScenarioError, also for a file without variants.
    """
    plain = read.load(file, None, changes, outside=outside)
    if not plain.variant:
        raise ScenarioError([Problem("variant", "none", "a table [variant.NAME] for each variant", str(file))])
    base = BASE if BASE not in plain.variant else file.name
    return {base: plain} | _load({name: (file, name) for name in plain.variant}, changes, outside)


def read_files(files: Sequence[Path], changes: Sequence[str] = (), *, outside: bool = False) -> dict[str, Scenario]:
    """The scenarios of several files, by the files' names. Raises ScenarioError, also for a file given twice."""
    twice = {str(file) for file in files if files.count(file) > 1}
    if twice:
        raise ScenarioError([Problem("", "given twice", "scenarios that differ", file) for file in sorted(twice)])
    short = len({file.stem for file in files}) == len(files)
    return _load({file.stem if short else str(file): (file, None) for file in files}, changes, outside)


def _load(places: Mapping[str, tuple[Path, str | None]], changes: Sequence[str], outside: bool) -> dict[str, Scenario]:
    scenarios: dict[str, Scenario] = {}
    problems: list[Problem] = []
    for name, (file, variant) in places.items():
        try:
            scenarios[name] = read.load(file, variant, changes, outside=outside)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return scenarios


def compare(
    scenarios: Mapping[str, Scenario],
    *,
    baseline: str | None = None,
    engine: str = "compiled",
    precision: Precision | None = None,
    **options: Any,
) -> Comparison:
    """Runs scenarios, by name, on the streams of the first, and compares them with the baseline, else with the first.

    All have the seed and the number of replications of the first; with `precision`, as many as that takes. `options`
    are those of `measure_all`. Raises ScenarioError for fewer than two scenarios and for an unknown baseline.
    """
    check(scenarios, baseline)
    first = next(iter(scenarios.values()))
    alike = _alike(scenarios)
    points, notes = list(alike.values()), _streams_changed(scenarios)
    measured: Iterable[Sequence[Measures]]
    if precision is None:
        measured = measure_all(points, first.replications, engine=engine, **options)
    else:
        lead = list(alike).index(baseline) if baseline is not None else 0
        measured, reached = _until_known(precision, points, lead, engine=engine, **options)
        count = len(measured[0])
        alike = {name: scenario.with_streams(first.seed, count) for name, scenario in alike.items()}
        notes = [*(note for note in notes if ": seed " in note), reached]
    variants = []
    for (name, scenario), measures in zip(alike.items(), measured, strict=True):
        plan, spec = lower(scenario)
        variant = name if name in scenario.variant else None
        make_logs = partial(first_logs, scenario, plan, spec, engine)
        figures = Results(scenario, variant, engine, plan, spec, summarise(measures), make_logs)
        variants.append(VariantResult(name, figures, measures))
    variants.sort(key=lambda variant: variant.name != baseline)  # the baseline first, the others as they stood
    return beside(variants, notes)


def differences_to(
    wanted: Mapping[str, float], scenarios: Mapping[str, Scenario], baseline: str | None, most: int
) -> Precision:
    """Goals for differences to the baseline, from half-widths as `read_goals` takes them.

    Raises ScenarioError as that does, and for a figure that no other of the scenarios has.
    """
    check(scenarios, baseline)
    lead = next(iter(scenarios)) if baseline is None else baseline
    others = [lower(scenario) for name, scenario in scenarios.items() if name != lead]
    common = {figure for other in others for figure in all_figures(*other)}
    goals: list[PrecisionGoal] = []
    alone: list[PrecisionGoal] = []
    for goal in read_goals(wanted, *lower(scenarios[lead])):
        (goals if goal[:3] in common else alone).append(goal)
    if not goals:
        problem = f"{MetricPlace(*alone[0][:3])}: only {lead} has it"
        raise ScenarioError([Problem("precision", problem, "a figure that another of the compared has")])
    return Precision(goals, most, of_differences)


def _until_known(
    precision: Precision, points: Sequence[Scenario], lead: int, **options: Any
) -> tuple[list[list[Measures]], str]:
    """Measures of every point, of replications that are added until the differences are known; and what is reached."""
    measured: list[list[Measures]] = [[] for _ in points]
    order = [lead, *(point for point in range(len(points)) if point != lead)]
    while True:
        numbers = range(len(measured[0]) + 1, precision.look + 1)
        for mine, more in zip(measured, measure_all(points, numbers, **options), strict=True):
            mine.extend(more)
        by_replication = list(zip(*(measured[point] for point in order), strict=True))
        if precision.enough(by_replication):
            break
    reached = list(zip(precision.goals, of_differences(precision.goals, by_replication), strict=True))
    short = [(goal, half) for goal, half in reached if not half <= goal.half_width]
    count = format.several(len(by_replication), "replication")
    if not short:
        return measured, f"{count}: after these the differences are as precise as wanted."
    missed = ", ".join(
        f"{MetricPlace(*goal[:3])} {'(no data)' if math.isnan(half) else f'± {half:.3g}'} for {goal.half_width:g}"
        for goal, half in short
    )
    return measured, f"{count}: not enough for differences as precise as wanted: {missed}."


def beside(variants: Sequence[VariantResult], notes: Sequence[str] = ()) -> Comparison:
    """What was measured on the same streams as a comparison, with `notes` and what does not match."""
    return Comparison(tuple(variants), (*notes, *_mismatches(variants)))


def check(scenarios: Mapping[str, Scenario], baseline: str | None) -> None:
    """Raises ScenarioError for fewer than two scenarios and for an unknown baseline."""
    if len(scenarios) < 2:
        raise ScenarioError([Problem("", format.several(len(scenarios), "scenario"), "two or more to compare")])
    if baseline is not None and baseline not in scenarios:
        raise ScenarioError([Problem("baseline", f"no {shown(baseline)}", did_you_mean(baseline, scenarios))])


def _alike(scenarios: Mapping[str, Scenario]) -> dict[str, Scenario]:
    """With the seed and the number of replications of the first."""
    lead = next(iter(scenarios.values()), None)
    if lead is None:
        return {}
    return {name: scenario.with_streams(lead.seed, lead.replications) for name, scenario in scenarios.items()}


def _about(scenarios: Mapping[str, Scenario], engine: str) -> dict[str, Any]:
    """All that the measures depend on, in terms of JSON."""
    record = {
        "scenarios": {
            name: {
                "scenario": scenario.raw,
                "files": {file: hashlib.sha256(content).hexdigest() for file, content in scenario.files.items()},
                "seed": scenario.seed,
                "replications": scenario.replications,
            }
            for name, scenario in _alike(scenarios).items()
        },
        "engine": engine,
        "own_parts": own_parts([scenario.raw for scenario in scenarios.values()]),
        "versions": provenance.versions() | provenance.source(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(record, default=str))
    return plain


def _streams_changed(scenarios: Mapping[str, Scenario]) -> list[str]:
    (leader, first), *others = scenarios.items()
    return [
        f"{name}: {what} {getattr(first, what)}, that of {leader}, instead of {getattr(scenario, what)}."
        for name, scenario in others
        for what in ("seed", "replications")
        if getattr(scenario, what) != getattr(first, what)
    ]


def _mismatches(variants: Sequence[VariantResult]) -> list[str]:
    """What is not the same thing in all variants, so that its difference is none of how the centre works."""
    notes = []
    for what, name in (("start", "start"), ("days", "days"), ("warm_up", "warm-up"), ("drain_time", "drain")):
        if len({getattr(variant.results.scenario, what) for variant in variants}) > 1:
            notes.append(f"{name} is not the same for all: counts and money are of different times.")
    for kind in KINDS:
        names = {variant.name: variant.measures[0].names[kind] for variant in variants}
        only: dict[tuple[str, ...], list[str]] = {}
        for name in dict.fromkeys(name for those in names.values() for name in those):
            only.setdefault(tuple(variant for variant, those in names.items() if name in those), []).append(name)
        for there, those in only.items():
            if len(there) < len(variants):
                notes.append(f"{kind}{'s' if len(those) > 1 else ''} {', '.join(those)}: only in {', '.join(there)}.")
    for queue in dict.fromkeys(name for variant in variants for name in variant.results.spec.queues):
        rules = [_rules(v.results.spec, queue) for v in variants if queue in v.results.spec.queues]
        for what in rules[0]:
            if len({rule[what] for rule in rules}) > 1:
                notes.append(f"{queue}: {what} is not measured alike in all.")
    return notes


def _rules(spec: MetricSpec, queue: str) -> dict[str, str]:
    """By what each level of a queue is measured."""
    q = spec.queues.index(queue)
    return {
        "service level": f"{spec.sl_time[q]} {spec.sl_formula[q]} {spec.short_abandon[q]} {spec.business_clock[q]}",
        "reply level": f"{spec.reply_time[q]} {spec.business_clock[q]}",
        "resolution level": f"{spec.resolution_time[q]} {spec.business_clock[q]}",
    }


def as_json(comparison: Comparison, ranking: Ranking) -> dict[str, Any]:
    """The one object that `--json` prints; null for what has no data."""
    first = comparison.baseline.results
    return {
        "baseline": comparison.baseline.name,
        "engine": first.engine,
        "seed": first.scenario.seed,
        "replications": comparison.replications,
        "variants": {
            v.name: {"title": v.title, "scenario": v.results.scenario.name, "missed_targets": v.missed}
            for v in comparison.variants
        },
        "figures": [row._asdict() for row in comparison.rows()],
        "ranking": {
            **ranking.figure._asdict(),
            "order": [name for name, _ in ranking.order],
            "pairs": [pair._asdict() for pair in ranking.pairs],
            "sentences": ranking.sentences(),
        },
        "notes": list(comparison.notes),
    }


def compare_to_folder(
    root: Path,
    scenarios: Mapping[str, Scenario],
    *,
    engine: str = "compiled",
    resume: bool = False,
    rank_by: MetricPlace | None = None,
    overrides: Sequence[str] = (),
    tables: Mapping[str, CsvTable] = NO_TABLES,
    finish: Callable[[Comparison, Ranking, Path], None] | None = None,
    **options: Any,
) -> tuple[Comparison, Ranking, Path]:
    """As `compare`, with its `options`, then `rank`, and a results folder `root/<scenario>-compared/<time>-<id>`.

    `overrides` are noted in the provenance; `tables` are further files by name; `finish` adds charts and a report when
    all else is in the folder. What is measured is kept in a hidden folder beside it until all is done; when the
    comparison ends early, however it ends, `resume` goes on from there and writes the same to the byte. Raises
    ScenarioError when what was kept is of another study; OSError where the folder cannot be written.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    title = next((scenario.name for scenario in scenarios.values()), "")
    total = sum(scenario.replications for scenario in _alike(scenarios).values())
    with kept(root, f"{title} compared", _about(scenarios, engine), total, resume) as (store, folder, final):
        comparison = compare(scenarios, engine=engine, store=store, **options)
        ranking = rank(comparison, rank_by)
        write(
            folder,
            comparison,
            ranking,
            tables,
            overrides=list(overrides),
            started=started.isoformat(timespec="seconds"),
            duration_s=round(time.perf_counter() - clock, 3),
        )
        if finish is not None:
            finish(comparison, ranking, folder)
    return comparison, ranking, final


def write(
    folder: Path,
    comparison: Comparison,
    ranking: Ranking,
    more: Mapping[str, CsvTable] = NO_TABLES,
    **run: Any,
) -> None:
    """Fills an empty folder: comparison.csv (every figure of every variant), ranking.csv (every pair), `more` tables by
    file name, each scenario as run, and provenance.json, to which `run` adds.
    """
    heads = (DifferenceRow._fields, Pair._fields)
    tables = dict(zip(TABLES, zip(heads, (comparison.rows(), ranking.pairs), strict=True), strict=True)) | dict(more)
    for file, (head, rows) in tables.items():
        write_csv(folder / file, head, rows)
    places = {}
    for number, variant in enumerate(comparison.variants, 1):
        place = Path("scenarios", f"{number}-{re.sub('[^A-Za-z0-9_-]+', '-', variant.name)[:60]}")
        (folder / place).mkdir(parents=True)
        read.to_folder(variant.results.scenario, folder / place)
        places[variant.name] = (place / "scenario.toml").as_posix()
    first = comparison.baseline.results
    about = {
        "variants": places,
        "baseline": comparison.baseline.name,
        "ranked_by": ranking.figure._asdict(),
        "engine": first.engine,
        "seed": first.scenario.seed,
        "replications": comparison.replications,
        **run,
    }
    provenance.write(folder, about, tuple(tables))
