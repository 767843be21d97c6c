"""Why so many agents are required: what binds in each interval, what cannot be met, where Erlang C asks for fewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from ccsim.results import format
from ccsim.results.plans import IntervalTarget, Shortfall, StaffingTarget
from ccsim.staffing.carry_over import carried_over
from ccsim.staffing.desks import TIMES, Desks
from ccsim.staffing.shifts import judgement, no_data
from ccsim.tables import F64, I64, SECOND, Bool

LONGEST: Final = 14 * 24 * 3600.0
"""Longer times than this, in seconds, are no target."""

PRECISION: Final = 1.05
"""A time that meets the target is at most so many times the least."""

OTHERWISE: Final = {
    "resolution_level": "the time to resolution is mostly the customer's own, or that of transfers",
    "abandonment": "customers leave who do not wait at all, or for whom nobody is there",
    "reply_level": "later messages wait for their own agent, who has other work in hand",
}
"""Why more agents do not help, where nothing plainer is known."""

SEARCH: Final = "the search ended before it found how many agents do, as stretches depend on one another; more meet it"
"""Why a target is missed that more agents meet."""


class Explanation(NamedTuple):
    """The fields of a Requirement that explain it."""

    binding: tuple[IntervalTarget, ...]
    shortfalls: tuple[Shortfall, ...]
    warnings: tuple[str, ...]


def explain(
    desks: Desks, counts: I64, stretches: list[slice], hopeless: Bool, extra: I64, by_interval: bool
) -> Explanation:
    """What the required agents, int64[team, interval], come to.

    `stretches` : the intervals judged together; `hopeless` : bool[goal, interval], missed with the most agents;
    `extra` : of the agents, those for what was kept while a queue was closed.
    """
    tally = desks.tally(counts).by_interval
    runs = len(desks.trials.workloads)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = tally[0] / tally[1]
    pieces = [slice(i, i + 1) for i in range(counts.shape[1])] if by_interval else stretches
    slack = np.full(share.shape, np.inf)
    """of each goal over the stretch that an interval belongs to"""
    for piece in pieces:
        numerator, denominator = tally[:, :, piece].sum(axis=-1)
        for g in np.flatnonzero(denominator > 0):
            slack[g, piece] = desks.goals[g].slack(numerator[g] / denominator[g])
    binding = _binding(desks, counts, np.where(hopeless, np.inf, slack), share, tally[1] / runs)
    shortfalls = _shortfalls(desks, counts, pieces, hopeless | (slack < 0), tally)
    scenario = desks.scenario
    warnings = (
        *(no_data(scenario, goal, runs) for g, goal in enumerate(desks.goals) if not tally[1, g].any()),
        *carried_over(scenario, desks.works & (counts > 0), scenario.days),
        *_warnings(desks, counts, extra, binding),
    )
    return Explanation(binding, shortfalls, warnings)


def _binding(desks: Desks, counts: I64, slack: F64, share: F64, contacts: F64) -> tuple[IntervalTarget, ...]:
    binding = []
    for t, team in enumerate(desks.spec.teams):
        mine = [g for g, goal in enumerate(desks.goals) if desks.serves(t, goal)]
        for i in np.flatnonzero(counts[t] > 0).tolist():
            asked = [g for g in mine if contacts[g, i] > 0 and np.isfinite(slack[g, i])]
            if asked:
                g = min(asked, key=lambda goal: float(slack[goal, i]))
                goal = desks.goals[g]
                overall = goal.wanted + float(slack[g, i]) * (1 if goal.at_least else -1)
                binding.append(
                    IntervalTarget(team, int(desks.edges[i]), goal, float(share[g, i]), overall, float(contacts[g, i]))
                )
    return tuple(binding)


def _shortfalls(desks: Desks, counts: I64, pieces: list[slice], missed: Bool, tally: F64) -> tuple[Shortfall, ...]:
    if not missed.any():
        return ()
    runs = len(desks.trials.workloads)
    most = desks.tally((4 * desks.bound + 10) * desks.works).by_interval
    shortfalls = []
    for g, goal in enumerate(desks.goals):
        here = []
        for piece in pieces:
            numerator, denominator = tally[:, g, piece].sum(axis=-1)
            best = most[:, g, piece].sum(axis=-1)
            if denominator == 0 or not missed[g, piece].all() or goal.slack(numerator / denominator) >= 0:
                continue
            start, end = int(desks.edges[piece.start]), int(desks.edges[piece.stop])
            short = Shortfall(
                goal, start, end, float(numerator / denominator), float(best[0] / best[1]) if best[1] else np.nan,
                float(denominator / runs), SEARCH, None,
                max(int(counts[t, piece].max()) for t in range(len(counts)) if desks.serves(t, goal)),
            )  # fmt: skip
            if not short.possible:
                short = short._replace(reason=_reason(desks, g, start, end, float(denominator)))
            here.append(short)
        here.sort(key=lambda one: -one.contacts)
        if here:
            within = least_time(desks, counts, g, here[0].start, here[0].end)
            shortfalls += [here[0]._replace(within=within), *here[1:]]
    return tuple(shortfalls)


def least_time(desks: Desks, counts: I64, goal: int, start: int, end: int) -> float | None:
    """The least seconds within which as many as the goal wants are served of who comes in [start, end).

    A longer target makes a longer drain: in that of a shorter one those served last are undecided, and left out.
    """
    if desks.goals[goal].metric not in TIMES:
        return None
    piece = slice(*np.searchsorted(desks.edges, (start, end)).tolist())

    def enough(seconds: float) -> bool:
        numerator, denominator = desks.tally(counts, desks.with_time(goal, seconds)).by_interval[:, goal, piece].sum(-1)
        return bool(denominator > 0 and desks.goals[goal].slack(numerator / denominator) >= 0)

    low = high = max(desks.time(goal), 1.0)
    while not enough(high):
        low, high = high, 4 * high
        if low > LONGEST:
            return None
    while high > PRECISION * low:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if enough(middle) else (middle, high)
    step = 60.0 if high > 120 else 1.0
    least = float(np.ceil(high / step) * step)
    longer = desks.asked_for(goal, least)
    if longer.drain_time <= desks.scenario.drain_time:
        return least
    return least_time(Desks(longer, desks.trials.workers, desks.progress), counts, goal, start, end)


def _reason(desks: Desks, g: int, start: int, end: int, contacts: float) -> str:
    """Why more agents do not help."""
    goal, runs = desks.goals[g], len(desks.trials.workloads)
    if goal.level == "team":
        return "the team's work does not get less with more agents"
    q = desks.spec.queues.index(goal.name)
    time = desks.time(g)
    rings, patience = (
        np.concatenate([getattr(workload, column)[workload.queue == q] for workload in desks.trials.workloads])
        for column in ("answer_delay", "patience")
    )
    late, gone, seconds = 0.0, 0.0, 0.0
    if len(rings):
        late, gone = float(np.mean(rings > time * SECOND)), float(np.mean(patience < rings))
        seconds = float(rings.mean()) / SECOND
    ringing = f"it rings for {format.duration(seconds)} before anybody answers"
    closed = (
        desks.came_while_closed(goal.name, start, end) if goal.metric in ("service_level", "resolution_level") else 0
    )
    come = f"{format.count(closed)} contacts a run come while the queue is closed"
    if goal.metric == "service_level" and goal.wanted > 1 - late:
        reason = f"{ringing}, longer than the target's time for {100 * late:.3g} % of the contacts"
    elif goal.metric == "abandonment" and goal.wanted < gone:
        reason = f"{ringing}, and {100 * gone:.3g} % of the customers are not as patient as that"
    elif closed > 0 and desks.spec.business_clock[q]:
        reason = f"{come}, and all are due within {format.duration(time)} of opening"
    elif closed > 0:
        reason = f'{come}, and the target\'s clock runs then; clock = "business" counts open hours only'
    elif contacts < runs:
        reason = f"only {format.count(contacts)} contacts in {format.several(runs, 'replication')}, too few to judge"
    else:
        reason = OTHERWISE.get(goal.metric, "these are not waits for an agent, so more agents do not shorten them")
    return reason


def _warnings(desks: Desks, counts: I64, extra: I64, binding: tuple[IntervalTarget, ...]) -> Iterator[str]:
    """Where more are required than Erlang C asks for, by team: at openings, and elsewhere."""
    decides = {(bind.team, bind.start): bind for bind in binding}
    left_out = "; ".join(text.split(":")[0] for text in desks.ignores)
    for t, team in enumerate(desks.spec.teams):
        more = counts[t] > np.maximum(desks.bound[t], 1)
        for rush, there in ((True, more & (extra[t] > 0)), (False, more & (extra[t] == 0))):
            if not there.any():
                continue
            worst = int(np.argmax(np.where(there, counts[t] - desks.bound[t], 0)))
            at = format.moment(desks.scenario, int(desks.edges[worst]))
            text = (
                f"{team}: more agents than Erlang C asks for without blending in "
                f"{format.several(int(there.sum()), 'interval')}, most on {at}: {counts[t, worst]} instead of "
                f"{desks.bound[t, worst]}"
            )
            if rush:
                text += ", as contacts that came while the queue was closed are due soon after opening"
            bind = decides.get((team, int(desks.edges[worst])))
            if bind is not None:
                text += f". Binding target: {judgement(bind.goal, bind.overall)}"
                text += _with_bound(desks, counts, t, worst, bind.goal) if rush else ""
            yield text if rush else f"{text}. What the formulas leave out: {left_out}"


def _with_bound(desks: Desks, counts: I64, team: int, interval: int, goal: StaffingTarget) -> str:
    """The target that Erlang C's agents meet at this opening."""
    fewer = counts.copy()
    fewer[team] = np.minimum(counts[team], np.maximum(desks.bound[team], 1))
    day = int(np.searchsorted(desks.spec.days, desks.edges[interval], side="right"))
    start = int(desks.spec.days[max(day - 2, 0)])
    within = least_time(desks, fewer, desks.goals.index(goal), start, int(desks.edges[interval + 1]))
    if within is None:
        return ""
    return f"; {100 * goal.wanted:.4g} % in {format.duration(within)} with {fewer[team, interval]}"
