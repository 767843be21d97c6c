"""What agents cost by interval, where shifts have rates of their own or some hours cost more."""

from __future__ import annotations

import numpy as np

from ccsim.tables import F64, I32, I64, SECOND, Log, MetricSpec, Plan


def cost(plan: Plan, spec: MetricSpec, log: Log, edges: I64) -> F64:
    """Paid time at its rate, overtime at its factor, each moment at its premium : float64[interval, team]."""
    shift = log.presence_shift
    paid = np.asarray(spec.paid)
    by_hour = ~paid[shift]
    start = np.concatenate([plan.shift_start[paid], log.presence_start[by_hour]])
    end = np.concatenate([plan.shift_end[paid], np.minimum(log.presence_end, plan.shift_end[shift])[by_hour]])
    rate = np.concatenate([spec.shift_cost[paid], spec.shift_cost[shift[by_hour]]])
    agent = np.concatenate([plan.shift_agent[paid], plan.shift_agent[shift[by_hour]]])
    return _of_teams(plan, spec, edges, start, end, rate, agent) + overtime(plan, spec, log, edges)


def overtime(plan: Plan, spec: MetricSpec, log: Log, edges: I64) -> F64:
    """What of it is for presence beyond the shift's end : float64[interval, team]."""
    shift = log.presence_shift
    start, agent = np.maximum(log.presence_start, plan.shift_end[shift]), plan.shift_agent[shift]
    rate = spec.shift_cost[shift] * spec.overtime_factor[plan.team[agent]]
    return _of_teams(plan, spec, edges, start, log.presence_end, rate, agent)


def _of_teams(plan: Plan, spec: MetricSpec, edges: I64, start: I64, end: I64, rate: F64, agent: I32) -> F64:
    """Stretches of agents at a rate an hour, each moment at its premium : float64[interval, team]."""
    rate = rate / (3600 * SECOND)
    stretches = [(start, end, rate)]
    for since, until, factor in spec.premiums:
        stretches.append((np.maximum(start, since), np.minimum(end, until), rate * (factor - 1)))
    team = plan.team[agent]
    total = np.zeros((len(edges) - 1, len(plan.overrun)))
    for begins, ends, weight in stretches:
        for t in range(total.shape[1]):
            some = (team == t) & (begins < ends)
            total[:, t] += _area(begins[some], ends[some], weight[some], edges)
    return total


def _area(start: I64, end: I64, weight: F64, edges: I64) -> F64:
    """Weighted time of the stretches in each interval."""
    if not len(start):
        return np.zeros(len(edges) - 1)
    times = np.concatenate([start, end])
    order = np.argsort(times, kind="stable")
    slope = np.cumsum(np.concatenate([weight, -weight])[order])
    area = np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(times[order]))])
    return np.diff(np.interp(edges, times[order], area))
