"""The shift plan: how many agents work each pattern, found on one set of random numbers and proven on another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import Horizon, spans_of
from ccsim.metrics.timeline import share_within
from ccsim.results import format
from ccsim.results.plans import Performance, ShiftPlan, StaffingTarget
from ccsim.scenario.model import Scenario, Staffing
from ccsim.staffing.baseline import Baseline, baseline, on_duty
from ccsim.staffing.candidates import covering, most_useful, with_rules
from ccsim.staffing.carry_over import carried_over
from ccsim.staffing.cover import cover_shifts
from ccsim.staffing.patterns import (
    cost_of_shifts,
    costs,
    hours,
    most_agents,
    most_on_a_day,
    names,
    rates,
    staffed,
    worked_today,
)
from ccsim.staffing.proof import Proof, Prover
from ccsim.staffing.search import Search, TimeUp
from ccsim.staffing.trials import Judge, Pool, Tally, Trials, today
from ccsim.staffing.turns import by_turns
from ccsim.tables import F64, I64
from ccsim.workload.offered import interval_edges
from ccsim.workload.unserved import unserved
from ccsim.workload.warnings import warnings

ROOMS: Final = ((1.5, 3), (4.0, 10))
"""Agents to try on a pattern without `max`: so many times Erlang's and so many more. The second where targets are
missed with the first or the best has all of them: the formulas do not know the rush when a queue opens."""
REPAIRS: Final = 5
"""Times that a plan which misses a target on fresh random numbers is searched for again, at most."""

ALIKE: Final = 0.02
"""Share of the cost by which the next best may be dearer than a plan that misses, not to search again for less."""

OTHERS: Final = 12
"""Staffings that hold in the search, at most, that are put to the proof in place of one that misses a target there."""


class Infeasible(Exception):  # noqa: N818
    """The targets cannot be met: which, and by how much they are missed with every pattern at its maximum."""


def shift_plan(
    scenario: Scenario,
    *,
    workers: int = 1,
    within: float = math.inf,
    progress: Callable[[float | None], object] = lambda best: None,
) -> ShiftPlan:
    """The cheapest agents on the patterns of [staffing] with which all targets hold by simulation.

    `within` : seconds after which the best found so far is taken; `progress` is called after each staffing simulated,
    with the cost of the best known. Raises Infeasible, and ScenarioError without patterns or targets.
    """
    clock = time.perf_counter()
    own, rules = len(scenario.staffing.patterns), len(scenario.staffing.rule)
    scenario, notes = by_turns(with_rules(scenario))
    offered = len(scenario.staffing.patterns)
    if not offered and rules:
        allowed = "days and hours on which a queue of its team is open"
        raise ScenarioError([Problem("staffing.rule", "none of its shifts is of use", allowed)])
    if not offered:
        allowed = 'patterns = [{ team = "…", hours = "08:00-16:30", days = "mon-fri" }, …] in [staffing]'
        raise ScenarioError([Problem("staffing.patterns", "no shift patterns to choose from", allowed)])
    erlang = baseline(scenario)
    scenario = most_useful(scenario, own, erlang)
    cost, least, starts = costs(scenario), _least(scenario), covering(scenario, erlang)
    trials = Trials(scenario, scenario.seed, range(scenario.replications), workers)
    free = np.array([math.isinf(most_agents(pattern)) for pattern in scenario.staffing.patterns], dtype=np.bool_)
    ready = time.perf_counter() - clock  # about as long as proving the result will take
    for times, more in ROOMS:
        most = most_of_use(scenario, erlang, times, more)
        pool = Pool(trials, most)
        judge = Judge.of(scenario, pool.goals)
        glances = [partial(pool.tally, parts=some + 1) for some in range(len(pool.few))]
        seconds = within - ready - (time.perf_counter() - clock)
        search = Search(
            pool.tally, cost, least, most, judge, glances=glances, starts=starts, seconds=seconds, progress=progress
        )
        finished = search.run()
        enough = search.best is not None and (search.best < most)[free].all()
        if enough or not free.any() or not finished:
            break
    if search.best is None:
        raise Infeasible(_why(scenario, judge, search, most))

    bound = search.bound  # of the targets as they are; those of a later search are tighter
    divided = cover_shifts(scenario, erlang.requirement(scenario, divided=True))
    if not finished:
        known = (None if divided is None else divided.counts, worked_today(scenario))
        search.take(agents for agents in known if agents is not None)
    room = most if divided is None else np.maximum(most, divided.counts)
    prover = Prover(scenario, judge, room, workers, time.monotonic() + within - (time.perf_counter() - clock))
    agents, (proof, short), repairs, finished = _proven(search, judge, prover, finished)

    def performance(tally: Tally, agents: I64 | None, seed: int = prover.seed) -> Performance:
        return _performance(seed, judge, tally, scenario, agents, cost)

    searched = performance(search.tally(agents), agents, scenario.seed)
    tallies = [(float(cost @ tried), judge.slack(tally)) for tried, tally in search.tried()]
    return ShiftPlan(
        scenario=scenario,
        patterns=scenario.staffing.patterns,
        names=names(scenario.staffing.patterns),
        goals=judge.goals,
        starts=interval_edges(scenario)[:-1],
        teams=tuple(scenario.team),
        agents=agents,
        pattern_cost=cost,
        pattern_hours=hours(scenario),
        most_on_a_day=most_on_a_day(scenario, agents.tolist()),
        searched=searched,
        fresh=performance(proof, agents),
        overtime=prover.first.overtime(agents),
        today=performance(today(prover.first.trials), None),
        offered=offered,
        lower_bound=min(bound, searched.cost),
        evaluations=search.evaluations,
        glances=search.glances,
        glance=pool.few,
        seconds=time.perf_counter() - clock,
        finished=finished,
        repairs=repairs,
        notes=notes,
        warnings=(*_unknown(scenario, judge, proof), *_warnings(scenario, judge.goals, agents)),
        marginal=_marginal(search, agents, len(judge.goals)),
        tried=tuple((spent, float(np.nanmin(slack, initial=1.0)), not (slack < 0).any()) for spent, slack in tallies),
        baseline=None if divided is None else performance(prover.first.tally(divided.counts), divided.counts),
        in_doubt=bool(short.any()),
    )


def _proven(search: Search, judge: Judge, prover: Prover, finished: bool) -> tuple[I64, Proof, tuple[str, ...], bool]:
    """The best of a search that is proven, else the last tried: agents, what they come to on fresh random numbers, what
    was done for it, in words, and whether the search was finished.

    Where the best misses a target, the next best of its cost does, or it is searched for with a margin.
    """
    assert search.best is not None
    agents, margin, repairs = search.best, judge.margin, list[str]()
    refuted: set[bytes] = set()

    def cost(of: I64) -> float:
        return float(search.cost @ of)

    def next_best(below: float) -> tuple[I64, Proof] | None:
        """The cheapest that holds without a margin, costs less than this, and is proven; a few are tried."""
        cheaper = [(one, judge.slack(tally)) for one, tally in search.tried() if cost(one) < below]
        held = [one for one, slack in cheaper if (search.filled(slack) >= 0).all()]
        for one in sorted((one for one in held if one.tobytes() not in refuted), key=cost)[:OTHERS]:
            proof = prover.prove(one)
            if not proof.short.any():
                return one, proof
            refuted.add(one.tobytes())
        return None

    proof = prover.prove(agents)
    while proof.short.any() and len(repairs) < REPAIRS and finished and agents.tobytes() not in refuted:
        refuted.add(agents.tobytes())
        missed = _repair(judge, *proof)
        alike = next_best(cost(agents) * (1 + ALIKE))
        if alike is not None:
            return *alike, (*repairs, f"The next best, as the cheapest misses: {missed}"), finished
        repairs.append(f"Searched again with a margin: {missed}")
        margin = _stricter(margin, judge.slack(search.tally(agents)), proof.short)
        search.tighten(margin)
        finished = search.run()
        if search.best is None:
            break
        agents = search.best
        proof = prover.prove(agents)
    if proof.short.any():
        refuted.add(agents.tobytes())
    if repairs or not finished:
        agents, proof = next_best(math.inf if proof.short.any() else cost(agents)) or (agents, proof)
    return agents, proof, tuple(repairs), finished


def _unknown(scenario: Scenario, judge: Judge, tally: Tally) -> Iterator[str]:
    """Targets of which fresh random numbers show nothing: at all, or on a day or in an interval of open hours."""
    by_stretch = judge.over != "run" and judge.met_on is None
    for goal, figure, slack in zip(judge.goals, tally.estimates(), judge.slack(tally), strict=True):
        if math.isnan(figure.mean):
            yield no_data(scenario, goal, tally.by_day.shape[1])
        elif by_stretch and goal.level == "queue":
            edges = _edges(scenario, judge)
            is_open = share_within(spans_of(scenario.queue[goal.name].open, Horizon.of(scenario)), edges) > 0
            is_open &= edges[:-1] >= scenario.warm_up
            unseen = np.flatnonzero(is_open & np.isnan(slack))
            if len(unseen):
                every = format.several(int(is_open.sum()), judge.over)
                yield (
                    f"no data on {goal.label(scenario.title)} in {len(unseen)} of {every} in which it is open, first "
                    f"on {_stretch(scenario, judge, int(unseen[0]))}: neither met nor missed then"
                )


def _edges(scenario: Scenario, judge: Judge) -> I64:
    """Of the days or intervals in which targets must hold."""
    return Horizon.of(scenario).midnights if judge.over == "day" else interval_edges(scenario)


def _stretch(scenario: Scenario, judge: Judge, number: int) -> str:
    """A day or interval for people."""
    local = scenario.calendar.local(int(_edges(scenario, judge)[number]))
    return format.day(local) + ("" if judge.over == "day" else f" {local:%H:%M}")


def _warnings(scenario: Scenario, goals: tuple[StaffingTarget, ...], agents: I64) -> tuple[str, ...]:
    """What targets that hold do not show: queues that have none, and hours in which a plan leaves a queue alone."""
    aimed = {goal.name for goal in goals if goal.level == "queue"}
    planned = {queue for pattern in scenario.staffing.patterns for queue in scenario.team[pattern.team].skills}
    without = [scenario.title(name) for name in scenario.queue if name in planned - aimed]
    alone = f"queues without a target of their own, for which the plan does not staff: {', '.join(without)}"
    paid = zip(scenario.staffing.patterns, rates(scenario), strict=True)
    free = dict.fromkeys(pattern.team for pattern, rate in paid if not rate)
    unpaid = f"teams whose agents cost nothing in this plan, for want of a cost_per_hour: {', '.join(free)}"
    priced = any(rates(scenario))
    hours = "costs are paid hours, as no team has a cost_per_hour"
    worked = staffed(scenario, agents.tolist())
    return (
        *([alone] if without else []),
        *([unpaid] if free and priced else []),
        *([] if priced else [hours]),
        *map(str, unserved(worked)),
        *carried_over(worked, on_duty(worked) > 0, scenario.days),
    )


def most_of_use(scenario: Scenario, erlang: Baseline, times: float, more: int) -> I64:
    """The most agents to try on each pattern : int64[pattern], what it allows or so many times Erlang's and more."""
    needed = erlang.requirement(scenario).with_shrinkage.sum(axis=0).max(initial=0)
    enough = math.ceil(times * needed) + more
    given = scenario.staffing.patterns
    most = [min(most_agents(p), max(p.min, enough) if p.max is None else p.max) for p in given]
    return np.array(most, dtype=np.int64)


def _least(scenario: Scenario) -> I64:
    return np.array([pattern.min for pattern in scenario.staffing.patterns], dtype=np.int64)


def _performance(
    seed: int, judge: Judge, tally: Tally, scenario: Scenario, agents: I64 | None, cost: F64
) -> Performance:
    over, under = tally.by_day
    replications = over.shape[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        days = [goal.slack(over[:, g] / under[:, g]) for g, goal in enumerate(judge.goals)]
        by_interval = tally.by_interval[0] / tally.by_interval[1]
    wanted = np.array([goal.wanted for goal in judge.goals])[:, None] * tally.by_interval[1]
    better = np.array([1.0 if goal.at_least else -1.0 for goal in judge.goals])[:, None]
    slack = judge.slack(tally)
    return Performance(
        agents=agents,
        cost=cost_of_shifts(scenario) if agents is None else float(cost @ agents),
        seed=seed,
        replications=replications,
        figures=tally.estimates(),
        days_met=tuple(
            float(np.mean(day[~np.isnan(day)] >= 0)) if (~np.isnan(day)).any() else math.nan for day in days
        ),
        by_interval=by_interval,
        missing=better * (wanted - tally.by_interval[0]) / replications,
        slack=np.where(np.isnan(slack).all(axis=1), np.nan, np.nan_to_num(slack, nan=np.inf).min(axis=1)),
        scheduled=on_duty(scenario if agents is None else staffed(scenario, agents)),
    )


def _stricter(margin: F64, searched: F64, short: F64) -> F64:
    """The margin with which the search has to better a plan by what it misses on fresh random numbers.

    Where the search takes the plan to have more slack than it has, what is near it is taken to have too: it is the same
    customers. So the plan is searched for again with as much margin as it had slack, and what is missing.
    """
    return np.where(short > 0, np.maximum(margin, np.nan_to_num(searched, nan=1.0) + short), margin)


def _marginal(search: Search, agents: I64, goals: int) -> F64:
    """What one agent more on each pattern adds to the least slack of each goal; NaN where it was not simulated."""
    gains = np.full((len(agents), goals), np.nan)

    def least(of: I64) -> F64:
        return np.asarray(search.slack(of).reshape(goals, -1).min(axis=1))

    try:
        for pattern in np.flatnonzero(agents < search.most):
            more = agents.copy()
            more[pattern] += 1
            gains[pattern] = least(more) - least(agents)
    except TimeUp:
        pass
    return gains


def _why(scenario: Scenario, judge: Judge, search: Search, most: I64) -> str:
    tally = search.tally(most)
    slack = judge.slack(tally)
    free = any(pattern.max is None for pattern in scenario.staffing.patterns)
    maximum = "at its maximum" + (f" ({most.max()} agents where it has none)" if free else "")
    lines = [f"The targets cannot be met; with every shift pattern {maximum}:"]
    for goal, figure, row in zip(judge.goals, tally.estimates(), slack, strict=True):
        if (row < 0).any():
            lines.append(f"  {_missed(scenario, judge, goal, figure.mean, row)}")
    lines += [f"  {problem}" for problem in warnings(staffed(scenario, most), {})]
    return "\n".join(lines)


def _missed(scenario: Scenario, judge: Judge, goal: StaffingTarget, mean: float, slack: F64) -> str:
    """What a goal came to where it is missed most: over the run, or on a day or in an interval of its own figure."""
    worst = int(np.nanargmin(slack))
    short = f"short of it by {-100 * slack[worst]:.1f} points"
    if judge.met_on is not None:
        share = format.percent(judge.met_on)
        return f"{judgement(goal, mean)} on {share} of days; {short} on the worst of these days"
    if judge.over == "run":
        return f"{judgement(goal, mean)}; {short}"
    at = _stretch(scenario, judge, worst)
    figure = goal.wanted + float(slack[worst]) * (1 if goal.at_least else -1)
    number = f"{int((slack < 0).sum())} of {format.several(int((~np.isnan(slack)).sum()), judge.over)}"
    return f"{judgement(goal, figure)} on {at}; {short}; missed on {number}; {format.percent(mean)} over the run"


def where_held(rules: Staffing) -> str:
    """In which parts of the run targets are to hold, in words."""
    if rules.met_on is not None:
        return f"on {format.percent(rules.met_on)} of days"
    over = {"run": "over the run", "day": "on every day with data", "interval": "in every interval with data"}
    return over[rules.targets_over]


def no_data(scenario: Scenario, goal: StaffingTarget, replications: int) -> str:
    """That nothing is known of a goal, in words."""
    known = format.several(replications, "replication")
    return f"no data on {goal.label(scenario.title)} in {known}: it is neither met nor missed"


def judgement(goal: StaffingTarget, figure: float) -> str:
    """A goal and what it came to, in words."""
    sign = "≥" if goal.at_least else "≤"
    return f"{goal.label(str)} {format.percent(figure)}, wanted {sign} {100 * goal.wanted:.4g} %"


def _repair(judge: Judge, tally: Tally, short: F64) -> str:
    """What fresh random numbers missed of a plan, or met by less than they can tell."""
    where = {"run": "", "day": " on the worst day", "interval": " in the worst interval"}[judge.over]
    if judge.met_on is not None:
        where = " on the worst of the days that count"
    missed = [
        f"{judgement(goal, figure.mean)}, {100 * by:.2f} points more{where} to be sure"
        for goal, figure, by in zip(judge.goals, tally.estimates(), short.max(axis=1).tolist(), strict=True)
        if by > 0
    ]
    return f"{'; '.join(missed)}, in {format.several(tally.by_day.shape[1], 'replication')} on fresh random numbers"
