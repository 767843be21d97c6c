"""The other way round: the largest volume with which a scenario's own people meet its targets, by simulation.

The volume is multiplied by a scale; the n-th contact of a queue keeps its draws whatever the scale (common random
numbers), so that service falls smoothly as it rises, and bisection finds where a target is missed first. The interval
of that scale comes from those of the targets' figures, as Fieller's of a ratio does: up to its low end no figure's
interval reaches beyond the target, above its high end one lies beyond it as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import Horizon, lower
from ccsim.results import format
from ccsim.results.plans import Capacity, StaffingTarget
from ccsim.scenario import read
from ccsim.scenario.faults import did_you_mean, dotted
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import DAY
from ccsim.staffing.shifts import Infeasible, judgement
from ccsim.staffing.trials import Tally, Trials, goals_of
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import ratio_interval
from ccsim.tables import F64, Bool
from ccsim.workload.offered import interval_edges

PRECISION: Final = 0.005
"""Share of the scale by which it may be too small."""

STEP: Final = 0.02
"""Share by which the low end is lowered if it does not hold on fresh random numbers."""

MOST: Final = 16.0
"""The largest scale tried."""

LEAST: Final = 1 / 64
"""The least."""

MOST_AT_ONCE: Final = 8
"""Conversations at once that are tried at least."""


class _Trial(NamedTuple):
    """What the targets come to with one volume."""

    mean: F64
    low: F64
    high: F64
    """float64[target in a stretch]: NaN without data"""
    overall: tuple[Estimate, ...]
    """by goal, over the run"""
    volume: dict[str, float]


def capacity(
    scenario: Scenario,
    queue: str | None = None,
    *,
    workers: int = 1,
    progress: Callable[[], object] = lambda: None,
    near: float = 1.0,
) -> Capacity:
    """The largest volume, of all queues or of one, with which all targets hold, proven on fresh random numbers.

    `near` : the scale from which the search starts; `progress` is called after each volume simulated. Raises
    ScenarioError without targets, for a queue that there is not, and for one without volume; Infeasible where even the
    least volume misses a target.
    """
    search = _Search(scenario, queue, workers, progress)
    today = search.trial(1.0)
    if not any(today.volume.values() if queue is None else [today.volume[queue]]):
        place = "queue" if queue is None else dotted(("queue", queue, "volume"))
        raise ScenarioError([Problem(place, "nobody comes", "a volume of which a multiple can be tried")])
    mean = search.largest(search.meets, near)
    if mean < LEAST:
        raise Infeasible(search.why(LEAST))
    sure = scenario.replications > 1  # of one there are no intervals to search by
    low = search.largest(search.surely_meets, mean) if sure else 0.0
    high = search.largest(search.perhaps_meets, mean) if sure else math.nan
    fresh = _Search(scenario, queue, workers, progress, seed=(scenario.seed + 1) % 2**63)
    while low > LEAST and not fresh.meets(low):
        low = max(low * (1 - STEP), LEAST)
    proof_scale = low or mean
    proof = fresh.trial(proof_scale).overall
    had = zip(search.goals, today.overall, proof, strict=True)
    no_data = tuple(goal for goal, was, now in had if math.isnan(now.mean) and not math.isnan(was.mean))
    beyond = search.first_missed(mean * (1 + PRECISION)) if mean < MOST else None
    return Capacity(
        scenario=scenario,
        queue=queue,
        goals=search.goals,
        scale=Estimate(mean, low, high) if sure else Estimate(mean, math.nan, math.nan),
        volume=today.volume,
        volume_at_scale=search.trial(mean).volume,
        today=today.overall,
        figures=search.trial(mean).overall,
        proof=proof,
        proof_scale=proof_scale,
        proof_seed=fresh.scenario.seed,
        proven=sure and low > 0 and not no_data and fresh.meets(low),
        no_data=no_data,
        binds=None if beyond is None else beyond[0],
        binds_at=None if beyond is None else beyond[1],
        missed_today=search.missed(1.0),
        simulated=search.simulated + fresh.simulated,
    )


def by_concurrency(
    scenario: Scenario,
    several: str,
    queue: str | None = None,
    *,
    workers: int = 1,
    progress: Callable[[], object] = lambda: None,
) -> dict[int, Capacity]:
    """The capacity by how many conversations of a queue an agent has at once, in all teams that have several or may.

    From one up to two more than today, and 8 at least, unless two in a row carry no more than the best before. Raises
    ScenarioError for a queue that there is not, that is one-to-one, or that nobody serves.
    """
    _check_queue(scenario, several, "concurrency")
    teams = [name for name, team in scenario.team.items() if several in team.skills]
    if scenario.queue[several].kind.one_to_one or not teams:
        why = "one at a time" if teams else "no team with the skill"
        chats = [name for name, other in scenario.queue.items() if not other.kind.one_to_one]
        raise ScenarioError([Problem("concurrency", f"{several}: {why}", f"one of {', '.join(chats) or 'no queue'}")])
    today = max(scenario.team[name].concurrency[several] for name in teams)
    capacities: dict[int, Capacity] = {}
    near = 1.0
    for number in range(1, max(MOST_AT_ONCE, today + 2) + 1):
        changed = read.changed(scenario, {dotted(("team", name, "concurrency", several)): number for name in teams})
        capacities[number] = capacity(changed, queue, workers=workers, progress=progress, near=near)
        near = capacities[number].scale.mean
        best = max(capacities, key=lambda tried: capacities[tried].scale.mean)
        if number >= max(today, best + 2):
            break
    return capacities


def _meets(goal: StaffingTarget, trial: _Trial) -> Bool:
    return np.asarray(~(goal.slack(trial.mean) < 0))


def _surely_meets(goal: StaffingTarget, trial: _Trial) -> Bool:
    # without an interval, as of data in one replication alone, nothing is sure
    return np.asarray(np.isnan(trial.mean) | (goal.slack(trial.low if goal.at_least else trial.high) >= 0))


def _perhaps_meets(goal: StaffingTarget, trial: _Trial) -> Bool:
    return _meets(goal, trial) | ~(goal.slack(trial.high if goal.at_least else trial.low) < 0)


class _Search:
    """The volumes tried so far under one seed."""

    def __init__(
        self,
        scenario: Scenario,
        queue: str | None,
        workers: int,
        progress: Callable[[], object],
        seed: int | None = None,
    ) -> None:
        if queue is not None:
            _check_queue(scenario, queue, "queue")
        self.scenario = scenario if seed is None else scenario.with_streams(seed, scenario.replications)
        self.queue, self._workers, self._progress = queue, workers, progress
        self.goals = goals_of(lower(scenario)[1])
        self._over = "days" if scenario.staffing.met_on is not None else scenario.staffing.targets_over
        self._trials: dict[float, _Trial] = {}

    @property
    def simulated(self) -> int:
        return len(self._trials)

    def trial(self, scale: float) -> _Trial:
        """What the targets come to; simulated once."""
        if scale not in self._trials:
            self._trials[scale] = self._try_out(self._scaled(scale))
            self._progress()
        return self._trials[scale]

    def meets(self, scale: float) -> bool:
        """Whether all targets hold everywhere."""
        return self._hold(_meets, scale)

    def surely_meets(self, scale: float) -> bool:
        """Whether they do by their intervals, with data wherever today's volume has some."""
        lost = np.isnan(self.trial(scale).mean) & ~np.isnan(self.trial(1.0).mean)
        return not lost.any() and self._hold(_surely_meets, scale)

    def perhaps_meets(self, scale: float) -> bool:
        """Whether their intervals leave it open."""
        return self._hold(_perhaps_meets, scale)

    def _hold(self, holds: Callable[[StaffingTarget, _Trial], Bool], scale: float) -> bool:
        parts = self._parts(self.trial(scale))
        return all(holds(goal, part).all() for goal, part in zip(self._judged, parts, strict=True))

    def largest(self, holds: Callable[[float], bool], near: float) -> float:
        """The largest scale with which they do, searched from one nearby; 0: none, MOST: all."""
        below, above = (near, math.inf) if holds(near) else (0.0, near)
        step = 1.05
        while math.isinf(above) and below < MOST:
            tried = min(below * step, MOST)
            below, above = (tried, above) if holds(tried) else (below, tried)
            step = step**2
        while below == 0:
            tried = above / step
            if tried < LEAST:
                return 0.0
            below, above = (tried, above) if holds(tried) else (below, tried)
            step = step**2
        while below < MOST and above > below * (1 + PRECISION):
            middle = math.sqrt(below * above)
            below, above = (middle, above) if holds(middle) else (below, middle)
        return below

    def missed(self, scale: float) -> tuple[StaffingTarget, ...]:
        """The targets that do not hold everywhere."""
        parts = self._parts(self.trial(scale))
        return tuple(
            goal
            for goal, judged, part in zip(self.goals, self._judged, parts, strict=True)
            if not _meets(judged, part).all()
        )

    def why(self, scale: float) -> str:
        """What a scale misses, for a message."""
        trial = self.trial(scale)
        lines = [judgement(g, trial.overall[self.goals.index(g)].mean) for g in self.missed(scale)]
        head = f"No volume meets the targets; with {format.percent(scale)} of today's the run misses:"
        return "\n  ".join([head, *lines])

    def first_missed(self, beyond: float) -> tuple[StaffingTarget, int | None]:
        """The target with least to spare at a scale, and the start of the day or interval in which it is."""
        parts = zip(self._judged, self._parts(self.trial(beyond)), strict=True)
        slack = [np.nan_to_num(goal.slack(part.mean), nan=np.inf) for goal, part in parts]
        worst = min(range(len(slack)), key=lambda goal: float(slack[goal].min()))
        starts = {"day": Horizon.of(self.scenario).midnights, "interval": interval_edges(self.scenario)}
        at = int(starts[self._over][int(slack[worst].argmin())]) if self._over in starts else None
        return self.goals[worst], at

    @property
    def _judged(self) -> tuple[StaffingTarget, ...]:
        """The goals as what is compared: with `met_on` the share of days on which each is reached."""
        share = self.scenario.staffing.met_on
        return self.goals if share is None else tuple(g._replace(wanted=share, at_least=True) for g in self.goals)

    def _parts(self, trial: _Trial) -> list[_Trial]:
        """By goal, its figures in the stretches in which it must hold."""
        return [trial._replace(mean=mean, low=low, high=high) for mean, low, high in zip(*trial[:3], strict=True)]

    def _try_out(self, scenario: Scenario) -> _Trial:
        plan, spec = lower(scenario)
        trials = Trials(scenario, scenario.seed, range(scenario.replications), self._workers)
        sums = trials.sums(plan, spec, lambda place: trials.workloads[place])
        tally = Tally.of(sums, spec)
        if self._over == "days":
            with np.errstate(invalid="ignore", divide="ignore"):
                days = tally.by_day[0] / tally.by_day[1]
            slack = np.stack([goal.slack(days[:, g]) for g, goal in enumerate(self.goals)], axis=1)
            judged = np.stack([(slack >= 0).sum(axis=-1), (~np.isnan(slack)).sum(axis=-1)])[..., None].astype(float)
        else:
            judged = {"run": sums.sum(axis=-1, keepdims=True), "day": tally.by_day, "interval": sums}[self._over]
        return _Trial(*ratio_interval(*judged, share=True), tally.estimates(), _volume(trials, scenario))

    def _scaled(self, scale: float) -> Scenario:
        """The scenario with so many times the volume."""
        if scale == 1.0:
            return self.scenario
        if self.queue is None:
            changes: dict[str, Any] = {"volume.scale": self.scenario.volume.scale * scale}
            return read.changed(self.scenario, changes)
        own, demand = self.scenario.queue[self.queue].volume, self.scenario.demand
        changes = {}
        if own is not None:  # as the file says it, without the scale of all volumes
            changes[dotted(("queue", self.queue, "volume", "scale"))] = own.scale / self.scenario.volume.scale * scale
        if demand is not None and demand.mix.get(self.queue):
            total, mine = sum(demand.mix.values()), demand.mix[self.queue]
            more = 1 + mine * (scale - 1) / total
            changes["demand.scale"] = demand.scale / self.scenario.volume.scale * more
            changes[dotted(("demand", "mix", self.queue))] = mine * scale
        return read.changed(self.scenario, changes)


def _check_queue(scenario: Scenario, queue: str, option: str) -> None:
    if queue not in scenario.queue:
        raise ScenarioError([Problem(option, f'no queue "{queue}"', did_you_mean(queue, scenario.queue))])
    demand = scenario.demand
    if option == "queue" and scenario.queue[queue].volume is None and not (demand and demand.mix.get(queue)):
        raise ScenarioError([Problem(option, f"{queue} has no volume of its own", "a queue with a volume")])


def _volume(trials: Trials, scenario: Scenario) -> dict[str, float]:
    """Customers a day who come for the first time in the run's statistics, by queue."""
    plan, spec = lower(scenario)
    counts = np.zeros(len(spec.queues))
    for work in trials.workloads:
        counted = (work.generation == 0) & ~work.outbound & (work.arrival >= plan.warm_up) & (work.arrival < plan.end)
        counts += np.bincount(work.queue[counted], minlength=len(counts))
    days = (plan.end - plan.warm_up) / DAY
    return dict(zip(spec.queues, (counts / len(trials.workloads) / days).tolist(), strict=True))
