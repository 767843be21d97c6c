"""Replications of one scenario, from workload to measures."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsim.engine import compilation, simulate
from ccsim.lowering import lower
from ccsim.metrics import Collected, Measures, measure
from ccsim.once import once
from ccsim.results import logs, storage
from ccsim.results.model import PrecisionGoal, Results
from ccsim.runs.compiling import prepare
from ccsim.runs.executors import EXECUTORS, run_all
from ccsim.runs.precision import Precision
from ccsim.scenario.model import Scenario
from ccsim.tables import MetricSpec, Plan
from ccsim.workload.changed import Change, changed

if TYPE_CHECKING:
    import pyarrow as pa

    from ccsim.workload.sample import Recipe


class AuditError(Exception):
    """A log breaks the rules of the model: a defect of ccsim, not of the scenario."""


@dataclass(frozen=True)
class Replication:
    """One replication: what makes its measures, and what its logs by name if they are kept."""

    make_measures: Callable[[], Measures]
    make_logs: Callable[[], dict[str, pa.Table]] | None

    @once
    def measures(self) -> Measures:
        """All metrics; made when first asked for."""
        return self.make_measures()


def replicate(
    recipe: Recipe,
    plan: Plan,
    spec: MetricSpec,
    engine: str,
    audit: bool,
    keep_all: bool,
    change: Change | None,
    number: int,
    *,
    later: bool = False,
) -> Replication:
    """Replication `number` (from 1) of a scenario; if so wanted measured `later` where the measures are being compiled.

    Raises AuditError when `audit` finds a fault.
    """
    from ccsim.workload.sample import draw

    workload = draw(recipe, number - 1)
    if change is not None:
        workload = changed(workload, change, number)
    log = simulate(engine, workload, plan)
    if audit:
        from ccsim.engine.audit import audit as faults_of

        if faults := faults_of(workload, plan, log):
            raise AuditError("\n".join([f"replication {number} breaks the rules of the model:", *faults]))
    make_logs: Callable[[], dict[str, pa.Table]] | None = None
    if keep_all:
        make_logs = partial(dict, logs.tables(number, plan, spec, workload, log))  # made here, where the worker is
    elif number == 1:
        make_logs = partial(logs.tables, number, plan, spec, workload, log)
    make_measures = partial(measure, workload, plan, spec, log)
    later = later and compilation.first_pending()
    return Replication(make_measures if later else partial(replace, make_measures()), make_logs)


def first_logs(scenario: Scenario, plan: Plan, spec: MetricSpec, engine: str) -> dict[str, pa.Table]:
    """The logs of replication 1, simulated again: for studies, which keep measures alone."""
    from ccsim.workload.sample import sample

    workload = sample(scenario, 0)
    return logs.tables(1, plan, spec, workload, simulate(engine, workload, plan))


def run(
    scenario: Scenario,
    *,
    engine: str,
    variant: str | None = None,
    workers: int = 1,
    executor: str = "processes",
    audit: bool = False,
    precision: Precision | None = None,
    keep: Callable[[dict[str, pa.Table]], None] | None = None,
    progress: Callable[[Iterable[Replication]], Iterable[Replication]] = iter,
    change: Change | None = None,
    after: Collected | None = None,
) -> Results:
    """All replications of a scenario; the result does not depend on `workers` or `executor`,
    which are those of `run_all`.

    The Results make the logs of replication 1 when asked for them. `keep` is handed the logs of every replication, in
    order, and may write them away, so that memory does not grow with their number. `progress` wraps the stream of
    replications. `change` makes of each workload another one; `after` is what is collected of the replications up to
    which others have come, so that only the rest is run. Raises AuditError, with `audit`, when a log breaks a rule.
    """
    from ccsim.workload.sample import recipe_of

    prepare(engine, scenario, scenario.replications)
    plan, spec = lower(scenario)
    later = workers == 1 and executor in EXECUTORS and precision is None
    task = partial(replicate, recipe_of(scenario), plan, spec, engine, audit, keep is not None, change, later=later)
    collected = Collected() if after is None else after.copy()
    units = range(len(collected.whole) + 1, (scenario.replications if precision is None else precision.most) + 1)
    first: Callable[[], dict[str, pa.Table]] = dict
    replications = progress(run_all(task, units, workers, executor))
    for replication in _measurable(replications) if later else replications:
        collected.add(replication.measures)
        if replication.make_logs is not None:
            if len(collected.whole) == 1:
                first = replication.make_logs
            if keep is not None:
                keep(replication.make_logs())
        if precision is not None and precision.enough(collected.whole):
            break
    goals: tuple[PrecisionGoal, ...] = ()
    if precision is not None:
        scenario, goals = scenario.with_streams(scenario.seed, len(collected.whole)), precision.goals
    summary = collected.summary(midnights=spec.days)
    return Results(scenario, variant, engine, plan, spec, summary, first, goals, collected)


def _measurable(replications: Iterable[Replication]) -> Iterator[Replication]:
    """They in order, held back as long as their measures are being compiled: others are simulated meanwhile, no more of
    them than the reference engine takes in the kernel's place."""
    held: deque[Replication] = deque()
    for replication in replications:
        held.append(replication)
        del replication  # with its logs, before the next are made
        while held and not compilation.first_pending():
            yield held.popleft()
    yield from held


def run_to_folder(
    root: Path,
    scenario: Scenario,
    *,
    log: str = "first",
    overrides: Sequence[str] = (),
    ready: Callable[[Results], None] | None = None,
    **options: Any,
) -> tuple[Results, Path]:
    """As `run`, with its `options`, and a complete results folder `root/<scenario>/<time>-<id>`, which is returned too.

    `log` is "first" or "all" replications; `overrides` are noted in the provenance; `ready` is called with the results
    before they are written. Nothing is left behind when the run fails or is interrupted. Raises OSError where the
    folder cannot be written.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    with storage.new_folder(root, scenario.name) as (folder, final):
        with storage.LogFiles(folder) as files:
            results = run(scenario, keep=files.append if log == "all" else None, **options)
            if ready is not None:
                ready(results)
            if log == "first":
                files.append(results.logs)
        storage.write(
            folder,
            results,
            log=log,
            overrides=list(overrides),
            started=started.isoformat(timespec="seconds"),
            duration_s=round(time.perf_counter() - clock, 3),
        )
    return results, final
