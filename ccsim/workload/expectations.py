"""What queueing theory expects of a scenario's queues in their busiest interval.

A formula knows one queue in steady state, so each takes the agents with the skill as if they served this queue alone.
What differs in the simulation differs for reasons: other queues, the hours before, work that is not exponential.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ccsim import theory
from ccsim.distributions.durations import Constant, Distribution, Exponential, LogNormal, Never
from ccsim.lowering import lower, not_on_leave, rosters
from ccsim.metrics.timeline import Timeline
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.tables import F64, I64, SECOND, Plan
from ccsim.workload.customers import poisson_rate
from ccsim.workload.handle_time import relative
from ccsim.workload.sample import sample

MOST_STATES: Final = 2000
"""Ways in which agents may share sessions, up to which their chain is solved exactly, in a second or so."""


@dataclass(frozen=True)
class Expectation:
    """One formula at one queue: its name, the `load` it was given, and its figures by metric.

    Times are seconds, shares from 0 to 1, under the names of the metrics; other names say their unit.
    """

    queue: str
    formula: str
    start: int
    """us: the interval's start"""
    per_hour: float
    """contacts an hour in it"""
    agents: int
    figures: dict[str, float]


def expectations(scenario: Scenario) -> list[Expectation]:
    """The formulas that apply, queue by queue; a queue without volume or without agents has none."""
    plan, spec = lower(scenario)
    edges = np.append(np.arange(0, plan.end, spec.interval, dtype=np.int64), plan.end)
    duty = on_duty(scenario, plan, edges)
    longer = relative(scenario, edges)
    formulas = []
    for q, (name, queue) in enumerate(scenario.queue.items()):
        able = [t for t, team in enumerate(scenario.team.values()) if name in team.skills]
        staff = [duty[t] * (1 - list(scenario.team.values())[t].absence) for t in able]
        agents = np.sum(staff, axis=0) if staff else np.zeros(len(edges) - 1)
        per_hour = _per_hour(scenario, q, edges)
        busiest = int(np.argmax(np.where(agents >= 0.5, per_hour, 0)))
        there = round(float(agents[busiest]))
        if there == 0 or per_hour[busiest] == 0:
            continue
        weights = np.array([staff[i][busiest] for i in range(len(able))])
        pace = float(weights @ plan.pace[able, q] / weights.sum() * longer[q, busiest])
        slots = round(float(weights @ (plan.capacity / plan.units[able, q]) / weights.sum()))
        threshold = 0.0 if math.isnan(spec.sl_time[q]) else float(spec.sl_time[q])
        try:
            formula, figures = _figures(queue, per_hour[busiest] / 3600, there, pace, slots, threshold)
        except (ValueError, ArithmeticError) as error:  # patience of no time at all, numbers beyond a formula's reach
            formula, figures = f"no formula applies ({error})", {}
        if formula and queue.volume is not None and queue.volume.arrivals is not None:
            formula += ", as if arrivals were Poisson"
        if formula and (queue.alternatives or any(name in other.alternatives for other in scenario.queue.values())):
            formula += ", as if every contact stayed in its own queue"
        if formula:
            formulas.append(Expectation(name, formula, int(edges[busiest]), float(per_hour[busiest]), there, figures))
    return formulas


def service_over_the_run(scenario: Scenario) -> tuple[str, float] | None:
    """The formula of calls that applies, and the service level of all contacts that it gives, interval by interval.

    None unless every queue with a service level is one of calls that one and the same formula fits. As everywhere, each
    queue has the agents with its skill to itself, and each interval is in steady state by itself; an interval in which
    agents do not suffice for Erlang C serves nobody in time.
    """
    plan, spec = lower(scenario)
    edges = np.append(np.arange(plan.warm_up, plan.end, spec.interval, dtype=np.int64), plan.end)
    duty, longer = on_duty(scenario, plan, edges), relative(scenario, edges)
    formulas, in_time, offered = set[str](), 0.0, 0.0
    for q, (name, queue) in enumerate(scenario.queue.items()):
        if math.isnan(spec.sl_time[q]):
            continue
        teams = [(t, team) for t, team in enumerate(scenario.team.values()) if name in team.skills]
        if not queue.kind.one_to_one or not teams:
            return None
        work = queue.handle_time * longer[q]
        agents = sum(duty[t] * (1 - team.absence) for t, team in teams)
        per_hour, hours = _per_hour(scenario, q, edges), np.diff(edges) / (3600 * SECOND)
        by_interval = (per_hour.tolist(), hours.tolist(), np.asarray(agents).tolist(), work.tolist())
        for rate, length, there, each in zip(*by_interval, strict=True):
            offered += rate * length
            load = rate / 3600 * each
            if rate == 0 or round(there) == 0 or (isinstance(queue.patience, Never) and load >= round(there)):
                continue
            formula, figures = of_calls(rate / 3600, each, round(there), queue.patience, float(spec.sl_time[q]))
            formulas.add(formula)
            in_time += rate * length * figures.service_level
    return (formulas.pop(), in_time / offered) if len(formulas) == 1 else None


def on_duty(scenario: Scenario, plan: Plan, edges: I64) -> F64:
    """Agents on shift and not on a pause or on leave, averaged over each interval, nobody absent : float64[team, n]."""
    comes, of = not_on_leave(rosters(scenario)), plan.team[plan.shift_agent]
    there = []
    for team in range(len(scenario.team)):
        mine = comes & (of == team)
        pause = mine[plan.pause_shift]
        shifts = Timeline(plan.shift_start[mine], plan.shift_end[mine]).area(edges)
        there.append(shifts - Timeline(plan.pause_start[pause], plan.pause_end[pause]).area(edges))
    return np.array(there) / np.diff(edges)


def _per_hour(scenario: Scenario, queue: int, edges: I64) -> F64:
    """Roots expected in each interval, as a rate; of a log, those that it has."""
    name = list(scenario.queue)[queue]
    volume = scenario.queue[name].volume
    if volume is not None and volume.kind == "log":
        workload = sample(scenario, 0)
        contacts = np.histogram(workload.arrival[workload.queue == queue], edges)[0].astype(np.float64)
    else:
        rate = poisson_rate(scenario, name)
        contacts = np.diff(np.interp(edges.astype(np.float64), rate.edges.astype(np.float64), rate.expected))
    return np.asarray(contacts / (np.diff(edges) / (3600 * SECOND)), dtype=np.float64)


def _figures(
    queue: Queue, rate: float, agents: int, pace: float, slots: int, threshold: float
) -> tuple[str, dict[str, float]]:
    turns, latency = queue.turns.mean, queue.reply_latency.mean
    if queue.shared:
        return _of_shared_attention(queue, rate, agents, pace, threshold)
    work = pace * (queue.turn_work.mean + queue.wrap_up.mean / turns)
    if work == 0:
        return "", {}
    if queue.kind.one_to_one:
        formula, result = of_calls(rate, work, agents, queue.patience, threshold)
        names = ("service_level", "asa", "abandonment", "utilisation", "queue_mean")
        return formula, {name: getattr(result, name) for name in names}
    if queue.kind.persistent:
        inbox = theory.erlang_r(rate=rate, turns=turns, work=work, latency=latency, agents=agents, threshold=threshold)
        # a first message waits like every other
        return "Erlang R, pooled inbox", {
            "service_level": inbox.queue.service_level,
            "asa": inbox.queue.asa,
            "response_mean": inbox.response_mean,
            "utilisation": inbox.queue.utilisation,
            "open_mean": inbox.open_mean,
        }
    if latency == 0:
        return "", {}
    full = theory.machine_repair(slots, work, latency)
    most = agents * 3600 * full.throughput / turns
    return f"machine repair, {slots} slots an agent", {
        "most contacts an hour": most,
        "utilisation at most": full.utilisation,
        "reply_wait_mean at most": full.reply_wait,
    }


def _of_shared_attention(
    queue: Queue, rate: float, agents: int, pace: float, threshold: float
) -> tuple[str, dict[str, float]]:
    """Exactly where the chain is small enough, else with the sessions spread evenly over the agents."""
    work = [mean / SECOND * pace for mean in queue.work_by_concurrency]
    patience = None if isinstance(queue.patience, Never) else queue.patience.mean
    by_mean = "" if patience is None or isinstance(queue.patience, Exponential) else ", patience by its mean"
    if math.comb(agents + len(work), agents) <= MOST_STATES:
        chain = theory.shared_attention(rate, work, agents, patience)
        names = ("wait_mean", "abandonment", "session_mean", "queue_mean")
        figures = {name: float(getattr(chain, name)) for name in names}
        return f"shared attention{by_mean}", {**figures, "sessions": chain.sessions}
    group = theory.slot_group(
        rate=rate,
        work=work,
        silence=0.0,
        turns=1.0,
        agents=agents,
        threshold=threshold,
        patience=patience,
        together=True,
    )
    figures = {name: getattr(group, name) for name in ("service_level", "abandonment", "utilisation")}
    return f"shared attention, sessions spread evenly{by_mean}", figures


def of_calls(
    rate: float, work: float, agents: int, patience: Distribution, threshold: float
) -> tuple[str, theory.QueueFigures]:
    """Erlang's formula for a queue of calls with that distribution of patience, and what it gives."""
    if isinstance(patience, Never):
        return "Erlang C", theory.erlang_c(rate, work, agents, threshold)
    if isinstance(patience, Constant):
        distribution = theory.constant_patience(patience.at)
    elif isinstance(patience, LogNormal) and patience.sigma > 0:
        distribution = theory.lognormal_patience(patience.mean, math.sqrt(math.expm1(patience.sigma**2)))
    elif isinstance(patience, Exponential):
        return "Erlang A", theory.erlang_a(rate, work, agents, patience.mean, threshold)
    else:
        return "Erlang A, patience by its mean", theory.erlang_a(rate, work, agents, patience.mean, threshold)
    return "Erlang A, general patience", theory.erlang_a_general(rate, work, agents, distribution, threshold)
