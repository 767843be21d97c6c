"""What agents cost by interval, where shifts have rates of their own or some hours cost more."""

from __future__ import annotations

import numpy as np

from ccsim.tables import F64, I64, SECOND, Log, MetricSpec, Plan


def cost(plan: Plan, spec: MetricSpec, log: Log, edges: I64) -> F64:
    """Paid time at its rate, overtime at its factor, each moment at its premium : float64[interval, team]."""
    shift = log.presence_shift
    shift_end, paid = plan.shift_end[shift], np.asarray(spec.paid)
    late = np.maximum(log.presence_start, shift_end)
    by_hour = ~paid[shift]
    over = spec.shift_cost[shift] * spec.overtime_factor[plan.team[plan.shift_agent[shift]]]
    start = np.concatenate([plan.shift_start[paid], log.presence_start[by_hour], late])
    end = np.concatenate([plan.shift_end[paid], np.minimum(log.presence_end, shift_end)[by_hour], log.presence_end])
    rate = np.concatenate([spec.shift_cost[paid], spec.shift_cost[shift[by_hour]], over]) / (3600 * SECOND)
    agent = np.concatenate([plan.shift_agent[paid], plan.shift_agent[shift[by_hour]], plan.shift_agent[shift]])
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
