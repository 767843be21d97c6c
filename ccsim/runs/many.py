"""Replications of many scenarios: the points of a sweep, the variants of a comparison.

The unit of work is some replications of some points that share their contacts: these are sampled once and simulated at
each point. What a unit finds does not depend on which others it is done with, where, or when.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.metrics import Measures, measure
from ccsim.runs.compiling import prepare
from ccsim.runs.crew import Crew, finished
from ccsim.runs.executors import crew
from ccsim.runs.store import Store
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.tables import Workload
from ccsim.workload.attendance import Attendance, attendance_of
from ccsim.workload.changed import Change, changed
from ccsim.workload.rules import most_reopened
from ccsim.workload.sample import Recipe, attended, draw, recipe_of

UNIT: Final = 1.5
"""Processor seconds a unit should take: long beside what it costs to hand one out (milliseconds), short to lose."""

SHARED: Final = 8
"""Points that share a sampling even where they take longer: it costs them an eighth each, and more would lose more."""

NOT_SAMPLED: Final = {
    Scenario: ("name", "interval", "replications", "team", "routing", "staffing", "variant"),
    Queue: (
        "title", "at_close", "clock", "priority", "head_start", "carry_wait", "max_waiting",
        "short_abandon", "expires_after", "same_agent_for", "over_capacity", "reread", "service_level", "sl_formula",
        "reply_target", "max_abandonment", "resolution_target", "value", "fee", "effort",
        "work_after_wait", "value_after_wait",
    ),
}  # fmt: skip
"""Of a scenario and its queues, what no contact is sampled from. All that is not listed counts as sampled from."""


def measure_all(
    scenarios: Sequence[Scenario],
    replications: int | Sequence[int],
    *,
    engine: str = "compiled",
    workers: int | None = None,
    executor: str = "threads",
    store: Store | None = None,
    by_interval: bool = False,
    shared: Sequence[bytes] | None = None,
    change: Change | None = None,
    progress: Callable[[int], object] | None = None,
) -> Iterator[list[Measures]]:
    """The measures of every replication of every scenario (a point), point by point in order.

    `replications` is how many, or their numbers (from 1); a list of measures is in their order. The measures do not
    depend on `workers` (the machine's processors by default), on `executor` (see `crew`) or on what else is measured.
    What `store` has is taken from there, what it has not is put there unit by unit; without one, a temporary store
    keeps memory flat in the number of points. A scenario is looked up in `scenarios` each time it is needed, so that
    these may be made on demand; they are pickled for other processes. `shared` is `sampled_from` each, where that is
    known. `change` makes of each workload another one. `progress` gets how many simulations more are finished.
    """
    numbers = range(1, replications + 1) if isinstance(replications, int) else replications
    workers = workers or os.cpu_count() or 1
    if scenarios:
        prepare(engine, scenarios[0], len(scenarios) * len(numbers))
    with ExitStack() as stack:
        kept = store if store is not None else stack.enter_context(Store())
        missing = np.array([len(set(numbers) - kept.has(point)) for point in range(len(scenarios))])
        if progress is not None:
            progress(len(scenarios) * len(numbers) - int(missing.sum()))
        groups = _groups(shared or [sampled_from(scenario) for scenario in scenarios])
        task = partial(_measured, scenarios, engine, by_interval, change)
        hands = stack.enter_context(crew(task, workers, executor))
        pace = _Pace(hands, int(missing.sum()))
        point = 0
        for done, seconds in finished(hands, _units(groups, numbers, kept, pace)):
            kept.put(done)
            pace.learn(len(done), seconds)
            if progress is not None:
                progress(len(done))
            np.subtract.at(missing, [place for place, _, _ in done], 1)
            while point < len(scenarios) and not missing[point]:
                yield kept.get(point, numbers)
                point += 1
        for rest in range(point, len(scenarios)):
            yield kept.get(rest, numbers)


# ------------------------------------------------------------------------------------------------------ who shares what


def sampled_from(scenario: Scenario) -> bytes:
    """A digest of all that the contacts of its replications are sampled from: equal ones have the same contacts."""
    queues = {
        name: (_fields(queue), queue.profiles, queue.between, most_reopened(scenario, name, queue))
        for name, queue in scenario.queue.items()
    }
    return _digest(scenario, {**_fields(scenario), "queue": queues, "at random": scenario.routing.at_random})


def attended_from(scenario: Scenario) -> bytes:
    """A digest of all that absences, and agents' own pace, are drawn from."""
    frame = [
        getattr(scenario, key) for key in ("seed", "start", "days", "timezone", "drain_time", "holidays", "outage")
    ]
    teams = [
        (name, team.shifts, team.roster, team.absence, team.steps_out, team.leave, team.pace_cv)
        for name, team in scenario.team.items()
    ]
    return _digest(scenario, [frame, teams])


def _fields(part: Scenario | Queue) -> dict[str, Any]:
    return {key: getattr(part, key) for key in type(part).model_fields if key not in NOT_SAMPLED[type(part)]}


def _digest(scenario: Scenario, value: Any) -> bytes:
    # a representation shows which data files are used; what they say stands in their bytes
    return hashlib.sha256(repr((value, sorted(scenario.files.items()))).encode()).digest()


def _groups(shared: Sequence[bytes]) -> list[list[int]]:
    """Points that share their contacts, in order of the first of each group."""
    groups: dict[bytes, list[int]] = {}
    for point, digest in enumerate(shared):
        groups.setdefault(digest, []).append(point)
    return list(groups.values())


# ---------------------------------------------------------------------------------------------------------------- units

Unit = list[tuple[int, list[int]]]
"""Points and which of their replications."""


@dataclass
class _Pace:
    """How many simulations make a unit, by what the last one took and by how many are left."""

    hands: Crew
    left: int
    """simulations not yet in a unit"""
    wanted: int = 0

    def learn(self, simulations: int, seconds: float) -> None:
        self.wanted = int(UNIT * simulations / max(seconds, 1e-9))

    @property
    def simulations(self) -> int:
        # towards the end smaller, so that all workers finish together, but not so small that its preparation counts
        least = max(1, self.wanted // 4)
        return max(least, min(max(SHARED, self.wanted), self.left // (4 * self.hands.workers)))


def _units(groups: list[list[int]], numbers: Sequence[int], store: Store, pace: _Pace) -> Iterator[Unit]:
    """All that the store has not, group by group, in blocks of points × replications."""
    for group in groups:
        first = 0
        while first < len(group):
            size = pace.simulations
            block = group[first : first + max(size // len(numbers), min(SHARED, size))]
            first += len(block)
            wanted = {point: set(numbers) - store.has(point) for point in block}
            start = 0
            while left := len(numbers) - start:
                parts = max(1, round(left * len(block) / pace.simulations))  # alike: each prepares all points anew
                some = numbers[start : start + math.ceil(left / parts)]
                start += len(some)
                unit = [(point, mine) for point in block if (mine := [n for n in some if n in wanted[point]])]
                if unit:
                    pace.left -= sum(len(mine) for _, mine in unit)
                    yield unit


def _measured(
    scenarios: Sequence[Scenario], engine: str, by_interval: bool, change: Change | None, unit: Unit
) -> tuple[list[tuple[int, int, Measures]], float]:
    """Point, replication and measures of all in a unit, and the seconds of a processor that it took.

    Point by point, as a plan may be large and what is prepared of it counts; the contacts, which they share, are kept.
    """
    start = time.thread_time()
    recipe: Recipe | None = None
    attendances: dict[bytes, Attendance] = {}  # some points have the same absences, too
    contacts: dict[int, Workload] = {}

    measured = []
    for place, (point, numbers) in enumerate(unit):
        scenario = scenarios[point]
        plan, spec = lower(scenario)
        digest = attended_from(scenario)
        if recipe is None:
            recipe = recipe_of(scenario)
            attendances[digest] = recipe.attendance
        elif digest not in attendances:
            attendances[digest] = attendance_of(scenario)
        attendance = attendances[digest]
        for number in numbers:
            mine = contacts[number] if number in contacts else draw(recipe, number - 1)
            if place < len(unit) - 1:
                contacts[number] = mine
            if attendance is not recipe.attendance:
                mine = attended(mine, attendance, number - 1)
            if change is not None:
                mine = changed(mine, change, number)
            log = simulate(engine, mine, plan)
            measured.append((point, number, measure(mine, plan, spec, log, by_interval=by_interval)))
    return measured, time.thread_time() - start
